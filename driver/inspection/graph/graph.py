"""The states or steps of one definition, and the edges between them. Pure values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

START = "Start"
END = "End"


class EdgeKind(StrEnum):
    """Why one state or step comes after another."""

    START = "start"  # from the start mark to the state that StartAt names
    NEXT = "next"
    CHOICE = "choice"  # a rule of a Choice state holds, or a Condition step is true
    DEFAULT = "default"  # none of the rules holds, or a Condition step is false
    CATCH = "catch"
    END = "end"
    DEPENDS_ON = "depends-on"  # a step names the other in DependsOn
    REFERENCE = "reference"  # a step refers to a property of the other


@dataclass(frozen=True, slots=True)
class Node:
    """A state, a step, or the mark where a state machine starts or ends."""

    id: str  # no other node of the graph has it
    name: str
    type: str  # AWS's word: Task, Choice, …, Lambda, Training, …; `Start` and `End` for the marks
    parent: str = ""  # the id of the Map or Parallel it is in; empty at the top
    branch: int = 0  # which of a Parallel's branches it is in, counted from 0
    detail: str = ""  # what it does, in short: the API a Task calls, how long a Wait waits

    @property
    def is_mark(self) -> bool:
        """Whether it is the start or the end, and no state."""
        return self.type in {START, END}


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge from one node to another, by their ids; both are in the same branch of the same parent."""

    source: str
    target: str
    kind: EdgeKind
    label: str = ""  # a condition, or the names of the errors that are caught, separated by commas


@dataclass(frozen=True)
class Graph:
    """One definition; nodes and edges in its order, a container before what is in it."""

    subject: str  # the name of the state machine or pipeline
    kind: str  # `state machine` or `pipeline`
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @cached_property
    def by_id(self) -> dict[str, Node]:
        """Every node by its id."""
        return {node.id: node for node in self.nodes}

    @cached_property
    def _scopes(self) -> dict[str, dict[int, list[Node]]]:
        scopes: dict[str, dict[int, list[Node]]] = {}
        for node in self.nodes:
            scopes.setdefault(node.parent, {}).setdefault(node.branch, []).append(node)
        return scopes

    @cached_property
    def _ways(self) -> dict[str, list[Edge]]:
        ways: dict[str, list[Edge]] = {}
        for edge in self.edges:
            ways.setdefault(edge.source, []).append(edge)
        return ways

    def branches(self, parent: str) -> list[list[Node]]:
        """Return what is in a container, a list for each of its branches; an empty id stands for the top."""
        return list(self._scopes.get(parent, {}).values())

    def ways_from(self, node: str) -> list[Edge]:
        """Return the edges that begin at a node, in the definition's order."""
        return self._ways.get(node, [])

    def targets(self, node: str) -> list[str]:
        """Return what a node leads to, in the definition's order."""
        return [edge.target for edge in self.ways_from(node)]

    def states(self) -> Iterator[Node]:
        """Go through the nodes that are no marks."""
        return (node for node in self.nodes if not node.is_mark)


class Ids:
    """Gives every node an id of its own: its name, or its name and a number."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def give(self, name: str) -> str:
        """Return an id that was not given before."""
        candidate, number = name, 2
        while candidate in self._given:
            candidate, number = f"{name} ({number})", number + 1
        self._given.add(candidate)
        return candidate


def leaving_order(roots: Iterable[str], targets: Callable[[str], Iterable[str]]) -> list[str]:
    """Bring the nodes that can be reached from some roots into the post-order of a depth-first search.

    Each node comes after all that it leads to, but for what leads back to it: an edge to a node that comes
    later closes a loop.
    """
    left: list[str] = []
    seen: set[str] = set()
    for root in roots:
        stack = [] if root in seen else [(root, iter(targets(root)))]
        seen.add(root)
        while stack:
            name, following = stack[-1]
            target = next((each for each in following if each not in seen), None)
            if target is None:
                left.append(name)
                stack.pop()
            else:
                seen.add(target)
                stack.append((target, iter(targets(target))))
    return left
