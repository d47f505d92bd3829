"""The parent's side of a worker process: start it, read its report, end it."""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

import localcloud
from localcloud.geospatial.task import Report, Task


class WorkerError(Exception):
    """The process ended without a report."""


class Worker(Protocol):
    """A task under way."""

    def wait(self) -> Report:
        """Wait for the report; `WorkerError` if the process ends without one."""
        ...

    def kill(self) -> None:
        """End it at once, if it still runs."""
        ...


class WorkerProcess:
    """A task under way in a process of its own.

    `task`: what it is to do. Beside its output lie the task and the worker's standard error.
    """

    def __init__(self, task: Task) -> None:
        folder = Path(task.output_path).parent
        self._log = folder / "worker.log"
        task_file = folder / "task.json"
        task_file.write_text(json.dumps(asdict(task)), "utf-8")
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "localcloud.geospatial.worker", str(task_file)],
                stdin=subprocess.PIPE,  # Nothing is written to it: its end tells the worker that we are gone.
                stdout=subprocess.PIPE,
                stderr=log,
                env=_environment(),
                start_new_session=True,  # Ctrl-C in the terminal is the host's to handle.
            )

    def wait(self) -> Report:
        """Wait for the report; `WorkerError` if the process ends without one."""
        with self._process as process:
            assert process.stdout is not None
            answer = process.stdout.read()
        if process.returncode == 0:
            return Report(**json.loads(answer))
        last_words = self._log.read_text("utf-8", "replace").strip().splitlines()[-1:]
        raise WorkerError(f"The worker ended with code {process.returncode}: {''.join(last_words)}")

    def kill(self) -> None:
        """End it at once, if it still runs."""
        self._process.kill()


def _environment() -> dict[str, str]:
    """Give the worker what it needs and nothing of the host's.

    Without PYTHONDONTWRITEBYTECODE, which a container may set: numpy's bytecode, once written, saves each
    worker 0.3 s. One thread in BLAS: products of this size gain nothing from more, and each costs memory.
    """
    root = Path(localcloud.__file__).resolve().parents[1]
    return {"PATH": os.defpath, "PYTHONPATH": str(root), "PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1"}
