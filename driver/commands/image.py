"""`invoke image`: the project's images built here and pushed to the deployment's repositories on AWS."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from driver.commands.context import Command
from driver.model.choices import TargetName
from driver.model.exceptions import EnvironmentNotReadyError, NotDeployedError, WorkFailedError, WrongUseError

# The workflows' default instances are x86-64, whatever this machine is. SageMaker takes Docker's own kind of
# manifest alone, which Docker writes only if asked:
# https://github.com/aws/amazon-sagemaker-feedback/issues/180
_BUILD = ["buildx", "build", "--platform", "linux/amd64", "--provenance=false", "--output", "type=docker"]


class PushImages(Command):
    """Builds the containers of the project's images and pushes them."""

    def __call__(self, name: str | None = None) -> None:
        """Build resources/images/NAME with Docker and push it; without a name each that has a Dockerfile."""
        images, deployment = self.workspace.outputs().images, self.workspace.deployment()
        if deployment is None or deployment.target is not TargetName.AWS:
            raise WrongUseError(
                "An image is needed on AWS only.",
                "On this machine programs run in its place, see `invoke images`.",
                "Add --target aws.",
            )
        chosen = self._chosen(name)
        uris = {name: found.uri for name, found in images.items() if found.repository_url}
        for missing in sorted({*chosen} - uris.keys()):
            raise NotDeployedError(
                f"The deployment has no repository for the image {missing}.",
                f"Those that have one: {', '.join(uris) or 'none'}.",
                f"Run `invoke up{self.workspace.target_flag}`.",
            )
        self._check_docker()
        self.target.still_holds(deployment)
        for one in chosen:  # all are built before the first is pushed
            self._run([*_BUILD, "--tag", uris[one], str(self._folder / one)], f"build the image {one}")
        user, password = self.context.clients(deployment.region, None).registry_login()
        for registry in sorted({uris[one].partition("/")[0] for one in chosen}):
            command = ["docker", "login", "--username", user, "--password-stdin", registry]
            code, said = self.context.programs.ask(command, password)
            if code:
                raise WorkFailedError(f"Docker cannot log in to {registry}.", said)
        for one in chosen:
            self._run(["push", uris[one]], f"push the image {one}")
            self.console.done(f"pushed {uris[one]}")

    @property
    def _folder(self) -> Path:
        return self.context.resources / "images"

    def _chosen(self, name: str | None) -> list[str]:
        """Name the images to push: the one that is asked for, else those that have a Dockerfile."""
        there = sorted(path.parent.name for path in self._folder.glob("*/image.yaml"))
        if name is not None and name not in there:
            raise WrongUseError(
                f"There is no image {name!r} in the project.",
                f"It has {', '.join(there) or 'none'}.",
                "Name one of them; AWS's own images need no push.",
            )
        wanted = there if name is None else [name]
        built = [one for one in wanted if (self._folder / one / "Dockerfile").is_file()]
        if not built:
            raise WrongUseError(
                f"There is no Dockerfile in {'resources/images/' + name if name else 'any image'}.",
                "Docker builds an image for AWS from it.",
                "Write one, see docs/images.md.",
            )
        for one in sorted({*wanted} - {*built}):
            self.console.warn(f"image {one} has no Dockerfile: it is not pushed")
        return built

    def _check_docker(self) -> None:
        if not self.context.programs.find("docker"):
            raise EnvironmentNotReadyError(
                "There is no Docker on this machine.", "No program `docker` is on PATH.", "Install Docker."
            )
        code, said = self.context.programs.ask(["docker", "version", "--format", "{{.Server.Version}}"])
        if code:
            raise EnvironmentNotReadyError("The Docker engine does not answer.", said, "Start it.")

    def _run(self, words: Sequence[str], what: str) -> None:
        code = self.context.programs.run(["docker", *words])
        if code:
            raise WorkFailedError(f"Docker could not {what}.", f"`docker {words[0]}` ended with {code}.")
