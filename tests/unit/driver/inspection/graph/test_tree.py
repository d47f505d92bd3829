import io

import pytest
from hypothesis import given, settings
from rich.console import Console
from rich.tree import Tree

from driver.inspection.graph.definitions import graph_of
from driver.inspection.graph.runs import runs_of
from driver.inspection.graph.tree import tree
from tests.unit.driver.inspection.graph.machines import (
    OF_THE_PROJECT,
    machine,
    of_the_project,
    pipelines,
    state_machines,
    task,
)
from tests.unit.driver.inspection.graph.traces import polled


def printed(drawn: Tree, width: int = 100) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width, highlight=False).print(drawn)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def lines(definition: dict[str, object]) -> list[str]:
    return printed(tree(graph_of("subject", definition)))


def choice(default: str, **branches: str) -> dict[str, object]:
    rules = [{"Variable": f"$.{name}", "IsPresent": True, "Next": to} for name, to in branches.items()]
    return {"Type": "Choice", "Choices": rules, "Default": default}


def test_branches_are_indented_and_what_they_meet_at_follows_them() -> None:
    assert lines(machine(A=choice("C", b="B"), B=task("C"), C=task())) == [
        "subject",
        "├── A Choice",
        "│   ├── if b is present",
        "│   │   └── B Task lambda:invoke",
        "│   └── otherwise → C",
        "└── C Task lambda:invoke",
    ]


def test_branches_that_never_meet_stay_apart() -> None:
    assert lines(machine(A=choice("C", b="B"), B=task(), C={"Type": "Fail", "Error": "E"})) == [
        "subject",
        "└── A Choice",
        "    ├── if b is present",
        "    │   └── B Task lambda:invoke",
        "    └── otherwise",
        "        └── C Fail E",
    ]


def test_a_way_back_points_to_where_it_leads() -> None:
    assert lines(
        machine(Ask=task("Done"), Done=choice("Rest", x="Out"), Rest=task("Ask"), Out={"Type": "Succeed"})
    ) == [
        "subject",
        "├── Ask Task lambda:invoke",
        "└── Done Choice",
        "    ├── if x is present",
        "    │   └── Out Succeed",
        "    └── otherwise",
        "        ├── Rest Task lambda:invoke",
        "        └── → Ask",
    ]


def test_what_is_done_about_errors_is_read_once() -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Tell"}]
    assert lines(
        machine(A=task("B", Catch=catch), B=task(Catch=catch), Tell=task("Bad"), Bad={"Type": "Fail"})
    ) == [
        "subject",
        "├── A Task lambda:invoke",
        "│   └── on States.ALL",
        "│       ├── Tell Task lambda:invoke",
        "│       └── Bad Fail",
        "└── B Task lambda:invoke",
        "    └── on States.ALL → Tell",
    ]


def test_containers_hold_their_branches() -> None:
    both = {
        "Type": "Parallel",
        "Branches": [machine(P=task("Q"), Q=task()), machine(R=task())],
        "Next": "Each",
    }
    each = {"Type": "Map", "ItemProcessor": machine(S=task()), "End": True}
    assert lines(machine(Both=both, Each=each)) == [
        "subject",
        "├── Both Parallel",
        "│   ├── branch 1",
        "│   │   ├── P Task lambda:invoke",
        "│   │   └── Q Task lambda:invoke",
        "│   └── branch 2",
        "│       └── R Task lambda:invoke",
        "└── Each Map",
        "    └── S Task lambda:invoke",
    ]


def test_states_that_nothing_leads_to_come_last() -> None:
    assert lines(machine(A=task(), B=task())) == [
        "subject",
        "├── A Task lambda:invoke",
        "└── B Task lambda:invoke",
    ]


def test_an_execution_marks_what_it_came_to() -> None:
    trace = polled()
    shown = printed(tree(graph_of(trace.subject, trace.definition), runs_of(trace)), 120)
    assert shown[:3] == [
        "sagestep-run-pipeline",
        "run-1: RUNNING after 10 s",
        "├── ✓ Each Map  succeeded, 8.0 s",
    ]
    asked = next(number for number, line in enumerate(shown) if "Ask" in line)
    assert shown[asked].endswith("! Ask Task lambda:invoke  2 succeeded, 1 caught, 5 attempts, 5.0 s in all")
    assert shown[asked + 1].endswith("no route to host")
    assert shown[-3:] == [
        "└── ▶ Tell Task lambda:invoke  running",
        "    └── on X",
        "        └── · Never Fail",
    ]


def test_a_pipelines_steps_tell_what_they_wait_for() -> None:
    steps = [
        {"Name": "c", "Type": "Lambda", "DependsOn": ["a", "b"]},
        {"Name": "a", "Type": "Lambda"},
        {
            "Name": "b",
            "Type": "Condition",
            "Arguments": {"Conditions": [], "IfSteps": [{"Name": "d", "Type": "Fail"}], "ElseSteps": []},
        },
    ]
    assert lines({"Steps": steps}) == [
        "subject",
        "├── a Lambda",
        "├── b Condition",
        "├── c Lambda",
        "│   after a, b",
        "└── d Fail",
        "    after b is true",
    ]


@settings(max_examples=25)
@given(state_machines() | pipelines())
def test_every_state_has_one_line(definition: dict[str, object]) -> None:
    graph = graph_of("any", definition)
    shown = printed(tree(graph), 4000)
    for node in graph.states():
        heads = [line for line in shown if f" {node.name} {node.type}" in f"{line} "]
        assert len(heads) == 1, node


@pytest.mark.parametrize("name", OF_THE_PROJECT)
def test_a_narrow_terminal_is_wide_enough(name: str | None) -> None:
    shown = printed(tree(graph_of(*of_the_project(name))), 40)
    assert max(map(len, shown)) <= 40
    assert not any(line.endswith("…") for line in shown)
