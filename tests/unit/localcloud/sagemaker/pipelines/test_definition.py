"""Definitions: what is accepted, and what is refused with the name of the step."""

import json
from pathlib import Path

import jsonschema
import pytest

from localcloud.sagemaker.pipelines.definition import LONGEST, parse_definition
from localcloud.sagemaker.pipelines.graph import Branch
from localcloud.sagemaker.pipelines.reading import DefinitionError
from tests.pipeline_schema import SCHEMA
from tests.unit.localcloud.sagemaker.cloud import (
    Document,
    callback_step,
    condition_step,
    equals,
    fail_step,
    get,
    lambda_step,
)

ALWAYS = [equals(1, 1)]

REFERENCE: Document = {
    "Version": "2020-12-01",
    "Metadata": {},
    "Parameters": [
        {"Name": "role", "Type": "String", "DefaultValue": ""},
        {"Name": "size", "Type": "Integer", "DefaultValue": 3},
        {"Name": "ratio", "Type": "Float", "DefaultValue": 0.5},
        {"Name": "flag", "Type": "Boolean"},
    ],
    "Steps": [
        lambda_step(
            "job",
            outputs={"statusCode": "String", "arn": "String"},
            Arguments={"role": get("Parameters.role")},
        ),
        callback_step(
            "wait",
            outputs={"status": "String", "rows": "Integer"},
            Arguments={"arn": get("Steps.job.OutputParameters['arn']"), "n": 1, "f": 0.5, "b": True},
            DependsOn=["job"],
            CacheConfig={"Enabled": False, "ExpireAfter": "PT1H"},
        ),
        condition_step(
            "check",
            [
                {
                    "Type": "GreaterThan",
                    "LeftValue": get("Steps.wait.OutputParameters['rows']"),
                    "RightValue": 0,
                },
                {"Type": "Or", "Conditions": [equals(get("Parameters.size"), 3), equals("a", "b")]},
            ],
            else_steps=[fail_step("nothing", get("Steps.wait.OutputParameters['status']"))],
            DisplayName="check-rows",
            Description="Were there any rows?",
        ),
        lambda_step("report", DependsOn=["check"]),
    ],
}


def parse(*steps: Document, **members: object) -> None:
    parse_definition(json.dumps({"Version": "2020-12-01", "Steps": list(steps)} | members))


def test_a_definition_links_its_steps() -> None:
    definition = parse_definition(json.dumps(REFERENCE))
    graph = definition.graph
    assert list(graph.steps) == ["job", "wait", "check", "nothing", "report"]
    assert graph.dependencies == {
        "job": frozenset(),
        "wait": frozenset({"job"}),
        "check": frozenset({"wait"}),
        "nothing": frozenset({"wait", "check"}),
        "report": frozenset({"check"}),
    }
    assert graph.branches == {"nothing": Branch("check", outcome=False)}
    assert all(
        graph.order.index(before) < graph.order.index(name)
        for name, dependencies in graph.dependencies.items()
        for before in dependencies
    )


@pytest.mark.parametrize("left_out", [(), ("Metadata", "Parameters", "Version")])
def test_what_we_accept_fits_the_schema_that_aws_publishes(left_out: tuple[str, ...]) -> None:
    document = REFERENCE
    if left_out:
        document = {"Steps": [lambda_step("a", Arguments={"x": 1}), fail_step("b")]}
    parse_definition(json.dumps(document))
    jsonschema.Draft7Validator(SCHEMA).validate(document)


def test_two_thousand_steps_are_accepted() -> None:
    # As in AWS's own integration test of the SageMaker Python SDK (test_large_pipeline).
    parse(*(callback_step(f"callback-step{number}", Arguments={"arg1": "foo"}) for number in range(2000)))


def test_the_experiment_of_the_sdk_is_accepted() -> None:
    names = {
        "ExperimentName": get("Execution.PipelineName"),
        "TrialName": get("Execution.PipelineExecutionId"),
    }
    parse(lambda_step("a"), PipelineExperimentConfig=names)


def test_a_definition_that_sdk_v3_has_written_is_accepted() -> None:
    # Written by sagemaker-mlops 1.27.0 for tests/sdks/v3/pipeline.py; "MlflowConfig" is null in it.
    text = Path(__file__).with_name("sdk_v3.json").read_text(encoding="utf-8")
    assert json.loads(text)["MlflowConfig"] is None
    steps = parse_definition(text).graph.steps
    assert list(steps) == ["Split", "Train", "Evaluate", "Decide", "Save", "Register", "Refuse"]


