"""SageMaker's operations on the wire: what they keep, list and refuse."""

from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from tests.integration.wire import (
    ROLE,
    Cloud,
    Document,
    definition,
    fail_step,
    get,
    lambda_step,
    refused,
    token,
    unique,
)

pytestmark = pytest.mark.integration

ARNS = "arn:aws:sagemaker:us-west-2:000000000000:pipeline"
EVENT = "SageMaker Model Building Pipeline Execution"


def test_a_request_with_the_same_token_has_its_effect_once(cloud: Cloud) -> None:
    name, once = unique("pipeline"), token()
    create = partial(
        cloud.sagemaker.create_pipeline,
        PipelineName=name,
        PipelineDefinition=definition(fail_step("fail")),
        RoleArn=ROLE,
    )
    arns = [create(ClientRequestToken=once)["PipelineArn"] for _ in range(2)]
    assert arns == [f"{ARNS}/{name}"] * 2
    with refused("ValidationException", "Pipeline names must be unique", name):
        create(ClientRequestToken=token())

    start = partial(cloud.sagemaker.start_pipeline_execution, PipelineName=name)
    arns = [start(ClientRequestToken=value)["PipelineExecutionArn"] for value in (once, once, token())]
    assert arns[0] == arns[1]
    listed = cloud.sagemaker.list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"]
    assert [item["PipelineExecutionArn"] for item in listed] == [arns[2], arns[0]]


def test_what_breaks_the_model_is_refused_in_awss_words(cloud: Cloud) -> None:
    constraint = "failed to satisfy constraint: Member must satisfy regular expression pattern: "
    name = "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,255}"
    role = r"arn:aws[a-z\-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"
    problems = (
        f"Value '-no_name-' at 'pipelineName' {constraint}{name}",
        f"Value 'no role, as you can see' at 'roleArn' {constraint}{role}",
    )
    with refused("ValidationException", f"2 validation errors detected: {'; '.join(problems)}"):
        cloud.sagemaker.create_pipeline(
            PipelineName="-no_name-",
            PipelineDefinition=definition(fail_step("fail")),
            RoleArn="no role, as you can see",
            ClientRequestToken=token(),
        )


def _after(name: str, other: str) -> Document:
    return lambda_step(name, "arn", {}) | {"DependsOn": [other]}


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([{"Name": "find", "Type": "AutoML", "Arguments": {}}], ["'find'", "'AutoML'"]),
        ([fail_step("a", get("Steps.gone.Outcome"))], ["'a'", "'gone'"]),
        ([fail_step("a", get("Parameters.gone"))], ["'a'", "'Parameters.gone'"]),
        ([_after("a", "b"), _after("b", "a")], ["circle", "a -> b"]),
        ([fail_step("a"), fail_step("a")], ["Duplicate step name: 'a'"]),
    ],
    ids=["unknown type", "missing step", "missing parameter", "circle", "duplicate name"],
)
def test_a_definition_that_cannot_run_is_refused_and_the_step_named(
    cloud: Cloud, steps: list[Document], words: list[str]
) -> None:
    with refused("ValidationException", "Unable to parse pipeline definition.", *words):
        cloud.create(*steps)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"needed": "1", "unknown": "x"}, ["'unknown'"]),
        ({"needed": "1", "colour": "mauve"}, ["'mauve'", "'colour'", "[red, green]"]),
        ({"colour": "red"}, ["needed"]),
        ({"needed": "one"}, ["'needed'", "Integer"]),
    ],
    ids=["unknown", "enum", "missing", "type"],
)
def test_parameters_that_do_not_fit_are_refused(
    cloud: Cloud, parameters: dict[str, str], words: list[str]
) -> None:
    colour = {"Name": "colour", "EnumValues": ["red", "green"], "DefaultValue": "red"}
    pipeline = cloud.create(fail_step("fail"), parameters=[colour, {"Name": "needed", "Type": "Integer"}])
    with refused("ValidationException", *words):
        cloud.start(pipeline, **parameters)
    assert cloud.sagemaker.list_pipeline_executions(PipelineName=pipeline)["PipelineExecutionSummaries"] == []


