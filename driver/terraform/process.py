"""A Terraform process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from driver.terraform.orphans import ProcessRecords

_SUPERVISOR = Path(__file__).with_name("supervisor.py")


class ChildProcess:
    """A Terraform process under a supervisor, in a session of its own: Ctrl-C reaches it only through us."""

    def __init__(
        self, records: ProcessRecords, command: Sequence[str], directory: Path, environment: Mapping[str, str]
    ) -> None:
        self._records = records
        records.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        output, written = os.pipe()
        # Nobody writes into this one: it is closed when this process ends, even by SIGKILL.
        lifeline, self._lifeline = os.pipe()
        unheard = str(records.unheard_path)
        supervisor = [sys.executable, "-I", "-S", str(_SUPERVISOR), str(lifeline), str(output), unheard]
        try:
            self._child = subprocess.Popen(
                [*supervisor, *command],
                cwd=directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
                pass_fds=(lifeline, output),
                start_new_session=True,
            )
        except BaseException:
            os.close(output)
            os.close(self._lifeline)
            raise
        finally:
            os.close(written)
            os.close(lifeline)
        self._output = open(output, encoding="utf-8", errors="replace")  # noqa: PTH123, SIM115 - a descriptor
        records.add(self._child.pid, output)

    @property
    def lines(self) -> Iterable[str]:
        """The output as it comes, both streams in one."""
        return self._output

    def wait(self) -> int:
        """Return the exit code."""
        self._output.close()
        code = self._child.wait()
        if code < 0:  # the supervisor was killed: what it would have ended is ended here
            with suppress(ProcessLookupError):
                os.killpg(self._child.pid, signal.SIGKILL)
        os.close(self._lifeline)
        self._records.remove(self._child.pid)
        return code

    def interrupt(self) -> None:
        """Ask it to end cleanly."""
        self._child.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """End the whole session: Terraform and its providers."""
        if self._child.poll() is None:
            os.killpg(self._child.pid, signal.SIGKILL)


OpenProcess = Callable[[Sequence[str], Path, Mapping[str, str]], ChildProcess]
