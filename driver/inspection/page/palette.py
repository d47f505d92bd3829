"""The page's colours, light and dark, as CSS variables; outcomes have those of the graph. Pure.

Text keeps WCAG's AA (4.5 to 1) on what it stands on; tests/unit/driver/inspection/page/test_palette.py
measures it.
"""

from __future__ import annotations

from collections.abc import Mapping

from driver.inspection.graph.palette import DARK, LIGHT, Colours, variables
from driver.inspection.graph.scene import Role

_OUTCOMES = (Role.SUCCEEDED, Role.FAILED, Role.CAUGHT, Role.STOPPED, Role.RUNNING, Role.CACHED)
# What each variable is in light and in dark.
_OWN = {
    "page": ("#f5f6f8", "#12161d"),
    "card": ("#ffffff", "#1a2029"),
    "ink": ("#1c2330", "#e8ecf2"),
    "soft": ("#525c6b", "#a9b3c1"),
    "line": ("#dbe0e7", "#343d4b"),
    "line-soft": ("#eaedf1", "#272f3b"),
    "accent": ("#0a57ae", "#7cb8ff"),
    "code": ("#f0f2f6", "#232b37"),
    "shade": ("#1c233010", "#00000040"),
    "sea": ("#e2ecf5", "#16202c"),
    "land": ("#faf8f2", "#2b333d"),
    "coast": ("#90a3b7", "#5f7085"),
    "border": ("#bdb7a4", "#515b68"),
    "dot": ("#0a6ad0", "#6cb3ff"),
    "bad": ("#b3201f", "#ff8f87"),
}


def light() -> dict[str, str]:
    """Return the variables, without their two hyphens, of the light scheme."""
    return _scheme(LIGHT, 0)


def dark() -> dict[str, str]:
    """Return those of the dark scheme."""
    return _scheme(DARK, 1)


def style() -> str:
    """Write both schemes: the system's choice, which the attribute `data-theme` of the root overrides."""
    in_light, in_dark = (_rules(light(), "light"), _rules(dark(), "dark"))
    return "\n".join(
        (
            f":root {{ {in_light} }}",
            f'@media (prefers-color-scheme: dark) {{ :root:not([data-theme="light"]) {{ {in_dark} }} }}',
            f':root[data-theme="dark"] {{ {in_dark} }}',
        )
    )


def _scheme(roles: Mapping[Role, Colours], index: int) -> dict[str, str]:
    colours = {name: pair[index] for name, pair in _OWN.items()}
    for role in _OUTCOMES:
        colours |= {role.value: roles[role].line, f"{role.value}-soft": roles[role].fill}
    for role, pair in roles.items():
        fill, line = (name.removeprefix("--") for name in variables(role))
        colours |= {fill: pair.fill, line: pair.line}
    # The graph stands on a card.
    fill, line = (name.removeprefix("--") for name in variables(Role.SURFACE))
    return colours | {fill: colours["card"], line: colours["card"]}


def _rules(colours: Mapping[str, str], scheme: str) -> str:
    return f"color-scheme: {scheme}; " + " ".join(f"--{name}: {value};" for name, value in colours.items())
