"""A graph, and what became of it, in the JSON document of `invoke graph --json`. Pure."""

from __future__ import annotations

from driver.inspection.graph.graph import Graph, Node
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
