"""The graph of lineage entities: who is associated with whom, and what a query finds; pure."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Association:
    """A directed edge between two entities, which are given by their ARNs."""

    source: str
    destination: str
    type: str | None
    created: datetime
    created_by: Mapping[str, object] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Entity:
    """A vertex: an action, an artifact, a context or a trial component."""

    arn: str
    lineage_type: str
    type: str | None
    created: datetime
    modified: datetime
    properties: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Query:
    """Where a query starts, and how far it goes.

    - `starts`: ARNs; of all entities, where there is none.
    - `direction`: ``Ascendants``, ``Descendants`` or ``Both``.
    - `includes_edges`: whether what lies between the start and a found entity is given, too.
    """

    starts: tuple[str, ...]
    direction: str
    depth: int
    includes_edges: bool


def is_linked(arn: str, pairs: Iterable[tuple[str, str]]) -> bool:
    """Tell whether an entity has associations."""
    return any(arn in pair for pair in pairs)


def found(
    query: Query,
    entities: Mapping[str, Entity],
    associations: Sequence[Association],
    passes: Callable[[Entity], bool],
) -> tuple[list[Entity], list[Association]]:
    """Find the entities that pass, and the associations on the ways to them."""
    if not query.starts:
        chosen = {arn for arn, entity in entities.items() if passes(entity)}
        between = [one for one in associations if {one.source, one.destination} <= chosen]
        return [entities[arn] for arn in chosen], between if query.includes_edges else []
    reached: set[str] = set()
    edges: dict[tuple[str, str], Association] = {}
    for is_forward in (False, True):
        if query.direction != ("Ascendants" if is_forward else "Descendants"):
            arns, ways = _walk(query, associations, is_forward, lambda arn: _is_match(arn, entities, passes))
            reached |= arns
            edges |= {(way.source, way.destination): way for way in ways}
    if not query.includes_edges:
        edges = {}
    on_ways = {arn for pair in edges for arn in pair}
    return [entities[arn] for arn in (reached | on_ways) & entities.keys()], list(edges.values())


def _is_match(arn: str, entities: Mapping[str, Entity], passes: Callable[[Entity], bool]) -> bool:
    return arn in entities and passes(entities[arn])


def _walk(
    query: Query, associations: Sequence[Association], is_forward: bool, matches: Callable[[str], bool]
) -> tuple[set[str], set[Association]]:
    """Go from the starts along the associations; give what matches, and those on the ways to it."""
    onward: dict[str, list[tuple[str, Association]]] = {}
    for one in associations:
        here, there = (one.source, one.destination) if is_forward else (one.destination, one.source)
        onward.setdefault(here, []).append((there, one))
    distance = dict.fromkeys(query.starts, 0)
    waiting, walked = deque(query.starts), list[tuple[str, str, Association]]()
    while waiting:
        here = waiting.popleft()
        if distance[here] == query.depth:
            continue
        for there, one in onward.get(here, ()):
            walked.append((here, there, one))
            if there not in distance:
                distance[there] = distance[here] + 1
                waiting.append(there)
    matched = {arn for arn in distance if arn not in query.starts and matches(arn)}
    return matched, _on_ways(matched, walked)


def _on_ways(matched: Collection[str], walked: Sequence[tuple[str, str, Association]]) -> set[Association]:
    """Give the associations that lead to what matched: walked back from there."""
    backward: dict[str, list[tuple[str, Association]]] = {}
    for here, there, one in walked:
        backward.setdefault(there, []).append((here, one))
    known, waiting, ways = set(matched), deque(matched), set[Association]()
    while waiting:
        for here, one in backward.get(waiting.popleft(), ()):
            ways.add(one)
            if here not in known:
                known.add(here)
                waiting.append(here)
    return ways
