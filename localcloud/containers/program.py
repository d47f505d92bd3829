"""A registered program as an image: local processes in place of a container.

Where Linux allows namespaces, the program sees the job's directory as ``/opt/ml``, just as in a container.
All its processes end with it, and a server has a network of its own, into which only the local cloud gets.

Without a mount namespace every ``/opt/ml`` in its environment and in its command is replaced by the real path
of the directory, so that a program which goes by ``SM_MODEL_DIR`` and its like (the variables of the
sagemaker-training toolkit) runs unchanged. ``SAGEMAKER_BASE_DIR``, the toolkit's own variable, names that
directory. Without a network namespace a server listens on 127.0.0.1, where the whole machine can reach it;
that is logged.

A program has a clean environment, and a home of its own. Its working directory, its temporary directory and
its Python environment are as fresh as a container's (`localcloud.containers.private`).
"""

import logging
import re
import shutil
import tempfile
from dataclasses import dataclass, field
from functools import cache
from os.path import normpath
from pathlib import Path

from localcloud.containers.container import ML, Container, ContainerError, Run
from localcloud.containers.isolation import Isolation
from localcloud.containers.network import (
    ISOLATED,
    free_port,
    hosts,
    own_network,
    proxy_variables,
    serving_port,
)
from localcloud.containers.preparation import Preparation
from localcloud.containers.private import Private, make_private
from localcloud.containers.python import Python, find_python
from localcloud.containers.registry import Entry
from localcloud.containers.supervised import SupervisedProcess
from localcloud.containers.supervisor.specification import Network, Specification

LOG = logging.getLogger(__name__)

_PATH = "/usr/local/bin:/usr/bin:/bin"
_ML_PATH = re.compile(rf"{ML}(?![\w.-])")
_PYTHON = ("python", "python3")
_BIND_TO_PORT = "SAGEMAKER_BIND_TO_PORT"
_HOSTS = "/etc/hosts"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a program runs: its network, its server's port, and the variables that tell it both."""

    network: Network | None = None
    port: int | None = None
    variables: dict[str, str] = field(default_factory=dict)


