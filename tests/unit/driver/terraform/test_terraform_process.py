"""Real processes: a program in Terraform's place, with a provider, and a driver that is killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from driver.host.processes import HostProcesses
from driver.terraform.creations import Creations
from driver.terraform.orphans import Orphans, ProcessRecords
from driver.terraform.process import ChildProcess
from tests.unit.driver.fakes import Screen

ROOT = Path(__file__).resolve().parents[4]
# Starts a provider, says a word, and works until it is interrupted; then it says much, and writes its state.
TERRAFORM = """
import json, signal, subprocess, sys, time
from pathlib import Path
folder = Path(sys.argv[1])
stop = []
signal.signal(signal.SIGINT, lambda *_: stop.append(1))
provider = subprocess.Popen(["terraform-provider-fake", "600"], executable="/bin/sleep")
(folder / "provider").write_text(str(provider.pid))
print("working", flush=True)
while not stop:
    time.sleep(0.02)
event = {"type": "apply_start", "hook": {"resource": {"addr": "aws_sqs_queue.late"}, "action": "create"}}
print(json.dumps(event), flush=True)
print(json.dumps(event | {"type": "apply_errored"}), flush=True)
print("x" * 200_000, flush=True)
time.sleep(float(sys.argv[2]))
(folder / "state").write_text(f"interrupted {len(stop)}")
print("ended", flush=True)
sys.exit(7)
"""
DRIVER = """
import sys
from pathlib import Path
from driver.terraform.orphans import ProcessRecords
from driver.host.processes import HostProcesses
from driver.terraform.process import ChildProcess
folder = Path(sys.argv[1])
records = ProcessRecords(folder / "records", HostProcesses())
child = ChildProcess(records, [sys.executable, *sys.argv[2:]], folder, {})
for line in child.lines:
    print(line, end="", flush=True)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "terraform.py").write_text(TERRAFORM)
    yield tmp_path
    for record in (tmp_path / "records").glob("*.json"):
        with suppress(ProcessLookupError):
            os.killpg(int(record.stem), signal.SIGKILL)


def terraform(folder: Path, seconds: float = 0) -> list[str]:
    return [str(folder / "terraform.py"), str(folder), str(seconds)]


def records_in(folder: Path) -> ProcessRecords:
    return ProcessRecords(folder / "records", HostProcesses())


def killed_driver(folder: Path, *, with_supervisor: bool = False, seconds: float = 0) -> int:
    """Start a Terraform by a driver that is killed at its work; returns the process group that is left."""
    driver = subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(folder), *terraform(folder, seconds)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert driver.stdout
    assert driver.stdout.readline() == "working\n"
    eventually(lambda: any((folder / "records").glob("*.json")))
    [record] = (folder / "records").glob("*.json")
    group = int(record.stem)
    if with_supervisor:  # before its driver: else it would act first
        os.kill(group, signal.SIGKILL)
        eventually(lambda: group not in HostProcesses().group(group))
    driver.kill()
    driver.wait()
    driver.stdout.close()
    return group


