import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from driver.host.signals import interrupted_code, passed_on, signals_end_the_command


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_signal_is_counted_and_nothing_is_raised(number: signal.Signals) -> None:
    counts: list[int] = []
    with passed_on(counts.append):
        signal.raise_signal(number)
        signal.raise_signal(number)
    assert counts == [1, 2]


def test_afterwards_ctrl_c_is_ctrl_c_again() -> None:
    with passed_on(lambda _: None):
        pass
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_in_another_thread_nothing_is_changed() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen: list[object] = []

    def work() -> None:
        with passed_on(lambda _: None):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_each_signal_ends_a_command_with_its_own_code(number: signal.Signals, code: int) -> None:
    with pytest.raises(KeyboardInterrupt), signals_end_the_command():
        signal.raise_signal(number)
    assert interrupted_code() == code


def test_a_signal_that_was_passed_on_counts_as_well() -> None:
    with signals_end_the_command(), passed_on(lambda _: None):
        signal.raise_signal(signal.SIGTERM)
    assert interrupted_code() == 143


def test_a_command_knows_nothing_of_the_signals_of_another() -> None:
    with signals_end_the_command(), passed_on(lambda _: None):
        signal.raise_signal(signal.SIGTERM)
    with signals_end_the_command():
        assert interrupted_code() == 130


ROOT = Path(__file__).resolve().parents[4]
PROGRAM = """
import sys, time
from invoke.exceptions import Exit
from driver.cli.exit_codes import exit_codes
from driver.host.console import Console
from driver.model.exceptions import InterruptedByUserError

try:
    with exit_codes(Console(), debug=False):
        try:
            print("ready", flush=True)
            time.sleep(30)
        except KeyboardInterrupt as error:
            raise InterruptedByUserError("You left execution x.", "It goes on running.") from error
except Exit as ended:
    sys.exit(ended.code)
"""


@pytest.mark.parametrize("ignored", ["INT", "INT HUP", "HUP"])
def test_a_background_job_ends_cleanly_by_sigterm_and_goes_on_at_what_is_ignored(ignored: str) -> None:
    """A shell has a background job ignore SIGINT, `nohup` has it ignore SIGHUP."""
    script = f'trap \'\' {ignored}; exec "$0" -c "$1"'
    with subprocess.Popen(
        ["/bin/sh", "-c", script, sys.executable, PROGRAM],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as job:
        assert job.stdout is not None
        assert job.stdout.readline() == "ready\n"
        for name in ignored.split():
            job.send_signal(signal.Signals[f"SIG{name}"])
        with pytest.raises(subprocess.TimeoutExpired):
            job.wait(0.5)
        job.terminate()
        output, _ = job.communicate(timeout=60)
    assert job.returncode == 143
    assert "You left execution x." in output
    assert "It goes on running." in output
