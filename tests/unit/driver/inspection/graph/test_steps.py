import itertools

from driver.inspection.graph.graph import Graph
from driver.inspection.graph.steps import pipeline_graph
from tests.unit.driver.inspection.graph.machines import of_the_project


def step(name: str, kind: str = "Training", **more: object) -> dict[str, object]:
    return {"Name": name, "Type": kind, **more}


def drawn(*steps: dict[str, object]) -> Graph:
    return pipeline_graph("pipeline", {"Version": "2020-12-01", "Steps": list(steps)})


def ways(graph: Graph) -> set[tuple[str, str, str]]:
    return {(edge.source, edge.target, edge.kind) for edge in graph.edges}


def test_a_step_waits_for_those_it_names_and_those_it_refers_to() -> None:
    joined = {"Std:Join": {"On": "/", "Values": ["s3:/", {"Get": "Steps.b.Outputs['x'].S3Uri"}]}}
    graph = drawn(step("a"), step("b"), step("c", DependsOn=["a"], Arguments={"uri": [joined]}))
    assert ways(graph) == {("a", "c", "depends-on"), ("b", "c", "reference")}


def test_a_step_that_is_named_and_referred_to_is_waited_for_once() -> None:
    graph = drawn(step("a"), step("b", DependsOn=["a"], Arguments={"x": {"Get": "Steps.a.Status"}}))
    assert ways(graph) == {("a", "b", "depends-on")}


def test_a_parameter_is_no_step() -> None:
    assert ways(drawn(step("a"), step("b", Arguments={"x": {"Get": "Parameters.a"}}))) == set()


def test_the_branches_of_a_condition_begin_with_what_waits_for_nothing_else_in_them() -> None:
    value = {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.a.PropertyFiles.p"}, "Path": "mse.value"}}
    arguments = {
        "Conditions": [{"Type": "LessThanOrEqualTo", "LeftValue": value, "RightValue": 6.0}],
        "IfSteps": [
            step("model", "Model", Arguments={"x": {"Get": "Steps.a.M"}}),
            step("register", DependsOn=["model"]),
        ],
        "ElseSteps": [step("fail", "Fail")],
    }
    graph = drawn(step("a"), step("good", "Condition", Arguments=arguments))
    assert ways(graph) == {
        ("a", "good", "reference"),
        ("good", "model", "choice"),
        ("a", "model", "reference"),
        ("model", "register", "depends-on"),
        ("good", "fail", "default"),
    }
    assert {edge.target: edge.label for edge in graph.ways_from("good")} == {"model": "true", "fail": "false"}
    assert graph.by_id["good"].detail == "mse.value <= 6.0"


def test_what_does_not_exist_is_left_out() -> None:
    assert ways(drawn(step("a", DependsOn=["gone", "a"], Arguments={"Get": "Steps.gone.X"}))) == set()


def test_the_projects_pipeline() -> None:
    graph = pipeline_graph(*of_the_project(None))
    explicit = [(edge.source, edge.target) for edge in graph.edges if edge.kind == "depends-on"]
    names = [node.name for node in graph.nodes]
    assert explicit == list(itertools.pairwise(names))
    assert names[-1] == "answer-task"
