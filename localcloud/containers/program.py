"""A registered program as an image: local processes in place of a container.

Where Linux allows unprivileged mount namespaces, the program sees the job's directory as ``/opt/ml``, just
as in a container. Elsewhere it does not: there every ``/opt/ml`` in its environment and in its command is
replaced by the directory's real path, so that a program which goes by ``SM_MODEL_DIR`` and its like (the
variables of the sagemaker-training toolkit) runs unchanged. ``SAGEMAKER_BASE_DIR``, the toolkit's own
variable, names that directory.

A program has a clean environment, a home and a temporary directory of its own, and ends with its container.
"""

import re
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from localcloud.containers.container import ML, Container, ContainerError, Run
from localcloud.containers.registry import Entry
from localcloud.containers.supervised import SupervisedProcess

_PATH = "/usr/local/bin:/usr/bin:/bin"
_ML_PATH = re.compile(rf"{ML}(?![\w.-])")
_PYTHON = ("python", "python3")
_PROBE_SECONDS = 30.0


class ProgramImage:
    """A program of the registry.

    Parameters
    ----------
    entry
        What the registry says of it.
    has_namespaces
        Whether ``/opt/ml`` can be made for it.
    """

    def __init__(self, entry: Entry, *, has_namespaces: bool) -> None:
        self._entry = entry
        self._has_namespaces = has_namespaces

    def start(self, run: Run) -> Container:
        """Start the program; `ContainerError` where it lacks the command or the folder."""
        if not self._entry.folder.is_dir():
            raise ContainerError(f"The folder {self._entry.folder} of the program does not exist.")
        command, environment = self._command(run), self._environment(run)
        binds: Mapping[str, Path] | None = {ML: run.ml_root, **run.mounts}
        if not self._has_namespaces:
            if run.mounts:
                raise ContainerError(f"This system cannot show a program {', '.join(run.mounts)}.")
            binds = None
            command = [_real(part, run.ml_root) for part in command]
            environment = {name: _real(value, run.ml_root) for name, value in environment.items()}
            environment["SAGEMAKER_BASE_DIR"] = str(run.ml_root)
        for name in ("HOME", "TMPDIR"):
            Path(environment[name]).mkdir(parents=True, exist_ok=True)
        return SupervisedProcess(command, environment, self._entry.folder, run.log, binds=binds)

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

    def _environment(self, run: Run) -> dict[str, str]:
        python = self._entry.python
        folders = [str(Path(python).parent), _PATH] if python is not None and "/" in python else [_PATH]
        own = {
            "PATH": ":".join(folders),
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",  # What a job prints belongs in its log at once.
            **self._entry.environment,
            **run.environment,
            "HOME": str(run.log.parent / "home"),
            "TMPDIR": str(run.log.parent / "tmp"),
        }
        return own if run.port is None else {**own, "SAGEMAKER_BIND_TO_PORT": str(run.port)}


def _real(text: str, ml_root: Path) -> str:
    """Put the real directory in place of every ``/opt/ml`` of a text."""
    return _ML_PATH.sub(lambda _: str(ml_root), text)


@cache
def can_make_namespaces() -> bool:
    """Try once whether a process of ours can have an ``/opt/ml`` of its own."""
    if sys.platform != "linux":
        return False
    with tempfile.TemporaryDirectory(prefix="probe-") as folder:
        root, log = Path(folder, "ml"), Path(folder, "log")
        root.mkdir()
        probe = SupervisedProcess(
            ["touch", f"{ML}/probe"], {"PATH": _PATH}, Path(folder), log, binds={ML: root}
        )
        return probe.wait(_PROBE_SECONDS) == 0 and (root / "probe").exists()
