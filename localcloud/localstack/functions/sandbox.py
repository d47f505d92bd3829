"""One execution environment: a process that serves a function's invocations one after the other.

A sandbox is used up once its process has ended, for whatever reason; the next invocation needs a new one.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localcloud.localstack.functions import child
from localcloud.localstack.functions.exchange import Ending, Exchange, Invocation, Outcome
from localcloud.localstack.functions.faults import exit_reason
from localcloud.localstack.functions.runtime_api import RuntimeApi

INIT_SECONDS = 10.0
"""What Lambda grants a function to get ready, before the time-out of the invocation begins to run."""


@dataclass(frozen=True, slots=True)
class Run:
    """One invocation as the sandbox saw it; peak memory in MB, None where this machine does not tell."""

    outcome: Outcome
    printed: str
    peak_memory: int | None


class Sandbox:
    """A function's process, from its start to its end.

    Parameters
    ----------
    directory
        A directory of this sandbox's own, gone with it.
    task_root
        The function's unpacked package, the process's working directory.
    environment
        The process's whole environment, but for the Runtime API's address.
    """

    def __init__(self, directory: Path, task_root: Path, environment: Mapping[str, str]) -> None:
        self._directory = directory
        self._directory.mkdir(parents=True, exist_ok=True)
        self._output = directory / "output"
        self._read_up_to = 0
        self._exchange = Exchange()
        self._api = RuntimeApi(self._exchange)
        try:
            with self._output.open("ab") as output:
                self._process = subprocess.Popen(
                    [sys.executable, "-S", child.__file__],
                    cwd=task_root,
                    env={**environment, "AWS_LAMBDA_RUNTIME_API": self._api.address},
                    stdin=subprocess.PIPE,  # never written to: its end tells the child that we are gone
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
        except OSError:
            self._api.close()
            raise
        threading.Thread(target=self._watch, name=f"lambda-process-{self._process.pid}", daemon=True).start()

    @property
    def used_up(self) -> bool:
        """Whether the process can serve no further invocation."""
        return self._exchange.ended

    def invoke(self, invocation: Invocation) -> Run:
        """Serve one invocation; a process that runs out of time is killed."""
        # On AWS a start that takes longer is repeated within the first invocation's own time-out.
        outcome = self._exchange.invoke(invocation, INIT_SECONDS + invocation.timeout)
        peak_memory = self._peak_memory()
        if outcome.ending is Ending.TIMEOUT:
            self.kill()
        return Run(outcome, self._new_output(), peak_memory)

    def output(self) -> str:
        """Give all that the process has printed so far."""
        with contextlib.suppress(FileNotFoundError):
            return self._output.read_text(errors="replace")
        return ""

    def kill(self) -> None:
        """End the process and all it started, at once; an invocation under way ends with it."""
        if self._process.poll() is None:
            self._kill_group()
        self._process.wait()
        self._exchange.end(Ending.EXIT, exit_reason(self._process.returncode).encode())

    def discard(self) -> None:
        """Kill the process and remove all traces."""
        self.kill()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _watch(self) -> None:
        return_code = self._process.wait()
        self._kill_group()  # what the function started lives on; on AWS the whole sandbox goes
        self._exchange.end(Ending.EXIT, exit_reason(return_code).encode())
        self._api.close()
        if self._process.stdin:
            self._process.stdin.close()

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says the latter of zombies
            os.killpg(self._process.pid, signal.SIGKILL)

    def _new_output(self) -> str:
        try:
            with self._output.open("rb") as output:
                output.seek(self._read_up_to)
                printed = output.read()
                self._read_up_to = output.tell()
        except FileNotFoundError:  # discarded while it ran
            return ""
        return printed.decode(errors="replace")

    def _peak_memory(self) -> int | None:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) // 1024
        return None
