"""How each node of a graph ended in one execution, and which edges the execution took. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from driver.executions.trace import Outcome, Span, Trace
from driver.host.wording import describe_seconds
from driver.inspection.graph.definitions import graph_of
from driver.inspection.graph.graph import START, Edge, EdgeKind, Graph

_INSTANT = 0.05  # s: what would be written as 0.0
# The outcome of several entries into one state: the first of these that is among theirs.
_WEIGHT = (
    Outcome.RUNNING,
    Outcome.FAILED,
    Outcome.STOPPED,
    Outcome.CAUGHT,
    Outcome.SUCCEEDED,
    Outcome.CACHED,
)


@dataclass(frozen=True, slots=True)
class Ran:
    """How one state or step ended; each iteration of a Map enters the states in it once more."""

    outcome: Outcome  # of several entries, the one that matters most
    counts: tuple[tuple[Outcome, int], ...]
    seconds: float | None  # of all entries together; None while one has not ended
    attempts: int  # retries included
    reason: str  # of the first that failed

    @property
    def entries(self) -> int:
        """How many times the execution entered it."""
        return sum(number for _, number in self.counts)

    @property
    def words(self) -> str:
        """How it ended, such as `succeeded` or `3 succeeded, 1 failed`."""
        if self.entries == 1:
            return self.outcome
        return ", ".join(f"{number} {outcome}" for outcome, number in self.counts)

    @property
    def duration(self) -> str:
        """How long it took, in words; empty while it runs, and where it took no time."""
        if self.seconds is None or self.seconds < _INSTANT:
            return ""
        return f"{describe_seconds(self.seconds)}{' in all' if self.entries > 1 else ''}"

    @property
    def retries(self) -> str:
        """How many times it was tried, if more than once, in words."""
        return f"{self.attempts} attempts" if self.attempts > self.entries else ""


@dataclass(frozen=True, slots=True)
class Runs:
    """One execution beside a graph: the states or steps that it entered, by name, and the edges it took."""

    title: str
    by_name: Mapping[str, Ran]
    taken: frozenset[Edge]


def runs_of(trace: Trace) -> Runs:
    """Sum up an execution; those nested in it are executions of their own."""
    spans: dict[str, list[Span]] = defaultdict(list)
    for span in trace.spans:
        spans[span.name].append(span)
    by_name = {name: _sum_up(entries) for name, entries in spans.items()}
    graph = graph_of(trace.subject, trace.definition)
    return Runs(f"{trace.name}: {trace.summary}", by_name, frozenset(_taken(graph, trace.spans, by_name)))


def _sum_up(spans: Sequence[Span]) -> Ran:
    counted = Counter(span.outcome for span in spans)
    took = [(span.ended - span.started).total_seconds() if span.ended else None for span in spans]
    known = [seconds for seconds in took if seconds is not None]
    return Ran(
        outcome=next(outcome for outcome in _WEIGHT if outcome in counted),
        counts=tuple((outcome, counted[outcome]) for outcome in Outcome if outcome in counted),
        seconds=sum(known) if len(known) == len(took) else None,
        attempts=sum(span.attempts for span in spans),
        reason=next((span.reason for span in spans if span.reason), ""),
    )


def _taken(graph: Graph, spans: Iterable[Span], ran: Mapping[str, Ran]) -> Iterator[Edge]:
    followed = set(_followed(graph, spans))
    for edge in graph.edges:
        source, target = graph.by_id[edge.source], graph.by_id[edge.target]
        match edge.kind:
            case EdgeKind.START:
                is_taken = target.name in ran
            case EdgeKind.END:
                counts = ran[source.name].counts if source.name in ran else ()
                is_taken = Outcome.SUCCEEDED in dict(counts)
            case EdgeKind.NEXT | EdgeKind.CATCH:
                is_taken = (source.name, target.name, edge.kind is EdgeKind.CATCH) in followed
            case EdgeKind.CHOICE | EdgeKind.DEFAULT if graph.branches("")[0][0].type == START:
                is_taken = (source.name, target.name, False) in followed
            case _:
                is_taken = source.name in ran and target.name in ran
        if is_taken:
            yield edge


def _followed(graph: Graph, spans: Iterable[Span]) -> Iterator[tuple[str, str, bool]]:
    """Find which state followed which, and whether it was by a Catch.

    Of the states that a state may lead to, the one that was entered next did follow it: each iteration of a
    Map is looked at alone, and the branches of a Parallel have no state in common.
    """
    successors = {
        node.name: {graph.by_id[edge.target].name for edge in graph.ways_from(node.id)}
        for node in graph.states()
    }
    iterations: dict[tuple[str, ...], list[Span]] = defaultdict(list)
    for span in spans:
        iterations[span.branch].append(span)
    for iteration in iterations.values():
        entered: dict[str, int] = {}
        for index in range(len(iteration) - 1, -1, -1):
            span = iteration[index]
            following = [name for name in successors.get(span.name, ()) if name in entered]
            if following and span.outcome in {Outcome.SUCCEEDED, Outcome.CAUGHT}:
                target = min(following, key=entered.__getitem__)
                yield span.name, target, span.outcome is Outcome.CAUGHT
            entered[span.name] = index
