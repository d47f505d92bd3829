"""Selective execution: some steps run, and what they need of others comes from an earlier execution."""

from typing import Any

import pytest

from localcloud.errors import ServiceError
from tests.unit.localcloud.sagemaker.cloud import (
    Cloud,
    Document,
    callback_step,
    fail_step,
    function_arn,
    get,
    lambda_step,
)

PARAMETERS = [{"Name": "word", "Type": "String", "DefaultValue": "default"}]


def _step(name: str, **arguments: object) -> Document:
    return lambda_step(name, outputs={"word": "String"}, Arguments=arguments)


def _pipeline(cloud: Cloud, *more: Document) -> None:
    """Make a pipeline whose steps hand a word on: first to second to third."""
    cloud.create(
        _step("first", word=get("Parameters.word")),
        _step("second", word=get("Steps.first.OutputParameters['word']")),
        _step("third", word=get("Steps.second.OutputParameters['word']")),
        *more,
        Parameters=PARAMETERS,
    )


def _run(cloud: Cloud, **request: Any) -> str:
    arn = cloud.start(**request)
    cloud.wait_for_end(arn)
    return arn


def _selected(*names: str, source: str | None = None) -> Document:
    found: Document = {"SelectedSteps": [{"StepName": name} for name in names]}
    return found if source is None else found | {"SourcePipelineExecutionArn": source}


def test_selected_steps_run_with_results_of_the_source(cloud: Cloud) -> None:
    _pipeline(cloud)
    source = _run(cloud, PipelineParameters=[{"Name": "word", "Value": "given"}])
    seen: list[object] = []

    def answer(event: object) -> object:
        seen.append(event)
        return event

    cloud.host.functions[function_arn("function")] = answer
    arn = _run(cloud, SelectiveExecutionConfig=_selected("second", source=source))
    assert seen == [{"word": "given"}]
    steps = cloud.steps(arn)
    assert set(steps) == {"first", "second"}
    assert steps["first"]["SelectiveExecutionResult"] == {"SourcePipelineExecutionArn": source}
    assert "SelectiveExecutionResult" not in steps["second"]
    described = cloud.describe(arn)
    assert described["PipelineExecutionStatus"] == "Succeeded"
    assert described["SelectiveExecutionConfig"] == _selected("second", source=source)


def test_parameters_are_the_sources_unless_they_are_given(cloud: Cloud) -> None:
    _pipeline(cloud)
    source = _run(cloud, PipelineParameters=[{"Name": "word", "Value": "given"}])
    for given, word in ([], "given"), ([{"Name": "word", "Value": "new"}], "new"):
        arn = _run(
            cloud, PipelineParameters=given, SelectiveExecutionConfig=_selected("first", source=source)
        )
        assert cloud.call("ListPipelineParametersForExecution", PipelineExecutionArn=arn) == {
            "PipelineParameters": [{"Name": "word", "Value": word}]
        }
        assert cloud.statuses(arn) == {"first": "Succeeded"}


def test_a_failed_source_gives_what_had_succeeded(cloud: Cloud) -> None:
    _pipeline(cloud, fail_step("fail"))
    source = _run(cloud)
    assert cloud.describe(source)["PipelineExecutionStatus"] == "Failed"
    if cloud.statuses(source).get("first") != "Succeeded":
        pytest.fail("the first step starts together with the Fail step")
    arn = _run(cloud, SelectiveExecutionConfig=_selected("second", source=source))
    assert cloud.statuses(arn) == {"first": "Succeeded", "second": "Succeeded"}


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (("second",), "SourcePipelineExecutionArn is required.*not selected: first"),
        (("first", "third"), "All steps in all paths between two selected steps.*Not selected: second"),
        (("fourth",), "step 'fourth', which the pipeline does not have"),
    ],
)
def test_steps_that_cannot_be_selected_are_told(cloud: Cloud, steps: tuple[str, ...], message: str) -> None:
    _pipeline(cloud)
    with pytest.raises(ServiceError, match=message) as caught:
        cloud.start(SelectiveExecutionConfig=_selected(*steps))
    assert caught.value.code == "ValidationException"
    assert cloud.call("ListPipelineExecutions", PipelineName="pipeline") == {"PipelineExecutionSummaries": []}


def test_a_source_must_have_ended_and_have_the_results_and_be_the_pipelines(cloud: Cloud) -> None:
    cloud.create(callback_step("ask"), lambda_step("tell", DependsOn=["ask"]))
    running = cloud.start()
    token = cloud.wait_for_messages(1)[0]["token"]
    with pytest.raises(ServiceError, match=r"must have the status Succeeded or Failed\. It is Executing"):
        cloud.start(SelectiveExecutionConfig=_selected("tell", source=running))
    cloud.fail(token, "no")
    cloud.wait_for_end(running)
    with pytest.raises(ServiceError, match=r"has no results of the steps.*ask"):
        cloud.start(SelectiveExecutionConfig=_selected("tell", source=running))
    with pytest.raises(ServiceError, match="does not exist") as caught:
        cloud.start(SelectiveExecutionConfig=_selected("tell", source=f"{running}a"))
    assert caught.value.code == "ResourceNotFound"
    cloud.create(lambda_step("other"), name="other")
    with pytest.raises(ServiceError, match="is not one of"):
        cloud.start("other", SelectiveExecutionConfig=_selected("other", source=running))
