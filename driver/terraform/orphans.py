"""The orphans of a command that was killed: its Terraform, and that one's providers, which still run.

Each Terraform is recorded while it runs, with its process group and the driver that started it. The next
command that changes the target ends what is left of one whose driver is gone.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from driver.host.console import Console
from driver.host.files import write_atomically
from driver.host.patience import Patience
from driver.host.processes import HostProcesses
from driver.terraform.creations import Creations
from driver.terraform.events import Phase, ResourceEvent, parse_event

_END_SECONDS = 60.0  # that a Terraform has to end cleanly
_GONE_SECONDS = 5.0
_PROVIDER = "terraform-provider-"  # how the program of every provider begins
_SUPERVISOR = "supervisor.py"
_TERRAFORM = "terraform"


@dataclass(frozen=True, slots=True)
class _Record:
    """A Terraform: its process group, begun by its supervisor, and the driver; each with its start time.

    `output` is the descriptor by which it has the reading end of its own output.
    """

    group: int
    started: str
    driver: int
    driver_started: str
    output: int
    is_interrupted: bool = False


class ProcessRecords:
    """The records of one target's Terraform processes."""

    def __init__(self, directory: Path, processes: HostProcesses) -> None:
        self.directory = directory
        self.unheard_path = directory / "unheard.jsonl"  # what a Terraform said after its driver was gone
        self._processes = processes

    def add(self, group: int, output: int) -> None:
        """Record a Terraform that this process has started."""
        own = os.getpid()
        times = self._processes.start_time(group), self._processes.start_time(own)
        self._write(_Record(group, times[0], own, times[1], output))

    def remove(self, group: int) -> None:
        """Remove the record of a Terraform that has ended."""
        self._path(group).unlink(missing_ok=True)

    def left(self) -> Iterator[tuple[_Record, Mapping[int, str]]]:
        """Find the processes, by id, of each Terraform whose driver has ended; remove other records."""
        for path in sorted(self.directory.glob("*.json")):
            record = _read(path)
            if record and self._processes.start_time(record.driver) == record.driver_started:
                continue  # it is still watched over
            members = self._members(record) if record else {}
            if record and members:
                yield record, members
            else:
                path.unlink(missing_ok=True)

    def save_unread_output(self, pid: int, output: int) -> None:
        """Save the output of a process whose reader has ended. This needs /proc."""
        with suppress(OSError):
            reader = os.open(f"/proc/{pid}/fd/{output}", os.O_RDONLY | os.O_NONBLOCK)
            file = os.open(self.unheard_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                while said := os.read(reader, 65536):
                    os.write(file, said)
            finally:
                os.close(reader)
                os.close(file)

    def mark_interrupted(self, record: _Record) -> None:
        """Record that a Terraform was interrupted: interrupted twice, it ends without saving its state."""
        self._write(replace(record, is_interrupted=True))

    def _members(self, record: _Record) -> Mapping[int, str]:
        """Return the processes of a group; none if it is another one that has got its id since."""
        leader = self._processes.start_time(record.group)
        if leader and leader != record.started:
            return {}
        members = self._processes.group(record.group)
        return {pid: words for pid, words in members.items() if _TERRAFORM in words}

    def _write(self, record: _Record) -> None:
        text = json.dumps(asdict(record))
        write_atomically(self._path(record.group), text.encode(), mode=0o600)

    def _path(self, group: int) -> Path:
        return self.directory / f"{group}.json"


@dataclass(frozen=True, slots=True)
class Orphans:
    """Ends the Terraform processes that killed commands have left."""

    records: ProcessRecords
    processes: HostProcesses
    creations: Creations
    console: Console
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def end(self) -> None:
        """Let each Terraform end cleanly, then end its providers. One that does not end is left running."""
        for record, members in self.records.left():
            self._end(record, members)
        self._record_creations()

    def _end(self, record: _Record, members: Mapping[int, str]) -> None:
        patience = Patience(self.clock, self.sleep, 0.1)
        working = _working(members)
        if working:
            number = next(iter(working))
            with self.console.working(
                f"The command that started Terraform, process {number}, was killed: waiting for its end"
            ):
                self._interrupt(record, members)
                if not patience.until(lambda: self._has_ended(record), _END_SECONDS):
                    return
            self.console.warn(f"Terraform of a command that was killed has ended (process {number}).")
        providers = self.processes.group(record.group)
        if providers:
            self.processes.kill_group(record.group)
            patience.until(lambda: not self.processes.group(record.group), _GONE_SECONDS)
            names = ", ".join(f"{_program(words)} (process {pid})" for pid, words in providers.items())
            self.console.warn(f"Ended what a killed command had left: {names}.")
        self.records.remove(record.group)

    def _has_ended(self, record: _Record) -> bool:
        """Tell whether Terraform has ended. Without a supervisor its output is read, or it would block."""
        working = _working(self.processes.group(record.group))
        if working and not any(_SUPERVISOR in words for words in working.values()):
            for pid in working:
                self.records.save_unread_output(pid, record.output)
        return not working

    def _interrupt(self, record: _Record, members: Mapping[int, str]) -> None:
        """Ask Terraform to end, unless its supervisor has, or an earlier command."""
        if record.is_interrupted or any(_SUPERVISOR in words for words in members.values()):
            return
        self.records.mark_interrupted(record)
        for pid in _working(members):
            self.processes.interrupt(pid)

    def _record_creations(self) -> None:
        """Record the creations of the unread output. One that failed was cut off: its resource may exist."""
        with suppress(FileNotFoundError):
            for line in self.records.unheard_path.read_text(encoding="utf-8", errors="replace").splitlines():
                event = parse_event(line)
                if isinstance(event, ResourceEvent) and event.phase is not Phase.FAILED:
                    self.creations.on_event(event)
            self.records.unheard_path.unlink()


def _working(members: Mapping[int, str]) -> dict[int, str]:
    """Return those that are no provider: Terraform, and its supervisor while it has one."""
    return {pid: words for pid, words in members.items() if not _program(words).startswith(_PROVIDER)}


def _program(words: str) -> str:
    return Path(words.partition(" ")[0]).name


def _read(path: Path) -> _Record | None:
    try:
        return _Record(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
