"""Several executions side by side: which wait, which run, how each ended. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

from driver.input_files import InputFile


@dataclass(frozen=True, slots=True)
class Running:
    """An execution under way.

    Parameters
    ----------
    file
        What it works on.
    arn
        The execution's.
    since
        When it began, in seconds of the clock that deadlines are kept by.
    """

    file: InputFile
    arn: str
    since: float


class End(Enum):
    """How an input's work ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    LEFT = "still runs"  # its deadline passed


@dataclass(frozen=True, slots=True)
class Ended:
    """An input whose work is over.

    Parameters
    ----------
    file
        What it was.
    end
        How it ended.
    execution
        What the user calls the execution; empty if none was started.
    seconds
        How long it took.
    rows
        How many rows the result has.
    path
        Where the result lies; None without one.
    reason
        Why there is none.
    """

    file: InputFile
    end: End
    execution: str = ""
    seconds: float = 0.0
    rows: int = 0
    path: Path | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """All inputs of one command.

    Parameters
    ----------
    waiting
        Those that were not started yet, the next one first.
    running
        Executions by ARN, in the order they were started.
    ended
        Those that are over, in the order they ended.
    """

    waiting: tuple[InputFile, ...]
    running: Mapping[str, Running] = field(default_factory=dict)
    ended: tuple[Ended, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to wait for."""
        return not (self.waiting or self.running)

    def startable(self, parallel: int) -> tuple[InputFile, ...]:
        """Return what may be started now, if so many may run at once."""
        return self.waiting[: max(0, parallel - len(self.running))]

    def overdue(self, now: float, timeout: float) -> tuple[Running, ...]:
        """Return the executions that have run for longer than they may."""
        return tuple(one for one in self.running.values() if now - one.since >= timeout)

    def start(self, started: Running) -> Batch:
        """Take in that an input's execution was started."""
        return replace(
            self,
            waiting=tuple(file for file in self.waiting if file is not started.file),
            running={**self.running, started.arn: started},
        )

    def end(self, ended: Ended) -> Batch:
        """Take in that an input's work is over."""
        return Batch(
            tuple(file for file in self.waiting if file is not ended.file),
            {arn: one for arn, one in self.running.items() if one.file is not ended.file},
            (*self.ended, ended),
        )
