"""The timeline of an execution: nested bars on one time axis. Pure.

An execution has a bar, below it those of its states or steps; iterations of a Map are groups below the Map,
an execution that a state started is a group below that state.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from driver.executions.trace import Outcome, Span, Trace
from driver.inspection.page.wording import OUTCOMES, clock_time, duration

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
# Seconds between two ticks: the usual units of people.
_STEPS = (
    *(base * 10.0**power for power in (-3, -2, -1, 0) for base in (1, 2, 5)),
    *(10, 15, 30, _MINUTE, 2 * _MINUTE, 5 * _MINUTE, 10 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE),
    *(_HOUR, 2 * _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY),
)
_MOST_TICKS = 6


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the axis: its place in per cent of the length, and its text."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Axis:
    """A period of time."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """How long it is; never 0, so that there are places on it."""
        return max((self.end - self.start) / timedelta(seconds=1), 0.01)

    def place(self, time: datetime) -> float:
        """Return where a time is, in per cent."""
        share = (time - self.start) / timedelta(seconds=1) / self.seconds
        return round(min(max(share, 0.0), 1.0) * 100, 3)

    def ticks(self) -> tuple[Tick, ...]:
        """Return at most seven marks at round distances from the start."""
        long_enough = (step for step in _STEPS if self.seconds / step <= _MOST_TICKS)
        step = next(long_enough, _DAY * math.ceil(self.seconds / _DAY / _MOST_TICKS))
        marks = range(int(self.seconds / step) + 1)
        return tuple(
            Tick(round(mark * step / self.seconds * 100, 3), duration(mark * step)) for mark in marks
        )


_ITERATION = "iteration"
_LONG = 60  # bars; with more of them, iterations that went well are folded
_WELL = {Outcome.SUCCEEDED, Outcome.CACHED}


@dataclass(frozen=True, slots=True)
class Bar:
    """A line of the timeline; places are in per cent of the axis."""

    name: str
    kind: str
    outcome: Outcome
    attempts: int
    left: float
    width: float
    took: str
    title: str
    bars: tuple[Bar, ...] = ()
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class Timeline:
    """All bars, their axis, and how many states and steps have none."""

    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    started: datetime
    took: str
    left_out: int


@dataclass(frozen=True, slots=True)
class _Group:
    """A bar that holds others: an iteration, or an execution."""

    name: str
    kind: str
    outcome: Outcome
    started: datetime
    ended: datetime | None


def timeline(trace: Trace, now: datetime, most: int) -> Timeline | None:
    """Lay out an execution and all within it; None while nothing has started.

    Running bars end now. At most so many states and steps have bars; those that succeeded are left out first.
    """
    everything = [span for part in trace.walk() for span in part.spans]
    times = [part.started for part in trace.walk() if part.started] + [span.started for span in everything]
    if not times:
        return None
    ends = [*(part.ended or now for part in trace.walk()), *(span.ended or now for span in everything)]
    layout = _Layout(Axis(min(times), max(ends)), now, shown_spans(everything, most))
    return Timeline(
        (layout.execution(trace),),
        layout.axis.ticks(),
        layout.axis.start,
        duration(layout.axis.seconds),
        len(everything) - len(layout.shown),
    )


def shown_spans(spans: Sequence[Span], most: int) -> set[int]:
    """Choose the spans to show where not all can be: those that did not succeed first.

    Returns their identities, because two spans can be equal.
    """
    if len(spans) <= most:
        return set(map(id, spans))
    troubled = [span for span in spans if span.outcome not in _WELL]
    others = [span for span in spans if span.outcome in _WELL]
    return set(map(id, [*troubled, *others][:most]))


@dataclass(frozen=True, slots=True)
class _Layout:
    """How bars are made: on this axis, of these spans."""

    axis: Axis
    now: datetime
    shown: set[int]

    @property
    def is_long(self) -> bool:
        """Whether there are more bars than people read."""
        return len(self.shown) > _LONG

    def execution(self, trace: Trace) -> Bar:
        """Make the bar of an execution, with those of all within it."""
        spans = [span for span in trace.spans if id(span) in self.shown]
        at_home = {span.resource_arn for span in spans}
        children: defaultdict[str, list[Trace]] = defaultdict(list)
        for child in trace.children:
            children[child.arn].append(child)
        bars = list(self._branch(spans, (), children))
        bars += [self.execution(child) for child in trace.children if child.arn not in at_home]
        # Of executions that never started there is nothing to draw but their name.
        started = trace.started or min((span.started for span in spans), default=self.axis.start)
        ended = trace.ended or (self.now if trace.outcome is Outcome.RUNNING else started)
        group = _Group(f"{trace.subject} / {trace.name}", str(trace.kind), trace.outcome, started, ended)
        return self._bar(group, tuple(bars))

    def _branch(
        self, spans: Sequence[Span], branch: tuple[str, ...], children: dict[str, list[Trace]]
    ) -> Iterator[Bar]:
        """Make the bars of what is directly in a branch, with iterations of a Map below the Map."""
        depth = len(branch)
        inner: defaultdict[str, list[Span]] = defaultdict(list)
        for span in spans:
            if len(span.branch) > depth:
                inner[span.branch[depth]].append(span)
        waiting = dict(sorted(inner.items(), key=lambda item: _natural(item[0])))
        for span in (span for span in spans if len(span.branch) == depth):
            own = [name for name in waiting if _map_of(name) == span.name and _within(waiting[name], span)]
            below = [self._iteration(name, waiting.pop(name), branch, children) for name in own]
            below += [self.execution(child) for child in children.pop(span.resource_arn, [])]
            yield self._bar(span, tuple(below))
        for name, rest in waiting.items():  # the Map itself is not known, or not shown
            yield self._iteration(name, rest, branch, children)

    def _iteration(
        self, name: str, spans: Sequence[Span], branch: tuple[str, ...], children: dict[str, list[Trace]]
    ) -> Bar:
        ends = [span.ended for span in spans]
        known = [end for end in ends if end is not None]
        group = _Group(
            name,
            _ITERATION,
            _together(spans),
            min(span.started for span in spans),
            max(known) if len(known) == len(ends) else None,
        )
        return self._bar(group, tuple(self._branch(spans, (*branch, name), children)))

    def _bar(self, what: Span | _Group, below: tuple[Bar, ...]) -> Bar:
        ended = what.ended or self.now
        left = self.axis.place(what.started)
        took = duration((ended - what.started).total_seconds())
        attempts = what.attempts if isinstance(what, Span) else 1
        told = [
            f"{what.name} ({what.kind}): {OUTCOMES[what.outcome]}",
            f"{clock_time(what.started)}, {took}{'' if what.ended else ' so far'}",
            *([f"{attempts} attempts"] if attempts > 1 else []),
        ]
        is_quiet = self.is_long and what.kind == _ITERATION and what.outcome in _WELL
        return Bar(
            what.name,
            what.kind,
            what.outcome,
            attempts,
            left,
            round(self.axis.place(ended) - left, 3),
            took,
            "\n".join(told),
            below,
            is_open=not is_quiet,
        )


def _together(spans: Sequence[Span]) -> Outcome:
    """Say how an iteration stands: as its last state does, unless something was caught before."""
    outcomes = [span.outcome for span in spans]
    if Outcome.RUNNING in outcomes:
        return Outcome.RUNNING
    depth = min(len(span.branch) for span in spans)
    last = next(span.outcome for span in reversed(spans) if len(span.branch) == depth)
    return Outcome.CAUGHT if last in _WELL and Outcome.CAUGHT in outcomes else last


def _map_of(iteration: str) -> str:
    """Return the Map that an iteration is of: `Train each[0]` is of `Train each`."""
    return iteration.rpartition("[")[0]


def _within(spans: Sequence[Span], around: Span) -> bool:
    """Tell whether spans started within another: a Map can be entered again."""
    return around.started <= spans[0].started and (around.ended is None or spans[0].started <= around.ended)


def _natural(iteration: str) -> tuple[str, int]:
    """Order iterations by their number, not by its digits."""
    name, _, index = iteration.removesuffix("]").rpartition("[")
    return (name, int(index)) if index.isdecimal() else (iteration, 0)
