"""Real images: the Docker engine, driven by its command line.

Nothing is assumed of the engine but ``docker version``, ``image inspect``, ``pull``, ``run`` and ``kill``.
A container runs in the foreground of a supervised ``docker run``, and ends with it.

The local cloud listens on the loopback interface of this machine. On Linux a container that serves nothing,
or listens where it is told, shares the machine's network and reaches it there; elsewhere Docker leads
``host.docker.internal`` to it (Docker's documentation, "Host network driver" and "Networking on Docker
Desktop"). A server on Linux that listens on port 8080 alone does not reach it.
"""

import shutil
import subprocess
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from localcloud.containers.container import ML, SERVING_PORT, ContainerError, Run, Usage
from localcloud.containers.network import ENDPOINT_URL, free_port, own_network
from localcloud.containers.supervised import SupervisedProcess
from localcloud.containers.supervisor.specification import Specification

_SECONDS_TO_ANSWER = 10.0
_SECONDS_TO_PULL = 30 * 60.0
_BIND_TO_PORT = "SAGEMAKER_BIND_TO_PORT"
_MACHINE = "host.docker.internal"


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

    def find_at_hand(self, image_uri: str) -> "DockerImage | None":
        """Find an image of AWS's that the engine has already: its server listens where it is told."""
        if self._program is None or self.ask("image", "inspect", image_uri):
            return None
        return DockerImage(image_uri, self._program, self._environment, binds_to_port=True)

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
    """An image that the engine has.

    `binds_to_port`: whether its server listens on the port that SAGEMAKER_BIND_TO_PORT names.
    """

    def __init__(
        self,
        uri: str,
        program: str,
        environment: dict[str, str],
        *,
        binds_to_port: bool = False,
        system: str = sys.platform,
    ) -> None:
        self._uri = uri
        self._program = program
        self._environment = environment
        self._binds_to_port = binds_to_port
        self._is_linux = system == "linux"

    def start(self, run: Run) -> "DockerContainer":
        """Start a container."""
        name = f"sagestep-{uuid.uuid4().hex}"
        options = ["--rm", "--name", name]
        if run.host_name is not None:
            options += ["--hostname", run.host_name]
        for path, source in {ML: run.ml_root, **run.mounts}.items():
            options += ["--volume", f"{source}:{path}"]
        if run.is_isolated and run.serves:
            raise ContainerError(
                "EnableNetworkIsolation of a Docker image that serves is not supported by the local cloud: "
                "a container without a network cannot be asked."
            )
        if run.cluster is not None and (run.is_isolated or not self._shares_network(run)):
            raise ContainerError(
                "A Docker image runs on several instances only on Linux, and without EnableNetworkIsolation: "
                "elsewhere its hosts would not find each other."
            )
        port = free_port() if run.serves else None
        given = dict(run.environment)
        if run.is_isolated:
            options += ["--network", "none"]
        elif self._shares_network(run):
            options += ["--network", "host"]
            if run.host_name is not None:
                hosts = run.addresses.items()
                options += [part for host in hosts for part in ("--add-host", ":".join(host))]
            given |= {} if port is None else {_BIND_TO_PORT: str(port)}
        else:
            given = given if self._is_linux else _seen_from_docker(given)
            options += [] if port is None else ["--publish", f"127.0.0.1:{port}:{SERVING_PORT}"]
        environment = dict(self._environment)
        for variable, value in given.items():
            if variable in self._environment:  # such as PATH, which the client needs for itself
                options += ["--env", f"{variable}={value}"]
                continue
            # By its name alone: a command line is seen by every user of the machine.
            options += ["--env", variable]
            environment[variable] = value
        arguments = run.command
        if run.replaces_entrypoint:
            options += ["--entrypoint", arguments[0]]
            arguments = arguments[1:]
        command = [self._program, "run", *options, self._uri, *arguments]
        return DockerContainer(name, command, environment, run.log, port=port)

    def _shares_network(self, run: Run) -> bool:
        is_near = own_network(run.environment).cloud is not None
        return self._is_linux and is_near and (self._binds_to_port or not run.serves)


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

    def usage(self) -> Usage | None:
        """Not known: the container's processes are the engine's."""
        return None

    def terminate(self) -> None:
        """Send SIGTERM to the container's first process, as Docker and SageMaker do."""
        self._engine.ask("kill", "--signal", "TERM", self._name)


def _seen_from_docker(environment: Mapping[str, str]) -> dict[str, str]:
    """Write the local cloud's address as a container of Docker Desktop reaches it."""
    cloud = own_network(environment).cloud
    if cloud is None:
        return dict(environment)
    parts = urlsplit(environment[ENDPOINT_URL])._replace(netloc=f"{_MACHINE}:{cloud[1]}")
    return {**environment, ENDPOINT_URL: urlunsplit(parts)}


def installed_docker(path: str, environment: dict[str, str]) -> Docker:
    """Find the command line client on a path."""
    return Docker(shutil.which("docker", path=path), environment)
