"""Where the states of a definition lead: targets that are not there, states that nothing leads to.

Source: AWS's answers, measured in floci-io/floci#2786 and quoted in localstack/localstack#12487: the words
``Missing 'Next' target`` at each kind of transition, ``MISSING_END_STATE`` without a location and instead of
the states that cannot be reached.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from localcloud.states_language.diagnostics import Diagnostic
from localcloud.states_language.fields import machines_within

_TARGET = "MISSING_TRANSITION_TARGET"


def check_graph(machine: Mapping[str, Any], path: str) -> Iterator[Diagnostic]:
    """Check a machine whose schema is right, and the machines within its states."""
    states: Mapping[str, Mapping[str, Any]] = machine["States"]
    start = machine["StartAt"]
    if start not in states:
        yield Diagnostic(_TARGET, f"Missing 'Next' target: {start}", f"{path}/StartAt")
    leads: dict[str, set[str]] = {}
    for name, state in states.items():
        leads[name] = set()
        for place, target in transitions(state):
            leads[name].add(target)
            if target not in states:
                yield Diagnostic(_TARGET, f"Missing 'Next' target: {target}", f"{path}/States/{name}/{place}")
    if not any(state.get("End") or state["Type"] in {"Succeed", "Fail"} for state in states.values()):
        yield Diagnostic("MISSING_END_STATE", "Workflow has no terminal state")
    else:
        reached = _reach(start, leads)
        for name in states:
            if name not in reached:
                message = f'State "{name}" is not reachable.'
                yield Diagnostic(_TARGET, message, f"{path}/States/{name}")
    for name, state in states.items():
        for place, inner in machines_within(state):
            assert isinstance(inner, Mapping)
            yield from check_graph(inner, f"{path}/States/{name}/{place}")


def transitions(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give all transitions of a state: where they are written, and where they lead."""
    for field in ("Next", "Default"):
        if field in state:
            yield field, state[field]
    for field in ("Choices", "Catch"):
        for number, item in enumerate(state.get(field, ())):
            yield f"{field}[{number}]/Next", item["Next"]


def check_names(machine: Mapping[str, Any], path: str, seen: set[str]) -> Iterator[Diagnostic]:
    """Check that names of states are short enough and there once, in branches and Maps too."""
    for name, state in machine["States"].items():
        here = f"{path}/States/{name}"
        if len(name) > 80:
            yield Diagnostic("INVALID_STATE_NAME", "State name must be at most 80 characters long", here)
        if name in seen:
            yield Diagnostic("DUPLICATE_STATE_NAME", f"Duplicate State name: {name}", here)
        seen.add(name)
        for place, inner in machines_within(state):
            assert isinstance(inner, Mapping)
            yield from check_names(inner, f"{here}/{place}", seen)


def _reach(start: str, leads: Mapping[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    ahead = [start]
    while ahead:
        name = ahead.pop()
        if name in leads and name not in reached:
            reached.add(name)
            ahead.extend(leads[name])
    return reached
