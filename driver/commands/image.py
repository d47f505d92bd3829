"""`invoke image`: the workflows' container built here and pushed to the deployment's repository on AWS."""

from __future__ import annotations

from collections.abc import Sequence

from driver.commands.context import Command
from driver.model.choices import TargetName
from driver.model.exceptions import EnvironmentNotReadyError, NotDeployedError, WorkFailedError, WrongUseError

# The workflows' default instances are x86-64, whatever this machine is. SageMaker takes Docker's own kind of
# manifest alone, which Docker writes only if asked:
# https://github.com/aws/amazon-sagemaker-feedback/issues/180
_BUILD = ["buildx", "build", "--platform", "linux/amd64", "--provenance=false", "--output", "type=docker"]


class PushImage(Command):
    """Builds the container and pushes it."""

    def __call__(self) -> None:
        """Build resources/images/scikit with Docker, and push it under the name that workflows use."""
        outputs, deployment = self.workspace.outputs(), self.workspace.deployment()
        if deployment is None or deployment.target is not TargetName.AWS:
            raise WrongUseError(
                "An image is needed on AWS only.",
                "On this machine programs run in its place, see `invoke images`.",
                "Add --target aws.",
            )
        if not outputs.image_uri.startswith(f"{outputs.image_repository_url}:"):
            raise NotDeployedError(
                "The deployment has no repository for the image of its workflows.",
                f"They use {outputs.image_uri or 'none'}.",
                f"Run `invoke up{self.workspace.target_flag}`.",
            )
        self._check_docker()
        self.target.still_holds(deployment)
        self._run(
            [*_BUILD, "--tag", outputs.image_uri, str(self.context.resources / "images/scikit")],
            "build the image",
        )
        user, password = self.context.clients(deployment.region, None).registry_login()
        registry = outputs.image_uri.partition("/")[0]
        command = ["docker", "login", "--username", user, "--password-stdin", registry]
        code, said = self.context.programs.ask(command, password)
        if code:
            raise WorkFailedError(f"Docker cannot log in to {registry}.", said)
        self._run(["push", outputs.image_uri], "push the image")
        self.console.done(f"pushed {outputs.image_uri}")

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
