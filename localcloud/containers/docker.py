"""Real images: the Docker engine, driven by its command line.

Nothing is assumed of the engine but ``docker version``, ``image inspect``, ``pull``, ``run`` and ``kill``.
A container runs in the foreground of a supervised ``docker run``, and ends with it.
"""

import shutil
import subprocess
import uuid
from pathlib import Path

from localcloud.containers.container import ML, SERVING_PORT, Run
from localcloud.containers.network import free_port
from localcloud.containers.supervised import SupervisedProcess
from localcloud.containers.supervisor.specification import Specification

_SECONDS_TO_ANSWER = 10.0
_SECONDS_TO_PULL = 30 * 60.0


class Docker:
    """An engine, reached by its command line client `program` (None without one) in a whole `environment`."""

    def __init__(self, program: str | None, environment: dict[str, str]) -> None:
        self._program = program
        self._environment = environment

    def find(self, image_uri: str) -> "DockerImage | None":
        """Find an image that the engine has or can pull; None without an engine or such an image."""
        if self._program is None or self.ask("version"):
            return None
        if self.ask("image", "inspect", image_uri) and self.ask(
            "pull", "--quiet", image_uri, seconds=_SECONDS_TO_PULL
        ):
            return None
        return DockerImage(image_uri, self._program, self._environment)

    def ask(self, *arguments: str, seconds: float = _SECONDS_TO_ANSWER) -> int:
        """Return the exit code of a command of the client; 1 if it does not answer in time."""
        assert self._program is not None
        try:
            return subprocess.run(
                [self._program, *arguments],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=seconds,
                check=False,
            ).returncode
        except (OSError, subprocess.TimeoutExpired):
            return 1


class DockerImage:
    """An image that the engine has."""

    def __init__(self, uri: str, program: str, environment: dict[str, str]) -> None:
        self._uri = uri
        self._program = program
        self._environment = environment

    def start(self, run: Run) -> "DockerContainer":
        """Start a container."""
        name = f"sagestep-{uuid.uuid4().hex}"
        options = ["--rm", "--name", name]
        if run.host_name is not None:
            options += ["--hostname", run.host_name]
        for path, source in {ML: run.ml_root, **run.mounts}.items():
            options += ["--volume", f"{source}:{path}"]
        environment = dict(self._environment)
        for variable, value in run.environment.items():
            if variable in self._environment:  # such as PATH, which the client needs for itself
                options += ["--env", f"{variable}={value}"]
                continue
            # By its name alone: a command line is seen by every user of the machine.
            options += ["--env", variable]
            environment[variable] = value
        port = free_port() if run.serves else None
        if port is not None:
            options += ["--publish", f"127.0.0.1:{port}:{SERVING_PORT}"]
        arguments = run.command
        if run.replaces_entrypoint:
            options += ["--entrypoint", arguments[0]]
            arguments = arguments[1:]
        command = [self._program, "run", *options, self._uri, *arguments]
        return DockerContainer(name, command, environment, run.log, port=port)


class DockerContainer(SupervisedProcess):
    """A container of the engine; signals reach it through the engine."""

    def __init__(
        self, name: str, command: list[str], environment: dict[str, str], log: Path, *, port: int | None
    ) -> None:
        program = command[0]
        self._engine = Docker(program, environment)
        self._name = name
        last_command = [program, "kill", name]
        specification = Specification(command=command, directory=str(log.parent), last_command=last_command)
        super().__init__(specification, environment, log, port=port)

    def cpu_seconds(self) -> float | None:
        """Not known: the container's processes are the engine's."""
        return None

    def terminate(self) -> None:
        """Send SIGTERM to the container's first process, as Docker and SageMaker do."""
        self._engine.ask("kill", "--signal", "TERM", self._name)


def installed_docker(path: str, environment: dict[str, str]) -> Docker:
    """Find the command line client on a path."""
    return Docker(shutil.which("docker", path=path), environment)
