"""The mark of each outcome, drawn, because fonts do not agree on the characters for them. Pure."""

from __future__ import annotations

from driver.pictures.scene import Circle, Item, Line, Role, Shape

_THICK = 1.8  # px


def mark_of(role: Role, x: float, y: float) -> tuple[Item, ...]:
    """Draw an outcome's mark, 8 px wide.

    Parameters
    ----------
    role
        The outcome's.
    x, y
        The mark's middle.
    """
    match role:
        case Role.SUCCEEDED:
            return (Line(((x - 4, y), (x - 1, y + 3), (x + 4, y - 3.5)), role, _THICK),)
        case Role.FAILED:
            down, up = ((x - 3.5, y - 3.5), (x + 3.5, y + 3.5)), ((x - 3.5, y + 3.5), (x + 3.5, y - 3.5))
            return Line(down, role, _THICK), Line(up, role, _THICK)
        case Role.CAUGHT:
            return (Shape(((x, y - 4), (x + 4.5, y + 4), (x - 4.5, y + 4)), role),)
        case Role.STOPPED:
            return (
                Shape(((x - 3.5, y - 3.5), (x + 3.5, y - 3.5), (x + 3.5, y + 3.5), (x - 3.5, y + 3.5)), role),
            )
        case Role.RUNNING:
            return (Shape(((x - 3, y - 4.5), (x + 4.5, y), (x - 3, y + 4.5)), role),)
        case _:
            return Circle(x, y, 3.8, role, is_filled=False), Circle(x, y, 1.4, role)