class ProgramImage:
    """A program of the registry, run with as much isolation as the system allows."""

    def __init__(self, entry: Entry, *, isolation: Isolation) -> None:
        self._entry = entry
        self._isolation = isolation

    @property
    def preparation(self) -> Preparation | None:
        """What must be done before it can start; None for nothing."""
        return self._entry.preparation

    def start(self, run: Run) -> Container:
        """Start the program; `ContainerError` where it lacks the command or the folder."""
        if not self._entry.folder.is_dir():
            raise ContainerError(f"The folder {self._entry.folder} of the program does not exist.")
        has_namespace = self._isolation is not Isolation.NONE
        if run.mounts and not has_namespace:
            raise ContainerError(f"This system cannot show a program {', '.join(run.mounts)}.")
        place = self._place(run)
        command, python = self._command(run), self._python()
        try:
            own = make_private(
                Path(tempfile.mkdtemp(prefix="container-", dir=run.log.parent)),
                self._entry.folder,
                python,
                has_namespace=has_namespace,
                host_name=run.host_name,
                addresses=run.addresses,
            )
        except (OSError, shutil.Error) as error:
            raise ContainerError(f"The container cannot be started: {error}") from error
        environment = self._environment(run, place, own)
        if python is not None and own.programs is not None:
            command[0] = _in_its_environment(command[0], self._entry.folder, python, own.programs)
        binds: dict[str, str] | None = None
        if has_namespace:
            shown = {ML: run.ml_root, **run.mounts}
            binds = {**own.binds, **{path: str(source) for path, source in shown.items()}}
        else:
            command = [_real(part, run.ml_root) for part in command]
            environment = {name: _real(value, run.ml_root) for name, value in environment.items()}
            environment["SAGEMAKER_BASE_DIR"] = str(run.ml_root)
        if place.network is not None:
            assert binds is not None
            binds[_HOSTS] = str(_written(own.home.parent / "hosts", hosts(place.network, run.addresses)))
        specification = Specification(
            command=command,
            directory=str(own.directory),
            binds=binds,
            layers=own.layers,
            host_name=run.host_name if has_namespace else None,
            has_own_processes=self._isolation is Isolation.FULL,
            network=place.network,
        )
        return SupervisedProcess(specification, environment, run.log, port=place.port)

    def _python(self) -> Python | None:
        """Find the image's interpreter: what `python` means, or the one whose scripts its commands are."""
        named = [] if self._entry.python is None else [self._entry.python]
        for program, *_ in self._entry.commands.values():
            if "/" in program:
                named.append(str(self._entry.folder / Path(program).parent / "python"))
        found = (shutil.which(name, path=_PATH) for name in (*named, *_PYTHON))
        return next((find_python(normpath(path)) for path in found if path is not None), None)

    def _place(self, run: Run) -> _Place:
        joined = None if run.cluster is None else run.cluster.namespaces.get(run.host_name or "")
        has_network = self._isolation is Isolation.FULL and (run.cluster is None or joined is not None)
        if run.is_isolated and not has_network:
            raise ContainerError(
                "This system gives programs no network of their own, which EnableNetworkIsolation needs."
            )
        if joined is not None:
            network = (ISOLATED if run.is_isolated else own_network(run.environment)).joining(joined)
            return _Place(network, variables=proxy_variables(network, run.addresses))
        if not run.serves:
            return _Place(ISOLATED if run.is_isolated else None)
        if self._isolation is not Isolation.FULL:
            _warn_of_open_servers()
            port = free_port()
            return _Place(port=port, variables={_BIND_TO_PORT: str(port)})
        network = ISOLATED if run.is_isolated else own_network(run.environment)
        port = serving_port(network)
        return _Place(network, port, proxy_variables(network) | {_BIND_TO_PORT: str(port)})

    def _command(self, run: Run) -> list[str]:
        command = run.command
        if not run.replaces_entrypoint:
            name, arguments = (
                ("entrypoint", command)
                if command[:1] not in {("train",), ("serve",)}
                else (command[0], command[1:])
            )
            if name not in self._entry.commands:
                raise ContainerError(f"The program of {self._entry.uri} has no command '{name}'.")
            command = (*self._entry.commands[name], *arguments)
        if self._entry.python is not None and command[0] in _PYTHON:
            return [self._entry.python, *command[1:]]
        return list(command)

    def _environment(self, run: Run, place: _Place, own: Private) -> dict[str, str]:
        python = self._entry.python
        folders = [str(Path(python).parent), _PATH] if python is not None and "/" in python else [_PATH]
        if own.programs is not None:
            folders.insert(0, str(own.programs))
        return {
            "PATH": ":".join(folders),
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",  # What a job prints belongs in its log at once.
            **place.variables,
            **self._entry.environment,
            **run.environment,
            **({} if run.host_name is None else {"HOSTNAME": run.host_name}),
            "HOME": str(own.home),
            "TMPDIR": str(own.temporary),
            **{name: value for name, value in place.variables.items() if name == _BIND_TO_PORT},
        }


def _in_its_environment(program: str, folder: Path, python: Python, programs: Path) -> str:
    """Give the program of the container's own environment in place of the image's of the same name."""
    theirs = Path(normpath(folder / program)) if "/" in program else python.executable.parent / program
    ours = programs / theirs.name
    return str(ours) if theirs.parent == python.executable.parent and ours.exists() else program


def _real(text: str, ml_root: Path) -> str:
    """Replace every ``/opt/ml`` of a text by the real directory."""
    return _ML_PATH.sub(lambda _: str(ml_root), text)


def _written(file: Path, text: str) -> Path:
    file.write_text(text, "utf-8")
    file.chmod(0o644)
    return file


@cache
def _warn_of_open_servers() -> None:
    """Log once that servers are reachable from the whole machine."""
    LOG.warning(
        "This system gives programs no network of their own. Model servers therefore listen on 127.0.0.1, "
        "where every user of this machine and every web page in its browsers can reach them."
    )