def eventually(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def orphans(folder: Path, screen: Screen) -> Orphans:
    creations = Creations(folder / "creations.log")
    return Orphans(records_in(folder), HostProcesses(), creations, screen.console)


def test_its_words_and_its_code_come_through_and_its_provider_goes(folder: Path) -> None:
    child = ChildProcess(records_in(folder), [sys.executable, *terraform(folder)], folder, {})
    assert len(list((folder / "records").glob("*.json"))) == 1
    said = []
    for line in child.lines:
        said.append(line)
        if line == "working\n":
            child.interrupt()
    assert child.wait() == 7
    assert said[-1] == "ended\n"
    assert not any((folder / "records").iterdir())
    provider = int((folder / "provider").read_text())
    eventually(lambda: HostProcesses().command_line(provider) == "")


def test_a_second_ctrl_c_ends_all_of_it_at_once(folder: Path) -> None:
    child = ChildProcess(records_in(folder), [sys.executable, *terraform(folder, 600)], folder, {})
    for line in child.lines:
        if line == "working\n":
            child.interrupt()
        if line.startswith("x"):
            child.kill()
    assert child.wait() != 0
    provider = int((folder / "provider").read_text())
    eventually(lambda: HostProcesses().command_line(provider) == "")


def test_it_can_be_interrupted_where_the_shell_ignores_that(folder: Path) -> None:
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        child = ChildProcess(records_in(folder), [sys.executable, *terraform(folder)], folder, {})
        for line in child.lines:
            if line == "working\n":
                child.interrupt()
        assert child.wait() == 7
    finally:
        signal.signal(signal.SIGINT, previous)


def test_a_program_that_there_is_not_leaves_no_pipe_open(folder: Path) -> None:
    before = len(list(Path("/dev/fd").iterdir()))
    child = ChildProcess(records_in(folder), ["/nowhere/terraform"], folder, {})
    list(child.lines)
    assert child.wait() != 0
    assert len(list(Path("/dev/fd").iterdir())) == before


def test_after_a_kill_of_the_driver_it_ends_cleanly_and_nothing_is_left(folder: Path) -> None:
    group = killed_driver(folder, seconds=0.3)
    eventually(lambda: not HostProcesses().group(group))
    assert (folder / "state").read_text() == "interrupted 1"
    screen = Screen()
    orphans(folder, screen).end()
    assert screen.text == ""
    assert not any((folder / "records").iterdir())
    # What was begun while nobody listened is known, though Terraform says that it failed: it was cut off.
    assert Creations(folder / "creations.log").unfinished() == ("aws_sqs_queue.late",)


def test_the_next_command_waits_for_one_that_still_ends(folder: Path) -> None:
    group = killed_driver(folder, seconds=1.5)
    eventually((folder / "records/unheard.jsonl").is_file)
    screen = Screen()
    orphans(folder, screen).end()
    assert (folder / "state").read_text() == "interrupted 1"
    assert HostProcesses().group(group) == {}
    assert "has ended" in screen.text


def test_the_next_command_ends_what_lost_its_supervisor_too(folder: Path) -> None:
    group = killed_driver(folder, with_supervisor=True)
    time.sleep(0.2)
    assert not (folder / "state").exists()
    screen = Screen()
    orphans(folder, screen).end()
    assert (folder / "state").read_text() == "interrupted 1"
    assert HostProcesses().group(group) == {}
    provider = (folder / "provider").read_text()
    assert (
        f"Ended what a killed command had left: terraform-provider-fake (process {provider})" in screen.text
    )


def test_one_that_does_not_end_is_left_alone_and_never_interrupted_twice(folder: Path) -> None:
    group = killed_driver(folder, with_supervisor=True, seconds=600)
    for _ in range(2):
        now = iter(range(0, 10_000, 5))
        found = orphans(folder, Screen())
        Orphans(
            found.records,
            found.processes,
            found.creations,
            found.console,
            clock=lambda now=now: float(next(now)),  # type: ignore[misc]
            sleep=lambda _: time.sleep(0.02),
        ).end()
    assert len(HostProcesses().group(group)) == 2
    [record] = (folder / "records").glob("*.json")
    assert json.loads(record.read_text())["is_interrupted"] is True


def test_one_whose_driver_lives_is_left_alone(folder: Path) -> None:
    child = ChildProcess(records_in(folder), [sys.executable, *terraform(folder)], folder, {})
    screen = Screen()
    orphans(folder, screen).end()
    assert screen.text == ""
    assert HostProcesses().command_line(child._child.pid)
    child.kill()
    child.wait()


@pytest.mark.parametrize("words", ["sleep", "terraform-provider-other"])
def test_another_group_with_its_id_is_left_alone(folder: Path, words: str) -> None:
    other = subprocess.Popen([words, "600"], executable="/bin/sleep", start_new_session=True)
    try:
        record = {"group": other.pid, "started": "1", "driver": 2**22 + 1, "driver_started": "1", "output": 9}
        (folder / "records").mkdir()
        (folder / f"records/{other.pid}.json").write_text(json.dumps(record))
        (folder / "records/7.json").write_text("{")
        orphans(folder, Screen()).end()
        assert other.poll() is None
        assert not any((folder / "records").iterdir())
    finally:
        other.kill()
        other.wait()
