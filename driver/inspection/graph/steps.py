"""From a SageMaker pipeline's definition to its graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from driver.inspection.graph.conditions import describe_conditions
from driver.inspection.graph.graph import Edge, EdgeKind, Graph, Ids, Node

KIND = "pipeline"
_CONDITION = "Condition"
_STEPS = "Steps."


def pipeline_graph(subject: str, definition: Mapping[str, object]) -> Graph:
    """Read the graph of a pipeline.

    A step waits for those it names in DependsOn, for those whose properties it refers to, and, in a branch,
    for its Condition step. A step that does not exist, which AWS does not accept, is left out.
    """
    ids = Ids()
    placed = list(_placed(definition.get("Steps"), None))
    nodes = {
        name: Node(ids.give(name), name, str(step.get("Type", "")), detail=_detail(step))
        for step, _ in placed
        if (name := str(step.get("Name", "")))
    }
    edges: list[Edge] = []
    for step, way in placed:
        name = str(step.get("Name", ""))
        waits_for = _waits_for(step)
        if way is not None:
            # What waits for another step of its branch waits for the Condition step by way of that.
            inside = {str(other.get("Name")) for other, its_way in placed if its_way == way}
            if inside.isdisjoint(waits_for):
                edges.append(Edge(way.source, name, way.kind, way.label))
            waits_for.pop(way.source, None)
        edges += [Edge(other, name, kind) for other, kind in waits_for.items() if other in nodes]
    return Graph(subject, KIND, tuple(nodes.values()), tuple(edges))


def _placed(steps: object, way: Edge | None) -> Iterator[tuple[Mapping[str, Any], Edge | None]]:
    """Go through all steps, each with the way from the Condition step whose branch it is in."""
    for step in steps if isinstance(steps, Sequence) else ():
        yield step, way
        if step.get("Type") == _CONDITION:
            name, arguments = str(step.get("Name", "")), step.get("Arguments", {})
            yield from _placed(arguments.get("IfSteps"), Edge(name, "", EdgeKind.CHOICE, "true"))
            yield from _placed(arguments.get("ElseSteps"), Edge(name, "", EdgeKind.DEFAULT, "false"))


def _waits_for(step: Mapping[str, Any]) -> dict[str, EdgeKind]:
    """Find the steps that one waits for, those it names first."""
    own = dict(step)
    if step.get("Type") == _CONDITION:
        # What its branches refer to, they wait for themselves.
        own["Arguments"] = step.get("Arguments", {}).get("Conditions", ())
    named = {str(name): EdgeKind.DEPENDS_ON for name in step.get("DependsOn", ())}
    referred = {name: EdgeKind.REFERENCE for name in _references(own) if name not in named}
    return {name: kind for name, kind in (named | referred).items() if name != step.get("Name")}


def _references(value: object) -> Iterator[str]:
    """Find the steps in `{"Get": "Steps.X.…"}`, however deep, in the order they stand there."""
    if isinstance(value, Mapping):
        reference = value.get("Get")
        if isinstance(reference, str) and reference.startswith(_STEPS):
            yield reference.removeprefix(_STEPS).partition(".")[0].partition("[")[0]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for inner in value:
            yield from _references(inner)


def _detail(step: Mapping[str, Any]) -> str:
    arguments = step.get("Arguments")
    if step.get("Type") == _CONDITION and isinstance(arguments, Mapping):
        return describe_conditions(arguments.get("Conditions", ()))
    return ""
