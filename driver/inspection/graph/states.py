"""From a state machine's definition, in the Amazon States Language, to its graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from driver.inspection.graph.conditions import describe_rule
from driver.inspection.graph.graph import END, START, Edge, EdgeKind, Graph, Ids, Node

KIND = "state machine"
_INTEGRATION = "arn:aws:states:::"
_SECONDS = ("Seconds", "SecondsPath", "Timestamp", "TimestampPath")


def state_machine_graph(subject: str, definition: Mapping[str, object]) -> Graph:
    """Read the graph of a state machine.

    A `Next` that names no state of its scope, which AWS does not accept, leads nowhere.
    """
    reader = _Reader()
    reader.read(definition, parent="", branch=0)
    return Graph(subject, KIND, tuple(reader.nodes), tuple(reader.edges))


class _Reader:
    """Collects nodes and edges, those within containers too."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self._ids = Ids()

    def read(self, machine: Mapping[str, Any], parent: str, branch: int) -> None:
        states: Mapping[str, Mapping[str, Any]] = machine.get("States", {})
        ids = {name: self._ids.give(name) for name in states}
        start, end = self._ids.give(START), self._ids.give(END)
        self.nodes.append(Node(start, START, START, parent, branch))
        self._add(start, ids.get(str(machine.get("StartAt"))), EdgeKind.START)
        for name, state in states.items():
            kind = str(state.get("Type", ""))
            self.nodes.append(Node(ids[name], name, kind, parent, branch, _detail(state)))
            for target, edge_kind, label in _ways(state):
                self._add(ids[name], ids.get(target), edge_kind, label)
            if state.get("End") is True or kind == "Succeed":
                self._add(ids[name], end, EdgeKind.END)
            for number, inner in enumerate(_inner_machines(state)):
                self.read(inner, ids[name], number)
        if any(edge.target == end for edge in self.edges):
            self.nodes.append(Node(end, END, END, parent, branch))

    def _add(self, source: str, target: str | None, kind: EdgeKind, label: str = "") -> None:
        if target is not None:
            self.edges.append(Edge(source, target, kind, label))


def _ways(state: Mapping[str, Any]) -> Iterator[tuple[str, EdgeKind, str]]:
    """Go through where a state may lead: target, kind, label."""
    if "Next" in state:
        yield str(state["Next"]), EdgeKind.NEXT, ""
    for rule in state.get("Choices", ()):
        yield str(rule.get("Next")), EdgeKind.CHOICE, describe_rule(rule)
    if "Default" in state:
        yield str(state["Default"]), EdgeKind.DEFAULT, "otherwise"
    for catcher in state.get("Catch", ()):
        yield str(catcher.get("Next")), EdgeKind.CATCH, ", ".join(catcher.get("ErrorEquals", ()))


def _inner_machines(state: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the state machines in a Parallel or Map, whose `ItemProcessor` was once called `Iterator`."""
    if state.get("Type") == "Parallel":
        return tuple(state.get("Branches", ()))
    inner = state.get("ItemProcessor", state.get("Iterator")) if state.get("Type") == "Map" else None
    return (inner,) if inner is not None else ()


def _detail(state: Mapping[str, Any]) -> str:
    """Write in short what a state does."""
    match state.get("Type"):
        case "Task":
            return _describe_resource(state)
        case "Wait":
            given = next((state[name] for name in _SECONDS if name in state), "")
            return f"{given} s" if isinstance(given, int) else str(given)
        case "Fail":
            return str(state.get("Error", ""))
        case "Map":
            mode = state.get("ItemProcessor", {}).get("ProcessorConfig", {}).get("Mode", "INLINE")
            most = state.get("MaxConcurrency", 0)
            limit = f"{most} at a time" if isinstance(most, int) and most else ""
            return ", ".join(filter(None, (limit, "distributed" if mode == "DISTRIBUTED" else "")))
    return ""


def _describe_resource(state: Mapping[str, Any]) -> str:
    """Shorten the ARN of an integration, a function or an activity to what tells it from others."""
    resource = str(state.get("Resource", ""))
    if resource.startswith(_INTEGRATION):
        return resource.removeprefix(_INTEGRATION)
    parts = resource.split(":", 5)
    return f"{parts[2]} {parts[5].partition(':')[2]}" if len(parts) == 6 else resource
