"""The colours of each role, light and dark: text has WCAG's AA, 4.5 to 1, on all that it stands on. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from driver.inspection.graph.scene import Role


@dataclass(frozen=True, slots=True)
class Colours:
    """What is filled, and what is drawn or written, as `#rrggbb`."""

    fill: str
    line: str


LIGHT: dict[Role, Colours] = {
    Role.SURFACE: Colours("#ffffff", "#ffffff"),
    Role.INK: Colours("#1c2330", "#1c2330"),
    Role.MUTED: Colours("#525c6b", "#525c6b"),
    Role.NODE: Colours("#f4f6f9", "#7d8797"),
    Role.CONTAINER: Colours("#fafbfc", "#7d8797"),
    Role.LINE: Colours("#7d8797", "#7d8797"),
    Role.CATCH: Colours("#9a5400", "#9a5400"),
    Role.TAKEN: Colours("#1c2330", "#1c2330"),
    Role.SUCCEEDED: Colours("#e6f4ea", "#15692d"),
    Role.FAILED: Colours("#fdeaea", "#b3201f"),
    Role.CAUGHT: Colours("#fff3dd", "#8a4b00"),
    Role.STOPPED: Colours("#f1ebfa", "#6236b0"),
    Role.RUNNING: Colours("#e6f0fd", "#0a57ae"),
    Role.CACHED: Colours("#e2f3f3", "#0b6062"),
    Role.IDLE: Colours("#ffffff", "#8b94a3"),
}
DARK: dict[Role, Colours] = {
    Role.SURFACE: Colours("#12161d", "#12161d"),
    Role.INK: Colours("#e8ecf2", "#e8ecf2"),
    Role.MUTED: Colours("#a9b3c1", "#a9b3c1"),
    Role.NODE: Colours("#1d232d", "#76839a"),
    Role.CONTAINER: Colours("#161b23", "#76839a"),
    Role.LINE: Colours("#76839a", "#76839a"),
    Role.CATCH: Colours("#e3a13a", "#e3a13a"),
    Role.TAKEN: Colours("#e8ecf2", "#e8ecf2"),
    Role.SUCCEEDED: Colours("#12301c", "#5fd07e"),
    Role.FAILED: Colours("#3b171a", "#ff8f87"),
    Role.CAUGHT: Colours("#35260c", "#eab04f"),
    Role.STOPPED: Colours("#291f40", "#bfa1f7"),
    Role.RUNNING: Colours("#102a4b", "#7cb8ff"),
    Role.CACHED: Colours("#0f2f30", "#5cc9c9"),
    Role.IDLE: Colours("#12161d", "#6c788c"),
}


def variables(role: Role) -> tuple[str, str]:
    """Name the CSS variables by which a page overrides what a role is filled and drawn with."""
    return f"--graph-{role}-fill", f"--graph-{role}-line"


VARIABLES = tuple(name for role in Role for name in variables(role))
