import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from driver.host.patience import Patience
from driver.host.processes import HostProcesses

NO_PROCESS = 2**22 + 1  # above the highest process id of a Linux kernel


def eventually(is_so: Callable[[], bool]) -> None:
    assert Patience(time.monotonic, time.sleep, 0.02).until(is_so, 20)


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


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[int]:
    """A process in a group of its own, which listens on no port."""
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    pid = HostProcesses().start(command, tmp_path, dict(os.environ), tmp_path / "log")
    yield pid
    HostProcesses().kill_group(pid)
    eventually(lambda: HostProcesses().has_ended(pid))


def test_a_group_has_its_living_processes_until_they_are_zombies(sleeper: int) -> None:
    processes = HostProcesses()
    eventually(lambda: "time.sleep(600)" in processes.group(sleeper).get(sleeper, ""))
    assert set(processes.group(sleeper)) == {sleeper}
    os.kill(sleeper, signal.SIGKILL)
    eventually(lambda: processes.state(sleeper) == "zombie")
    assert processes.group(sleeper) == {}
    assert processes.has_ended(sleeper)
    assert processes.state(sleeper) == ""


def test_a_stopped_process_is_told_and_goes_on_to_end_when_it_is_terminated(sleeper: int) -> None:
    processes = HostProcesses()
    os.kill(sleeper, signal.SIGSTOP)
    eventually(lambda: processes.state(sleeper) == "stopped")
    assert not processes.has_ended(sleeper)
    processes.terminate(sleeper)
    eventually(lambda: processes.has_ended(sleeper))


def test_a_start_time_stays_the_same_and_is_another_for_another_process(sleeper: int) -> None:
    processes = HostProcesses()
    assert processes.start_time(sleeper) == processes.start_time(sleeper) != ""
    assert processes.start_time(sleeper) != processes.start_time(os.getpid())
    assert processes.start_time(NO_PROCESS) == ""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's table is Linux's")
def test_on_linux_a_start_time_is_the_kernels_own_number(sleeper: int) -> None:
    """Records of earlier versions hold it."""
    fields = Path(f"/proc/{sleeper}/stat").read_text().rpartition(")")[2].split()
    assert HostProcesses().start_time(sleeper) == fields[19]


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_the_holder_of_a_port_is_named(family: socket.AddressFamily) -> None:
    processes = HostProcesses()
    with socket.socket(family) as server:
        server.bind(("127.0.0.1" if family is socket.AF_INET else "::1", 0))
        port = server.getsockname()[1]
        assert processes.port_holder(port) == ""
        server.listen()
        assert processes.port_holder(port).endswith(f" (process {os.getpid()})")
        if family is socket.AF_INET:
            assert not processes.is_port_free(port)
    assert processes.is_port_free(port)
