"""One execution environment: a process that serves a function's invocations one after the other.

A sandbox is used up once its process has ended, for whatever reason; the next invocation needs a new one.
"""

import contextlib
import os
import shutil
import signal
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localcloud.localstack.functions.exchange import Ending, Exchange, Invocation, Outcome
from localcloud.localstack.functions.faults import NOT_STARTED, exit_reason
from localcloud.localstack.functions.forking import ForkServer
from localcloud.localstack.functions.output import Output
from localcloud.localstack.functions.processes.function import Order
from localcloud.localstack.functions.runtime_api import serve

INIT_SECONDS = 10.0
"""What Lambda grants a function to get ready, before the time-out of the invocation begins to run."""

_ENDING_SECONDS = 6.0
"""A keeper that needs longer has been stopped, or waits for what cannot be killed: it is killed itself."""


@dataclass(frozen=True, slots=True)
class Run:
    """One invocation as the sandbox saw it; peak memory in MB, None where this machine does not tell."""

    outcome: Outcome
    printed: str
    peak_memory: int | None


class Sandbox:
    """A function's process, from its start to its end.

    - `directory`: a directory of this sandbox's own, gone with it.
    - `task_root`: the function's unpacked package, the process's working directory.
    - `layers`: the content of the function's layers, if it has any.
    - `program`: serves a function that is not Python's.
    """

    def __init__(
        self,
        directory: Path,
        task_root: Path,
        environment: Mapping[str, str],
        server: ForkServer,
        *,
        layers: Path | None = None,
        program: tuple[str, ...] = (),
    ) -> None:
        self._directory = directory
        self._output = Output(directory / "output")
        self._exchange = Exchange()
        self._pid: int | None = None
        self._keeper: int | None = None
        self._ended = threading.Event()
        api, api_of_the_function = socket.socketpair()
        self._channel, channel_of_the_keeper = socket.socketpair()
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        output = os.open(directory / "output", flags, 0o600)
        try:
            order = Order(str(task_root), dict(environment), str(layers or ""), program)
            server.start(order, channel_of_the_keeper, api_of_the_function, output)
        except OSError:
            api.close()
            self._channel.close()
            raise
        finally:
            os.close(output)
            api_of_the_function.close()
            channel_of_the_keeper.close()
        name = directory.name
        threading.Thread(target=serve, args=(api, self._exchange), name=f"api-{name}", daemon=True).start()
        threading.Thread(target=self._watch, args=(api,), name=f"process-{name}", daemon=True).start()

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
        return Run(outcome, self._output.new(), peak_memory)

    def output(self) -> str:
        """Give what the process has printed so far."""
        return self._output.all()

    def kill(self) -> None:
        """End the process and all it started, at once; an invocation under way ends with it."""
        with contextlib.suppress(OSError):  # it has ended
            self._channel.shutdown(socket.SHUT_WR)
        if not self._ended.wait(_ENDING_SECONDS) and (keeper := self._keeper) is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(keeper, signal.SIGKILL)  # the fork server ends what it leaves behind
            self._ended.wait(_ENDING_SECONDS)
        self._exchange.end(Ending.EXIT, exit_reason(-signal.SIGKILL).encode())

    def discard(self) -> None:
        """Kill the process and remove all traces."""
        self.kill()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _watch(self, api: socket.socket) -> None:
        """Read the keeper's messages until it and all its processes have ended."""
        reason = NOT_STARTED
        with self._channel, self._channel.makefile(encoding="ascii") as lines:
            with contextlib.suppress(OSError):
                for line in lines:
                    word, *numbers = line.split()
                    if word == "started":
                        self._pid, self._keeper = map(int, numbers)
                    reason = exit_reason(-signal.SIGKILL if word == "started" else int(numbers[0]))
            self._pid = self._keeper = None
            self._exchange.end(Ending.EXIT, reason.encode())
            with contextlib.suppress(OSError):
                api.shutdown(socket.SHUT_RDWR)
            self._ended.set()

    def _peak_memory(self) -> int | None:
        """Read the process's peak, with what it shares with others: its imports count, as on AWS."""
        if (pid := self._pid) is None:
            return None
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) // 1024
        return None