def test_members_that_are_null_count_as_absent() -> None:
    absent = dict.fromkeys(("Metadata", "Parameters", "PipelineExperimentConfig", "MlflowConfig"))
    nothing = ("DisplayName", "Description", "DependsOn", "CacheConfig", "RetryPolicies", "OutputParameters")
    step = lambda_step("a", Arguments=None) | dict.fromkeys(nothing)
    branches: Document = {"Conditions": ALWAYS, "IfSteps": [step], "ElseSteps": None}
    condition: Document = {"Name": "c", "Type": "Condition", "DependsOn": None, "Arguments": branches}
    fail: Document = {"Name": "f", "Type": "Fail", "Arguments": {"ErrorMessage": None}}
    parse(condition, fail, **absent, Version=None)


def test_unknown_members_are_refused_also_where_they_are_null() -> None:
    with pytest.raises(DefinitionError, match="unknown property 'Nonsense'"):
        parse(lambda_step("a"), Nonsense=None)
    with pytest.raises(DefinitionError, match="unknown property 'Nonsense'"):
        parse(lambda_step("a", Nonsense=None))
    with pytest.raises(DefinitionError, match="MlflowConfig is not supported by the local cloud"):
        parse(lambda_step("a"), MlflowConfig={"MlflowExperimentName": "x"})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[]", "Expecting start of Json Object"),
        ("{}", "Expecting start of Json Array. \\(Steps\\)"),
        ('{"Steps": NaN}', "NaN is not JSON"),
        ('{"Steps": []' + " " * LONGEST + "}", "is too long"),
        ('{"Steps": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
        ('{"Steps": [], "Version": "2021-01-01"}', "Value '2021-01-01' for 'Version' must be '2020-12-01'"),
        ('{"Steps": [], "Stages": []}', "Cannot parse object, unknown property 'Stages'."),
        ('{"Steps": ["a"]}', "Expecting start of Json Object"),
        ('{"Steps": [], "Parameters": {}}', "Expecting start of Json Array"),
    ],
)
def test_what_is_no_definition_is_refused(text: str, reason: str) -> None:
    with pytest.raises(DefinitionError, match=reason):
        parse_definition(text)


