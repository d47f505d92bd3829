import pytest

from driver.inspection.graph.graph import Edge, EdgeKind, Graph
from driver.inspection.graph.states import state_machine_graph
from tests.unit.driver.inspection.graph.machines import OF_THE_PROJECT, machine, of_the_project, task

MAP = {
    "Type": "Map",
    "MaxConcurrency": 3,
    "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED"}, **machine(Inner=task())},
    "End": True,
}


def drawn(definition: dict[str, object]) -> Graph:
    return state_machine_graph("machine", definition)


def ways(graph: Graph) -> set[tuple[str, str, str, str]]:
    return {(edge.source, edge.target, edge.kind, edge.label) for edge in graph.edges}


def test_every_way_out_of_a_state_is_an_edge_with_its_reason() -> None:
    graph = drawn(
        machine(
            A=task("B", Catch=[{"ErrorEquals": ["X", "Y.Z"], "Next": "D"}]),
            B={
                "Type": "Choice",
                "Choices": [{"Variable": "$.n", "NumericGreaterThan": 1, "Next": "C"}],
                "Default": "A",
            },
            C={"Type": "Succeed"},
            D={"Type": "Fail", "Error": "Bad"},
        )
    )
    assert ways(graph) == {
        ("Start", "A", "start", ""),
        ("A", "B", "next", ""),
        ("A", "D", "catch", "X, Y.Z"),
        ("B", "C", "choice", "n > 1"),
        ("B", "A", "default", "otherwise"),
        ("C", "End", "end", ""),
    }


def test_what_is_in_a_container_belongs_to_it_branch_by_branch() -> None:
    branches = [machine(P=task()), machine(Q=task("R"), R=task())]
    graph = drawn(machine(Both={"Type": "Parallel", "Branches": branches, "Next": "Each"}, Each=MAP))
    places = {node.name: (node.parent, node.branch) for node in graph.states()}
    assert places == {
        "Both": ("", 0),
        "P": ("Both", 0),
        "Q": ("Both", 1),
        "R": ("Both", 1),
        "Each": ("", 0),
        "Inner": ("Each", 0),
    }
    assert [[node.name for node in nodes] for nodes in graph.branches("Both")] == [
        ["Start", "P", "End"],
        ["Start", "Q", "R", "End"],
    ]


def test_every_edge_stays_in_its_branch() -> None:
    graph = drawn(machine(Both={"Type": "Parallel", "Branches": [machine(P=task())], "Next": "E"}, E=MAP))
    for edge in graph.edges:
        source, target = graph.by_id[edge.source], graph.by_id[edge.target]
        assert (source.parent, source.branch) == (target.parent, target.branch)


@pytest.mark.parametrize(
    ("state", "detail"),
    [
        (task(), "lambda:invoke"),
        (task() | {"Resource": "arn:aws:lambda:eu-west-1:1:function:send"}, "lambda send"),
        (task() | {"Resource": "arn:aws:states:eu-west-1:1:activity:sign"}, "states sign"),
        ({"Type": "Wait", "Seconds": 5, "End": True}, "5 s"),
        ({"Type": "Wait", "TimestampPath": "$.due", "End": True}, "$.due"),
        ({"Type": "Fail", "Error": "Bad"}, "Bad"),
        (MAP, "3 at a time, distributed"),
        ({"Type": "Pass", "End": True}, ""),
    ],
)
def test_a_state_is_told_by_what_it_does(state: dict[str, object], detail: str) -> None:
    assert drawn(machine(A=state)).by_id["A"].detail == detail


def test_maps_of_old_definitions_are_read_too() -> None:
    graph = drawn(machine(A={"Type": "Map", "Iterator": machine(B=task()), "End": True}))
    assert graph.by_id["B"].parent == "A"


def test_marks_have_ids_of_their_own_beside_states_of_their_names() -> None:
    graph = drawn(machine(Start=task("End"), End=task()))
    assert len(graph.by_id) == len(graph.nodes) == 4
    assert Edge("Start", "End", EdgeKind.NEXT) in graph.edges


def test_a_way_to_nowhere_is_left_out() -> None:
    assert ways(drawn(machine(A=task("Gone")))) == {("Start", "A", "start", "")}


@pytest.mark.parametrize("name", OF_THE_PROJECT[1:])
def test_the_projects_state_machines_have_all_their_states(name: str) -> None:
    subject, definition = of_the_project(name)
    graph = state_machine_graph(subject, definition)
    states = definition["States"]
    assert isinstance(states, dict)
    assert states.keys() <= {node.name for node in graph.states()}
    assert {"NotifyFailure", "Failed"} <= states.keys()
