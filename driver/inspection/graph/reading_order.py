"""The states of a graph in reading order, with the branches and where they meet again. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from driver.inspection.graph.graph import END, Edge, EdgeKind, Graph, Node, leaving_order

_SIDEWAYS = {EdgeKind.CHOICE, EdgeKind.DEFAULT, EdgeKind.CATCH}


@dataclass(slots=True)
class Entry:
    """A line of the tree, and what is indented below it."""

    node: Node | None = None  # None for the line of a branch
    label: str = ""  # of a branch: the condition, the errors, or which branch of a Parallel it is
    kind: EdgeKind | None = None  # of a branch: why it is taken; None for a Parallel's
    is_again: bool = False  # the node has its line somewhere else, and this one only points there
    entries: list[Entry] = field(default_factory=list)


def read_states(graph: Graph) -> list[Entry]:
    """Bring a state machine's states into the order of an execution.

    Where the branches of a Choice meet again, the state where they do is read after them, at their Choice's
    own level; every state has one line, and what leads to it from elsewhere points there.
    """
    return _Reader(graph).scope("")


class _Reader:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._read: set[str] = set()

    def scope(self, parent: str) -> list[Entry]:
        branches = self._graph.branches(parent)
        read = [self._branch(nodes) for nodes in branches]
        if len(read) == 1:
            return read[0]
        return [Entry(label=f"branch {number}", entries=entries) for number, entries in enumerate(read, 1)]

    def _branch(self, nodes: Sequence[Node]) -> list[Entry]:
        meetings = _Meetings(self._graph, nodes)
        entries: list[Entry] = []
        # The start comes first; what it does not lead to is read after that.
        for node in nodes:
            if node.is_mark:
                for way in self._graph.ways_from(node.id):
                    entries += self._chain(way.target, frozenset(), meetings)
            elif node.id not in self._read and entries:
                entries += self._chain(node.id, frozenset(), meetings)
        return entries

    def _chain(self, first: str, until: frozenset[str], meetings: _Meetings) -> list[Entry]:
        """Read one state after the other, up to where something else goes on."""
        entries: list[Entry] = []
        current: str | None = first
        while current is not None and current not in until:
            node = self._graph.by_id[current]
            if node.type == END:
                break
            if current in self._read:
                entries.append(Entry(node, is_again=True))
                break
            self._read.add(current)
            entry = Entry(node)
            entries.append(entry)
            if self._graph.branches(current):
                entry.entries += self.scope(current)
            ways = self._graph.ways_from(current)
            following = next((way.target for way in ways if way.kind not in _SIDEWAYS), None)
            meeting = following or meetings.of(current)
            stop = until | {meeting} if meeting else until
            entry.entries += list(self._sideways(ways, stop, meetings))
            current = meeting
        return entries

    def _sideways(self, ways: Sequence[Edge], until: frozenset[str], meetings: _Meetings) -> Iterator[Entry]:
        """Read the branches of a Choice, and what is done about errors."""
        targets: dict[tuple[str, bool], list[Edge]] = {}
        for way in ways:
            if way.kind in _SIDEWAYS:
                targets.setdefault((way.target, way.kind is EdgeKind.CATCH), []).append(way)
        for (target, _), along in targets.items():
            label = ", or ".join(dict.fromkeys(way.label for way in along))
            inner = self._chain(target, until, meetings)
            # An empty branch goes straight to where the others come, too.
            inner = inner or [Entry(self._graph.by_id[target], is_again=True)]
            yield Entry(label=label, kind=along[0].kind, entries=inner)


class _Meetings:
    """Knows for each Choice of a scope where all of its branches come together, if they do.

    It is the nearest state that every way from the Choice to an end goes through, but for errors and loops.
    """

    def __init__(self, graph: Graph, nodes: Sequence[Node]) -> None:
        self._graph = graph
        order = leaving_order((node.id for node in nodes), lambda name: _ahead(graph, name))
        number = {name: place for place, name in enumerate(order)}
        # Every state after a node, ends included, that all ways from it go through.
        through: dict[str, frozenset[str]] = {}
        for name in order:
            ahead = [target for target in _ahead(graph, name) if number[target] < number[name]]
            sets = [through[target] | {target} for target in ahead]
            through[name] = frozenset.intersection(*sets) if sets else frozenset()
        self._through = through
        self._number = number

    def of(self, choice: str) -> str | None:
        """Return where the branches of a Choice meet; None where they do not, before the end."""
        if len(_ahead(self._graph, choice)) < 2:
            return None
        common = self._through.get(choice, frozenset())
        found = max(common, key=self._number.__getitem__, default=None)
        return found if found and self._graph.by_id[found].type != END else None


def _ahead(graph: Graph, node: str) -> list[str]:
    return [way.target for way in graph.ways_from(node) if way.kind is not EdgeKind.CATCH]