@pytest.mark.parametrize("kind", ["AutoML", "EMR", "EMRServerless", "Nonsense", None, 5])
def test_a_type_that_is_not_run_is_refused_by_name(kind: object) -> None:
    reason = (
        rf"Step 'train' is of type '{kind}', which the local cloud does not run. It runs .* Lambda, Callback"
    )
    with pytest.raises(DefinitionError, match=reason):
        parse(lambda_step("a"), {"Name": "train", "Type": kind, "Arguments": {}})
    with pytest.raises(DefinitionError, match=reason):
        parse(condition_step("c", ALWAYS, [{"Name": "train", "Type": kind}]))


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ([lambda_step("a b")], "Step name 'a b' failed to satisfy pattern"),
        ([lambda_step("a" * 65)], "failed to satisfy pattern"),
        ([{"Type": "Fail"}], "Step name 'None' failed"),
        ([lambda_step("a"), callback_step("a")], "Duplicate step name: 'a'"),
        ([lambda_step("a"), condition_step("c", ALWAYS, [fail_step("a")])], "Duplicate step name: 'a'"),
        ([condition_step("c", ALWAYS, [fail_step("a")], [fail_step("a")])], "Duplicate step name: 'a'"),
        ([lambda_step("a", DependsOn=["b"])], "Step 'a' depends on step 'b', which does not exist"),
        ([lambda_step("a", DependsOn="b")], r"Expecting start of Json Array. \(Step 'a', DependsOn\)"),
        ([lambda_step("a", DependsOn=[["b"]])], "Step 'a': a member of DependsOn must be a String"),
        ([lambda_step("a", DependsOn=["a"])], "in a circle: a -> a"),
        (
            [lambda_step("a", Arguments={"x": get("Steps.b.OutputParameters['y']")})],
            r"Step 'a' refers to 'Steps.b.OutputParameters\['y'\]', but step 'b' does not exist",
        ),
        (
            [lambda_step("a"), lambda_step("b", Arguments={"x": get("Steps.a.OutputParameters['y']")})],
            "step 'a' of type 'Lambda' does not have this property",
        ),
        (
            [lambda_step("a"), lambda_step("b", Arguments={"x": get("Steps.a.TrainingJobName")})],
            "step 'a' of type 'Lambda' does not have this property",
        ),
        (
            [lambda_step("a", Arguments={"x": get("Parameters.p")})],
            "Step 'a' refers to 'Parameters.p', but the definition does not declare it",
        ),
        # The words of the service: test_fail_steps.py of the SageMaker Python SDK.
        ([condition_step("C", ALWAYS, DependsOn=["F"]), fail_step("F")], "C can not depends on F"),
        ([fail_step("F"), lambda_step("a", Arguments={"x": get("Steps.F.Error")})], "a can not depends on F"),
        (
            [
                lambda_step("a", DependsOn=["c"]),
                lambda_step("b", outputs={"y": "String"}, DependsOn=["a"]),
                lambda_step("c", Arguments={"x": get("Steps.b.OutputParameters['y']")}),
            ],
            "in a circle: (a -> c -> b -> a|c -> b -> a -> c|b -> a -> c -> b)",
        ),
        (
            [
                condition_step(
                    "c",
                    [equals(get("Steps.inner.OutputParameters['y']"), "x")],
                    [lambda_step("inner", outputs={"y": "String"})],
                )
            ],
            "in a circle",
        ),
        (
            [condition_step("c", ALWAYS, [condition_step("d", ALWAYS)])],
            "Step 'd' of type 'Condition' cannot be inside step 'c'",
        ),
        ([condition_step("c", [])], "Step 'c': Conditions must hold at least one condition"),
        ([condition_step("c", ALWAYS, [{"Name": "x"}])], "Step 'x' is of type 'None'"),
        ([{"Name": "c", "Type": "Condition"}], r"Expecting start of Json Object. \(Step 'c', Arguments\)"),
        ([lambda_step("a", Arguments={"x": [{"Get": 1}]})], "Step 'a', argument 'x': Get takes a String"),
        ([lambda_step("a", Arguments={"x": get("Steps.b.c")})], "but step 'b' does not exist"),
        ([lambda_step("a", Arguments={"x": [{"y": get("Steps.b.c")}]})], "but step 'b' does not exist"),
        ([fail_step("a", get("Execution.TrainingJobName"))], "which only a step of type 'Training' has"),
        ([lambda_step("a", Arguments={"x": get("Execution.ProcessingJobName")})], "of type 'Processing' has"),
        ([lambda_step("a", Arguments=["x"])], "Expecting start of Json Object"),
        ([lambda_step("a", Function="f")], "Cannot parse object, unknown property 'Function'."),
        ([{"Name": "a", "Type": "Lambda"}], "Step 'a': a step of type 'Lambda' needs FunctionArn"),
        ([{"Name": "a", "Type": "Callback"}], "Step 'a': a step of type 'Callback' needs SqsQueueUrl"),
        ([lambda_step("a", DisplayName=5)], "Step 'a': DisplayName must be a String"),
        ([lambda_step("a", DisplayName="x" * 257)], "Step 'a': DisplayName is too long"),
        ([lambda_step("a", Description="x" * 3073)], "Step 'a': Description is too long"),
        ([lambda_step("a", RetryPolicies=[{"ExceptionType": []}])], "'a': RetryPolicies are not supported"),
        ([callback_step("a", CacheConfig={"Enabled": True})], "CacheConfig: caching needs a timeout"),
        ([lambda_step("a", CacheConfig={"Enabled": get("Parameters.p")})], "Enabled must be a Boolean"),
        ([lambda_step("a", outputs={f"o{n}": "String" for n in range(51)})], "'a' declares 51 output para"),
        ([callback_step("a", outputs={"o": "Number"})], "Value 'Number' for 'OutputType' failed to satisfy"),
        ([lambda_step("a", OutputParameters=[{"OutputName": "o"}] * 2)], "Duplicate output name: 'o'"),
        ([lambda_step("a", OutputParameters=[{"OutputType": "String"}])], "OutputName must be a String"),
        ([{"Name": "f", "Type": "Fail", "Arguments": {"Error": ""}}], "unknown property 'Error'"),
    ],
)  # fmt: skip
def test_wrong_steps_are_refused_by_name(steps: list[Document], reason: str) -> None:
    with pytest.raises(DefinitionError, match=reason):
        parse(*steps)


@pytest.mark.parametrize(
    ("experiment", "reason"),
    [
        ({"ExperimentName": get("Parameters.p")}, "PipelineExperimentConfig refers to 'Parameters.p'"),
        (
            {"TrialName": get("Steps.a.OutputParameters['y']")},
            "PipelineExperimentConfig cannot refer to steps",
        ),
        ({"Trial": "x"}, "unknown property 'Trial'"),
    ],
)
def test_wrong_experiments_are_refused(experiment: Document, reason: str) -> None:
    with pytest.raises(DefinitionError, match=reason):
        parse(lambda_step("a", outputs={"y": "String"}), PipelineExperimentConfig=experiment)
