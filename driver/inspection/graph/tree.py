"""A graph as a tree for the terminal, in the order of an execution."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text
from rich.tree import Tree

from driver.executions.view import MARKS
from driver.inspection.graph.content import status_of
from driver.inspection.graph.graph import Edge, EdgeKind, Graph, Node
from driver.inspection.graph.reading_order import Entry, read_states
from driver.inspection.graph.runs import Ran, Runs
from driver.inspection.graph.steps import KIND as PIPELINE

_IDLE = ("·", "dim")


def tree(graph: Graph, runs: Runs | None = None) -> Tree:
    """Draw a definition as a tree of rich, with the outcomes of an execution if there is one."""
    whole = Tree(Text(graph.subject, "bold"), guide_style="dim")
    if runs:
        whole.label = Text.assemble((graph.subject, "bold"), f"\n{runs.title}")
    if graph.kind == PIPELINE:
        for node in _by_dependency(graph):
            whole.add(_step_line(graph, node, runs))
    else:
        _hang(whole, read_states(graph), runs)
    return whole


def _hang(branch: Tree, entries: Iterable[Entry], runs: Runs | None) -> None:
    for entry in entries:
        if entry.node is None:
            line = _branch_line(entry)
            # A pointer alone stands on the line of its condition.
            if len(entry.entries) == 1 and entry.entries[0].is_again:
                line.append_text(Text(" ")).append_text(_again(entry.entries[0]))
                branch.add(line)
            else:
                _hang(branch.add(line), entry.entries, runs)
        elif entry.is_again:
            branch.add(_again(entry))
        else:
            _hang(branch.add(_line(entry.node, runs)), entry.entries, runs)


def _again(entry: Entry) -> Text:
    return Text(f"→ {entry.node.name if entry.node else ''}", "dim")


def _branch_line(entry: Entry) -> Text:
    match entry.kind:
        case EdgeKind.CATCH:
            return Text(f"on {entry.label}", "yellow")
        case EdgeKind.CHOICE:
            return Text(f"if {entry.label}", "cyan")
        case _:
            return Text(entry.label, "cyan")


def _line(node: Node, runs: Runs | None) -> Text:
    line = Text()
    ran = runs.by_name.get(node.name) if runs else None
    if runs:
        mark, style = MARKS[ran.outcome] if ran else _IDLE
        line.append(f"{mark} ", style)
    line.append(node.name, "" if ran or not runs else "dim")
    line.append(f" {node.type}{f' {node.detail}' if node.detail else ''}", "dim")
    if ran:
        line.append(f"  {status_of(ran)}", MARKS[ran.outcome][1])
        line.append(_reason(ran), MARKS[ran.outcome][1])
    return line


def _reason(ran: Ran) -> str:
    """Write the first line of why it failed, below it."""
    return f"\n{' '.join(ran.reason.splitlines()[0].split())}" if ran.reason else ""


def _step_line(graph: Graph, node: Node, runs: Runs | None) -> Text:
    line = _line(node, runs)
    before = [edge for edge in graph.edges if edge.target == node.id]
    if before:
        line.append(f"\nafter {', '.join(dict.fromkeys(_before(graph, edge) for edge in before))}", "dim")
    return line


def _before(graph: Graph, edge: Edge) -> str:
    is_branch = edge.kind in {EdgeKind.CHOICE, EdgeKind.DEFAULT}
    return f"{graph.by_id[edge.source].name}{f' is {edge.label}' if is_branch else ''}"


def _by_dependency(graph: Graph) -> list[Node]:
    """Bring steps into an order in which each comes after those it waits for, and as early as it can."""
    waiting = {
        node.id: {edge.source for edge in graph.edges if edge.target == node.id} for node in graph.nodes
    }
    ordered: list[Node] = []
    while waiting:
        # In a loop, which AWS does not accept, the definition's order decides.
        ready = [name for name, before in waiting.items() if not before & waiting.keys()] or [
            next(iter(waiting))
        ]
        ordered += [graph.by_id[name] for name in ready]
        for name in ready:
            del waiting[name]
    return ordered
