"""What a program has for itself, so that each container is fresh as one of an image is.

Whatever it writes into its working directory, into ``/tmp`` and ``/var/tmp``, or installs, ends with it.
Without a mount namespace its working directory is a copy of its folder, and its temporary directory is where
TMPDIR leads.
"""

import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from localcloud.containers.python import Python
from localcloud.containers.supervisor.layers import copy

_TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108 - those of the container
_HOSTS = Path("/etc/hosts")


@dataclass(frozen=True, slots=True)
class Private:
    """The folders of one container.

    - `directory`, `home`, `temporary`: its working directory, what HOME and what TMPDIR lead to.
    - `binds`: what it sees in another place; empty without a mount namespace.
    - `layers`: folders that it sees with its own changes, each with a folder for these.
    - `programs`: the folder of its own Python environment's programs; None without Python.
    """

    directory: Path
    home: Path
    temporary: Path
    binds: dict[str, str] = field(default_factory=dict)
    layers: dict[str, str] = field(default_factory=dict)
    programs: Path | None = None


def make_private(
    root: Path,
    folder: Path,
    python: Python | None,
    *,
    has_namespace: bool,
    host_name: str | None,
    addresses: Mapping[str, str],
) -> Private:
    """Make the folders of a container; `OSError` where that is impossible.

    - `root`: the container's own folder of this machine, empty.
    - `host_name`: another name of this machine in the container.
    - `addresses`: names of hosts that the container finds, this one among them, and where they are.
    """
    environment, home, temporary = root / "python", root / "home", root / "tmp"
    programs = None if python is None else python.environment(environment)
    home.mkdir()
    temporary.mkdir()
    if not has_namespace:
        if python is not None and host_name is not None:
            python.name_hosts(environment, addresses, host_name)
        return Private(copy(folder, root / "work"), home, temporary, programs=programs)
    binds: dict[str, str] = {}
    kept = [root, folder, *(() if python is None else python.roots)]
    for number, place in enumerate(_temporary_places()):
        own = temporary if number == 0 else root / f"tmp-{number}"
        binds |= {str(place): str(own), **_kept_below(place, own, kept)}
    if addresses:
        hosts = root / "hosts"
        named = "".join(f"{address} {name}\n" for name, address in addresses.items())
        hosts.write_text(f"{_machine_hosts()}\n{named}", "utf-8")
        hosts.chmod(0o644)
        binds[str(_HOSTS)] = str(hosts)
    layers = {str(folder): str(root / "work")}
    return Private(folder, home, Path(_TEMPORARY[0]), binds, layers, programs)


def _temporary_places() -> list[Path]:
    """Give the temporary directories that this machine has; a link is none of its own."""
    return [Path(place) for place in _TEMPORARY if Path(place).is_dir() and not Path(place).is_symlink()]


def _kept_below(place: Path, own: Path, kept: Iterable[Path]) -> dict[str, str]:
    """Make mount points for what must be seen although it lies in a temporary directory of this machine."""
    own.mkdir(exist_ok=True)
    own.chmod(0o1777)
    binds = {}
    for path in kept:
        if path != place and path.is_relative_to(place) and path.is_dir():
            (own / path.relative_to(place)).mkdir(parents=True, exist_ok=True)
            binds[str(path)] = str(path)
    return binds


def _machine_hosts() -> str:
    try:
        return _HOSTS.read_text("utf-8", "replace")
    except OSError:
        return f"127.0.0.1 localhost {socket.gethostname()}"