def test_an_execution_tells_what_it_consists_of(cloud: Cloud, branching: str, tmp_path: Path) -> None:
    execution = cloud.start(branching, folder=str(tmp_path), limit="1")
    assert cloud.finish(execution) == "Succeeded"
    pages = cloud.sagemaker.get_paginator("list_pipeline_execution_steps").paginate(
        PipelineExecutionArn=execution, SortOrder="Ascending", PaginationConfig={"PageSize": 3}
    )
    names = [[item["StepName"] for item in page["PipelineExecutionSteps"]] for page in pages]
    assert names == [["left", "right", "decide"], ["tell"]]
    given = cloud.sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=execution)
    values = {item["Name"]: item["Value"] for item in given["PipelineParameters"]}
    assert values == {"folder": str(tmp_path), "limit": "1"}


def test_an_execution_keeps_the_definition_it_was_started_with(cloud: Cloud) -> None:
    pipeline, before = cloud.create(fail_step("before")), definition(fail_step("before"))
    execution, after = cloud.start(pipeline), definition(fail_step("after"))
    cloud.sagemaker.update_pipeline(PipelineName=pipeline, PipelineDefinition=after)
    assert cloud.sagemaker.describe_pipeline(PipelineName=pipeline)["PipelineDefinition"] == after
    told = cloud.sagemaker.describe_pipeline_definition_for_execution(PipelineExecutionArn=execution)
    assert told["PipelineDefinition"] == before


def test_tags_come_and_go(cloud: Cloud) -> None:
    arn = f"{ARNS}/{cloud.create(fail_step('fail'))}"
    cloud.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    cloud.sagemaker.delete_tags(ResourceArn=arn, TagKeys=["a"])
    assert cloud.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]


def test_there_are_no_notebook_instances(cloud: Cloud) -> None:
    assert cloud.sagemaker.list_notebook_instances(MaxResults=5)["NotebookInstances"] == []


def test_pipelines_are_listed_page_by_page(cloud: Cloud) -> None:
    made = [cloud.create(fail_step("fail")) for _ in range(5)]
    listed = cloud.sagemaker.get_paginator("list_pipelines").paginate(
        PipelineNamePrefix="pipeline", PaginationConfig={"PageSize": 2}
    )
    pages = [[item["PipelineName"] for item in page["PipelineSummaries"]] for page in listed]
    assert [*chain(*pages)][:5] == made[::-1]
    assert {len(page) for page in pages[:-1]} == {2}


def test_a_pipeline_that_does_not_exist_is_not_found(cloud: Cloud) -> None:
    for call in (cloud.start, lambda name: cloud.sagemaker.describe_pipeline(PipelineName=name)):
        with refused("ResourceNotFound", "'nothing'"):
            call("nothing")


def test_selected_steps_of_a_version_run_with_results_of_an_earlier_execution(
    cloud: Cloud, echo: str
) -> None:
    name = unique("pipeline")
    steps = [
        lambda_step("first", echo, {"event": "String"}, word="once"),
        lambda_step("second", echo, {"event": "String"}, word=get("Steps.first.OutputParameters['event']")),
    ]
    cloud.sagemaker.create_pipeline(
        PipelineName=name, PipelineDefinition=definition(*steps), RoleArn=ROLE, ClientRequestToken=token()
    )
    source = cloud.start(name)
    assert cloud.finish(source) == "Succeeded"
    changed = definition(steps[0], steps[1] | {"DisplayName": "again"})
    assert (
        cloud.sagemaker.update_pipeline(PipelineName=name, PipelineDefinition=changed)["PipelineVersionId"]
        == 2
    )
    selected: Any = {"SelectedSteps": [{"StepName": "second"}]}
    with refused("ValidationException", "SourcePipelineExecutionArn is required", "first"):
        cloud.sagemaker.start_pipeline_execution(
            PipelineName=name, SelectiveExecutionConfig=selected, ClientRequestToken=token()
        )
    arn = cloud.sagemaker.start_pipeline_execution(
        PipelineName=name,
        PipelineVersionId=1,
        ClientRequestToken=token(),
        SelectiveExecutionConfig=selected | {"SourcePipelineExecutionArn": source},
    )["PipelineExecutionArn"]
    assert cloud.finish(arn) == "Succeeded"
    listed = cloud.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
    reused = {item["StepName"]: item.get("SelectiveExecutionResult") for item in listed}
    assert reused == {"first": {"SourcePipelineExecutionArn": source}, "second": None}
    assert cloud.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineVersionId"] == 1
    versions = cloud.sagemaker.list_pipeline_versions(PipelineName=name)["PipelineVersionSummaries"]
    assert [item["PipelineVersionId"] for item in versions] == [2, 1]
