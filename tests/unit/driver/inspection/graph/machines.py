"""Definitions to draw: every one of this project's, and such as nobody would write."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hypothesis import strategies as st

from driver.inspection.graph.definitions import read_source
from driver.settings.project import Project

PROJECT = Project(Path(__file__).resolve().parents[5])
RESOURCES = PROJECT.resources
OF_THE_PROJECT = (
    None,
    "run-pipeline",
    *sorted(path.parent.name for path in RESOURCES.glob("workflows/*/workflow.asl.json")),
)
Definition = dict[str, object]
_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=80)


def of_the_project(name: str | None) -> tuple[str, Definition]:
    """Read one of this project's definitions."""
    subject, definition = read_source(PROJECT, name)
    return subject, dict(definition)


def task(following: str | None = None, **more: object) -> Definition:
    way: Definition = {"Next": following} if following else {"End": True}
    return {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", **way, **more}


def machine(**states: Mapping[str, object]) -> Definition:
    """Make a state machine that starts with the first state."""
    return {"StartAt": next(iter(states)), "States": states}


@st.composite
def state_machines(draw: st.DrawFn, depth: int = 2, names: str = "s") -> Definition:
    """Make state machines with every type of state, loops, Catches, and containers within containers."""
    count = draw(st.integers(1, 7))
    ids = [f"{names}{number}" for number in range(count)]
    some = st.sampled_from(ids)
    states: dict[str, Definition] = {}
    for name in ids:
        kinds = ["Task", "Pass", "Choice", "Wait", "Succeed", "Fail"] + ["Parallel", "Map"] * (depth > 0)
        kind = draw(st.sampled_from(kinds))
        state: Definition = {"Type": kind, "Comment": draw(_TEXT)}
        if kind == "Choice":
            rules = draw(st.lists(st.tuples(some, _TEXT), min_size=1, max_size=5))
            state["Choices"] = [
                {"Variable": f"$.{text}", "StringEquals": text, "Next": to} for to, text in rules
            ]
            if draw(st.booleans()):
                state["Default"] = draw(some)
        elif kind not in {"Succeed", "Fail"}:
            following = draw(st.none() | some)
            state |= {"Next": following} if following else {"End": True}
        if kind in {"Task", "Parallel", "Map"} and draw(st.booleans()):
            errors = draw(st.lists(_TEXT, min_size=1, max_size=4))
            state["Catch"] = [{"ErrorEquals": errors, "Next": draw(some)}]
        if kind == "Parallel":
            branches = range(draw(st.integers(1, 3)))
            state["Branches"] = [
                draw(state_machines(depth=depth - 1, names=f"{name}.{branch}.")) for branch in branches
            ]
        if kind == "Map":
            state["ItemProcessor"] = draw(state_machines(depth=depth - 1, names=f"{name}."))
        states[name] = state
    return {"StartAt": draw(some), "States": states}


@st.composite
def pipelines(draw: st.DrawFn) -> Definition:
    """Make pipelines whose steps wait for earlier ones, by name and by reference."""
    steps: list[Definition] = []
    for number in range(draw(st.integers(1, 15))):
        step: Definition = {"Name": f"step-{number}", "Type": "Training"}
        if number:
            earlier = st.integers(0, number - 1).map(lambda other: f"step-{other}")
            step["DependsOn"] = draw(st.lists(earlier, max_size=3, unique=True))
            step["Arguments"] = [
                {"Get": f"Steps.{name}.Status"} for name in draw(st.lists(earlier, max_size=3))
            ]
        steps.append(step)
    return {"Version": "2020-12-01", "Steps": steps}
