"""A graph, and what became of it, as the JSON document of `invoke graph --json`, and back again. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from driver.executions.trace import Outcome
from driver.inspection.graph.graph import Edge, EdgeKind, Graph, Node
from driver.inspection.graph.runs import Ran, Runs


def describe_nodes(graph: Graph, runs: Runs | None) -> list[dict[str, object]]:
    """Write the nodes as driver/commands/schemas/graph.schema.json has them."""
    return [_node(node, runs.by_name.get(node.name) if runs else None) for node in graph.nodes]


def describe_edges(graph: Graph, runs: Runs | None) -> list[dict[str, object]]:
    """Write the edges as driver/commands/schemas/graph.schema.json has them."""
    return [
        {
            "from": edge.source,
            "to": edge.target,
            "kind": str(edge.kind),
            "label": edge.label,
            "taken": edge in runs.taken if runs else None,
        }
        for edge in graph.edges
    ]


def _node(node: Node, ran: Ran | None) -> dict[str, object]:
    return {
        "id": node.id,
        "name": node.name,
        "type": node.type,
        "parent": node.parent or None,
        "branch": node.branch,
        "detail": node.detail,
        "outcome": str(ran.outcome) if ran else None,
        "counts": {str(outcome): number for outcome, number in ran.counts} if ran else {},
        "seconds": ran.seconds if ran else None,
        "attempts": ran.attempts if ran else 0,
        "reason": ran.reason if ran else "",
    }


def read_graph(document: Mapping[str, Any]) -> Graph:
    """Read the graph from a document of `invoke graph`."""
    nodes = [
        Node(node["id"], node["name"], node["type"], node["parent"] or "", node["branch"], node["detail"])
        for node in document["nodes"]
    ]
    edges = [_edge(edge) for edge in document["edges"]]
    return Graph(document["subject"], document["kind"], tuple(nodes), tuple(edges))


def read_runs(document: Mapping[str, Any]) -> Runs | None:
    """Read what became of the graph from a document of `invoke graph`; None if it names no execution."""
    execution = document["execution"]
    if execution is None:
        return None
    by_name = {
        node["name"]: Ran(
            Outcome(node["outcome"]),
            tuple((Outcome(outcome), number) for outcome, number in node["counts"].items()),
            node["seconds"],
            node["attempts"],
            node["reason"],
        )
        for node in document["nodes"]
        if node["outcome"] is not None
    }
    taken = frozenset(_edge(edge) for edge in document["edges"] if edge["taken"])
    return Runs(execution["title"], by_name, taken)


def _edge(edge: Mapping[str, Any]) -> Edge:
    return Edge(edge["from"], edge["to"], EdgeKind(edge["kind"]), edge["label"])
