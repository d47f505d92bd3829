"""What is written in each box and on each edge, and how large that makes them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from driver.inspection.graph.graph import Edge, Node
from driver.inspection.graph.runs import Ran, Runs
from driver.inspection.graph.text import LINE, width, wrap

NAME = 14.0  # px, the sizes of the fonts
SMALL = 11.0
MARK = 13.0  # px, the mark of an outcome, with the room after it
PAD_X, PAD_Y = 14.0, 10.0
MARK_SIZE = (50.0, 22.0)  # px, of the marks where a state machine starts and ends

_NARROWEST = 112.0
_WIDEST = 250.0  # px of text in a box
_LABEL = 200.0  # px of text on a line
_LABEL_LINES = 4
_MOST_LABELS = 4  # of lines that lead from one box to the same other box


@dataclass(frozen=True, slots=True)
class Content:
    """The lines in a box."""

    name: tuple[str, ...]
    small: tuple[str, ...]  # what it is and does
    status: tuple[str, ...]  # how it ended, behind a mark; none where no execution came to it

    @property
    def width(self) -> float:
        """How wide the box must be."""
        widths = [width(line, NAME) for line in self.name] + [width(line, SMALL) for line in self.small]
        widths += [width(line, SMALL) + MARK for line in self.status]
        return max(_NARROWEST, max(widths) + 2 * PAD_X)

    @property
    def height(self) -> float:
        """How high the box must be."""
        small = len(self.small) + len(self.status)
        return 2 * PAD_Y + LINE * (NAME * len(self.name) + SMALL * small)


def content_of(node: Node, runs: Runs | None) -> Content:
    """Decide what to write in a node's box."""
    ran = runs.by_name.get(node.name) if runs else None
    return Content(
        name=wrap(node.name, NAME, _WIDEST, 2),
        small=wrap(_small(node), SMALL, _WIDEST, 2),
        status=wrap(status_of(ran), SMALL, _WIDEST - MARK, 2) if ran else (),
    )


def _small(node: Node) -> str:
    """Write what a node is and does; a Task is called by what it calls."""
    if node.detail and node.type == "Task":
        return node.detail
    return f"{node.type}: {node.detail}" if node.detail else node.type


def status_of(ran: Ran) -> str:
    """Write how a state or step ended and how long it took."""
    return ", ".join(filter(None, (ran.words, ran.retries, ran.duration)))


@dataclass(frozen=True, slots=True)
class Label:
    """What is written on a line from one box to another."""

    lines: tuple[str, ...]

    @property
    def width(self) -> float:
        """How wide it is."""
        return max(width(line, SMALL) for line in self.lines) + 12

    @property
    def height(self) -> float:
        """How high it is."""
        return LINE * SMALL * len(self.lines) + 4


def label_of(edges: Sequence[Edge]) -> Label | None:
    """Decide what to write on the line that stands for some edges; nothing if they have no labels."""
    texts = list(dict.fromkeys(edge.label for edge in edges if edge.label))
    if not texts:
        return None
    if len(texts) == 1:
        return Label(wrap(texts[0], SMALL, _LABEL, _LABEL_LINES))
    shown = texts if len(texts) <= _MOST_LABELS else texts[: _MOST_LABELS - 1]
    lines = [wrap(text, SMALL, _LABEL, 1)[0] for text in shown]
    rest = len(texts) - len(shown)
    return Label((*lines, f"or {rest} more") if rest else tuple(lines))
