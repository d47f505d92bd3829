import os
import sys
from pathlib import Path

from driver.host.processes import HostProcesses

NO_PROCESS = 2**22 + 1  # above the highest process id of a Linux kernel


def test_a_process_is_known_by_the_words_it_was_started_with() -> None:
    words = HostProcesses().command_line(os.getpid())
    assert Path(sys.executable).name in words or "pytest" in words


def test_a_process_that_is_not_there_has_ended() -> None:
    assert HostProcesses().command_line(NO_PROCESS) == ""
    assert HostProcesses().has_ended(NO_PROCESS)
    assert not HostProcesses().has_ended(os.getppid())


def test_signals_to_a_process_that_is_not_there_are_no_error() -> None:
    HostProcesses().terminate(NO_PROCESS)
    HostProcesses().kill_group(NO_PROCESS)
