"""What a look at a watched thread means; pure.

The machine may have slept, or the whole process may have been stopped; then no thread could give a sign of
life. So `judge` is told how long the watch itself was awake since its last look, and adds that up.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

PATIENCE = 5.0
"""Seconds that a thread may be overdue."""

QUIET = 60.0
"""Seconds after which an earlier repair no longer delays the next."""

LONGEST_PAUSE = 60.0


class State(StrEnum):
    """How a watched thread is."""

    RUNNING = "running"
    OVERDUE = "overdue"
    ENDED = "ended"
    REPAIRED = "repaired"


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen.

    `due`: when the next sign of life must come, by a clock that only grows; None where the thread rests.
    """

    is_alive: bool
    due: float | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a watched thread.

    `due`: the sign of life that it owes.
    `owing`: for how many seconds it owes it.
    `repairs`: how often it was repaired.
    `streak`: how many of these repairs followed each other closely.
    `quiet`: seconds since the last repair.
    """

    state: State = State.RUNNING
    due: float | None = None
    owing: float = 0.0
    repairs: int = 0
    streak: int = 0
    quiet: float = 0.0

    @property
    def may_be_repaired(self) -> bool:
        """Whether it is time for a repair: at once the first time, later after pauses that grow."""
        return self.streak == 0 or self.quiet >= min(2.0**self.streak, LONGEST_PAUSE)

    @property
    def is_faulty(self) -> bool:
        """Whether it does not serve those who depend on it."""
        return self.state in {State.ENDED, State.OVERDUE}


def judge(record: Record, look: Look, now: float, awake: float) -> Record:
    """Judge what was seen.

    `now`: the time, by the clock of `Look.due`.
    `awake`: seconds that the watch was awake since the last look.
    """
    quiet = record.quiet + awake
    streak = 0 if quiet > QUIET and not record.is_faulty else record.streak
    record = replace(record, quiet=quiet, streak=streak)
    if not look.is_alive:
        return replace(record, state=State.ENDED, due=None, owing=0.0)
    healthy = State.REPAIRED if record.repairs else State.RUNNING
    if look.due is None or now < look.due:
        return replace(record, state=healthy, due=None, owing=0.0)
    owing = record.owing + awake if look.due == record.due else 0.0
    state = State.OVERDUE if owing >= PATIENCE else healthy
    return replace(record, state=state, due=look.due, owing=owing)


def repaired(record: Record) -> Record:
    """Tell that the thread was repaired."""
    repairs, streak = record.repairs + 1, record.streak + 1
    return replace(Record(State.REPAIRED), repairs=repairs, streak=streak)


def tried(record: Record) -> Record:
    """Tell that a repair was tried in vain, or that there is none."""
    return replace(record, streak=record.streak + 1, quiet=0.0)
