"""What notebooks show of the objects: HTML with a picture in it. Pure.

The colours are those of a light page on a white ground, which can be read in a dark notebook, too: there
`prefers-color-scheme` tells of the browser's colours, not of the notebook's.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from html import escape

from driver.executions.trace import Outcome, Trace
from driver.inspection.graph.drawing import draw
from driver.inspection.graph.graph import Graph
from driver.inspection.graph.palette import LIGHT
from driver.inspection.graph.runs import Runs
from driver.inspection.graph.scene import Role
from driver.inspection.graph.svg import write_svg

_STYLE = (
    f"background:{LIGHT[Role.SURFACE].fill};color:{LIGHT[Role.INK].line};"
    "padding:12px;overflow-x:auto;font-family:system-ui,sans-serif"
)
_ROLES = {outcome: Role(outcome.value) for outcome in Outcome}


def execution_page(name: str, trace: Trace, graph: Graph, runs: Runs, reason: str) -> str:
    """Show the status of an execution, why it failed, and its graph."""
    line = LIGHT[_ROLES[trace.outcome]].line
    status = f'<span style="color:{line};font-weight:600">{escape(trace.summary)}</span>'
    why = f'<pre style="white-space:pre-wrap;color:inherit">{escape(reason)}</pre>' if reason else ""
    return _page(f"Execution {name}", f"<div>{status}</div>{why}{_picture(graph, runs)}")


def graph_page(title: str, graph: Graph) -> str:
    """Show the graph of a pipeline or a state machine."""
    return _page(title, _picture(graph, None))


def project_page(title: str, rows: Sequence[tuple[str, str]], note: str = "") -> str:
    """Show names and values in rows, and a sentence below."""
    cells = "".join(
        f'<tr><th style="text-align:left">{escape(name)}</th><td style="text-align:left">{escape(value)}</td>'
        "</tr>"
        for name, value in rows
    )
    table = f'<table style="color:inherit">{cells}</table>' if rows else ""
    return _page(title, f"{table}<div>{escape(note)}</div>" if note else table)


def _page(title: str, body: str) -> str:
    return f'<div style="{_STYLE}"><div><b>{escape(title)}</b></div>{body}</div>'


def _picture(graph: Graph, runs: Runs | None) -> str:
    """Draw a graph; its ids are unique, because all pictures of a notebook are one page."""
    return write_svg(draw(graph, runs, is_titled=False), f"g{secrets.token_hex(4)}", LIGHT)
