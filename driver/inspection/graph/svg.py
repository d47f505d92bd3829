"""Writing a scene as SVG: self-contained, in light and dark, and safe to put into an HTML page."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from xml.sax.saxutils import escape

from driver.inspection.graph.drawing import draw
from driver.inspection.graph.graph import Graph
from driver.inspection.graph.palette import DARK, LIGHT, Colours, variables
from driver.inspection.graph.runs import Runs
from driver.inspection.graph.scene import (
    Box,
    Circle,
    Group,
    Item,
    Line,
    Point,
    Role,
    Scene,
    Shape,
    Words,
    corners,
)

_FONTS = "system-ui, sans-serif"
# XML 1.0 has no way to write these at all.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def svg(graph: Graph, runs: Runs | None = None, *, prefix: str = "graph", is_titled: bool = True) -> str:
    """Draw a graph as one `svg` element, coloured by an execution if one is given.

    All its ids and classes begin with `prefix` (letters, digits and hyphens), which differs for each picture
    of a page. Its colours follow `prefers-color-scheme`, unless the page sets the CSS variables that
    driver.inspection.graph.palette names.
    """
    return write_svg(draw(graph, runs, is_titled=is_titled), prefix)


def write_svg(
    scene: Scene, prefix: str, colours: Mapping[Role, Colours] | None = None, fonts: str = _FONTS
) -> str:
    """Write a scene as one `svg` element: in these colours alone, or without any in light and dark."""
    width, height = math.ceil(scene.width), math.ceil(scene.height)
    begin = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{prefix}-picture" role="img" '
        f'aria-labelledby="{prefix}-title {prefix}-desc" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="{fonts}">'
    )
    title = f'<title id="{prefix}-title">{_text(scene.title)}</title>'
    description = f'<desc id="{prefix}-desc">{_text(scene.description)}</desc>'
    style = "" if colours else f"<style>{_style(prefix, sorted(set(_roles(scene.items))))}</style>"
    # The attributes with colours are for programs that do not know CSS variables: they get the light ones.
    items = (_written(item, prefix, colours or LIGHT) for item in scene.items)
    return "\n".join((begin, title, description, style, *items, "</svg>\n"))


def _style(prefix: str, roles: Iterable[Role]) -> str:
    """Give each role its colours: those of the page, or else the light or dark ones."""
    light: list[str] = []
    dark: list[str] = []
    rules: list[str] = []
    for role in roles:
        fill, line = variables(role)
        own_fill, own_line = f"--{prefix}-own-{role}-fill", f"--{prefix}-own-{role}-line"
        for found, colours in ((light, LIGHT[role]), (dark, DARK[role])):
            found.append(f"{own_fill}:var({fill},{colours.fill});{own_line}:var({line},{colours.line})")
        rules.append(
            f".{prefix}-{role}-box{{fill:var({own_fill});stroke:var({own_line})}}"
            f".{prefix}-{role}-plain{{fill:var({own_fill})}}"
            f".{prefix}-{role}-line{{stroke:var({own_line})}}"
            f".{prefix}-{role}-solid{{fill:var({own_line})}}"
        )
    picture = f".{prefix}-picture"
    return (
        f"{picture}{{{';'.join(light)}}}"
        f"@media (prefers-color-scheme:dark){{{picture}{{{';'.join(dark)}}}}}{''.join(rules)}"
    )


def _roles(items: Iterable[Item]) -> Iterator[Role]:
    for item in items:
        if isinstance(item, Group):
            yield from _roles(item.items)
        else:
            yield item.role


def _written(item: Item, prefix: str, colours: Mapping[Role, Colours]) -> str:
    if isinstance(item, Group):
        inner = "".join(_written(each, prefix, colours) for each in item.items)
        return f"<g><title>{_text(item.title)}</title>{inner}</g>"
    return _element(item, f'class="{prefix}-{item.role}', colours[item.role])


def _element(item: Box | Circle | Line | Shape | Words, begin: str, colours: Colours) -> str:
    """Write one shape; `begin` is its class as far as all shapes have it in common."""
    solid = f'{begin}-solid" fill="{colours.line}"'
    match item:
        case Box():
            outlined = f'{begin}-box" fill="{colours.fill}" stroke="{colours.line}" stroke-width="1.5"'
            style = outlined if item.is_outlined else f'{begin}-plain" fill="{colours.fill}"'
            place = f'x="{_n(item.x)}" y="{_n(item.y)}" width="{_n(item.width)}" height="{_n(item.height)}"'
            return f'<rect {style} {place} rx="{_n(item.radius)}"{_dashes(item)}/>'
        case Circle():
            ring = f'{begin}-line" fill="none" stroke="{colours.line}" stroke-width="1.5"'
            place = f'cx="{_n(item.x)}" cy="{_n(item.y)}" r="{_n(item.radius)}"'
            return f"<circle {solid if item.is_filled else ring} {place}/>"
        case Line():
            style = f'{begin}-line" fill="none" stroke="{colours.line}" stroke-width="{_n(item.width)}"'
            return f'<path {style} d="{_path(item)}"{_dashes(item)}/>'
        case Shape():
            points = " ".join(f"{_n(x)},{_n(y)}" for x, y in item.points)
            return f'<polygon {solid} points="{points}"/>'
        case Words():
            anchor = ' text-anchor="middle"' if item.is_centred else ""
            place = f'x="{_n(item.x)}" y="{_n(item.y)}" font-size="{_n(item.size)}"{anchor}'
            return f"<text {solid} {place}>{_text(item.text)}</text>"


def _path(line: Line) -> str:
    bends = "".join(
        f"L{_point(corner.enter)}Q{_point(corner.at)} {_point(corner.leave)}" for corner in corners(line)
    )
    return f"M{_point(line.points[0])}{bends}L{_point(line.points[-1])}"


def _point(point: Point) -> str:
    return f"{_n(point[0])} {_n(point[1])}"


def _dashes(item: Box | Line) -> str:
    return ' stroke-dasharray="5 4"' if item.is_dashed else ""


def _n(number: float) -> str:
    """Write a length, to a hundredth of a pixel."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


def _text(text: str) -> str:
    return escape(_UNWRITABLE.sub("\ufffd", text))
