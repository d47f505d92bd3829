"""How an image URI becomes something that runs: a registered program, or else a real image."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from localcloud.containers.cluster import Cluster, loopback_cluster, own_cluster
from localcloud.containers.container import Container, ContainerError, Image, Run
from localcloud.containers.docker import Docker, installed_docker
from localcloud.containers.isolation import Isolation, find_isolation
from localcloud.containers.preparation import prepare
from localcloud.containers.program import ProgramImage
from localcloud.containers.registry import find_entry

__all__ = ["Container", "ContainerError", "Image", "Images", "Run"]

_PATH = "/usr/local/bin:/usr/bin:/bin"


class Images:
    """All images that can be run here.

    - `registry`: the registry file (see `localcloud.containers.registry`); None where there is none.
    - `docker`: the engine; unless given, the one that the ``docker`` of the system reaches.
    - `isolation`: what programs can have for themselves; unless given, this is tried out once.
    """

    def __init__(
        self, registry: Path | None, docker: Docker | None = None, isolation: Isolation | None = None
    ) -> None:
        self._registry = registry
        self._docker = docker or installed_docker(_PATH, {"PATH": _PATH})
        self._isolation = isolation

    def find(self, image_uri: str) -> Image | None:
        """Find an image: first among the registered programs, then with Docker; None where there is none.

        A program gives way to the real image if its entry says so and an engine has that.

        Raises `ContainerError` if the registry cannot be read.
        """
        entry = None if self._registry is None else find_entry(self._registry, image_uri)
        if entry is None:
            return self._docker.find(image_uri)
        if entry.prefers_docker and (real := self._docker.find_at_hand(image_uri)):
            return real
        if self._isolation is None:
            self._isolation = find_isolation()
        return ProgramImage(entry, isolation=self._isolation)

    def connect(self, image: Image, names: Sequence[str]) -> AbstractContextManager[Cluster | None]:
        """Make the network of a job's hosts, which lasts until it is left; None for a host that is alone."""
        if len(names) == 1:
            return nullcontext()
        is_own = isinstance(image, ProgramImage) and self._isolation is Isolation.FULL
        return own_cluster(names) if is_own else loopback_cluster(names)

    def require(self, image_uri: str, is_wanted: Callable[[], bool] = lambda: True) -> Image:
        """Find an image, or say where it was looked for; one that was never used may have to be prepared.

        Raises `ContainerError` if there is none, the registry cannot be read, or the preparation fails or is
        not wanted any more.
        """
        image = self.find(image_uri)
        if isinstance(image, ProgramImage) and image.preparation is not None:
            prepare(image.preparation, image_uri, is_wanted)
        if image is None:
            registry = (
                "no image registry is given"
                if self._registry is None
                else (f"no entry of {self._registry} fits")
            )
            raise ContainerError(
                f"Requested image {image_uri} not found: {registry}, "
                "and no Docker engine has it or can pull it."
            )
        return image
