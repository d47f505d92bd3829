"""The Lambda step: its event, its outputs, and every way it can fail."""

import threading

import pytest

from localcloud.ports import FunctionResult
from tests.unit.localcloud.sagemaker.cloud import (
    Cloud,
    Document,
    FunctionRaisedError,
    function_arn,
    get,
    lambda_step,
)


def test_the_event_is_the_resolved_arguments(cloud: Cloud) -> None:
    events: list[Document] = []

    def remember(event: Document) -> object:
        events.append(event)
        return {"id": 7}

    cloud.host.functions[function_arn("function")] = remember
    first = lambda_step(
        "first", outputs={"id": "Integer"}, Arguments={"region": get("Parameters.region"), "n": 2}
    )
    name = {"Std:Join": {"On": "-", "Values": ["run", get("Execution.PipelineExecutionId")]}}
    second = lambda_step("second", Arguments={"id": get("Steps.first.OutputParameters['id']"), "name": name})
    arn = cloud.run(first, second, Parameters=[{"Name": "region", "DefaultValue": "eu-west-1"}])
    assert events == [{"region": "eu-west-1", "n": 2}, {"id": 7, "name": f"run-{arn.rpartition('/')[2]}"}]


def test_arguments_may_be_nested(cloud: Cloud) -> None:
    events: list[Document] = []
    cloud.host.functions[function_arn("function")] = events.append
    nested = {"region": get("Parameters.region"), "list": [1, {"deep": [get("Parameters.region")]}], "no": {}}
    cloud.run(
        lambda_step("step", Arguments={"nested": nested, "flag": True}),
        Parameters=[{"Name": "region", "DefaultValue": "eu-west-1"}],
    )
    deep = {"region": "eu-west-1", "list": [1, {"deep": ["eu-west-1"]}], "no": {}}
    assert events == [{"nested": deep, "flag": True}]


def test_declared_outputs_are_taken_from_the_result_and_listed_as_strings(cloud: Cloud) -> None:
    result = {"status": 200, "count": "12", "share": 1, "done": "TRUE", "more": {"nested": [1]}, "ignored": 1}
    cloud.host.functions[function_arn("function")] = lambda _: result
    outputs = {"status": "String", "count": "Integer", "share": "Float", "done": "Boolean", "more": "String"}
    arn = cloud.run(lambda_step("step", outputs=outputs))
    assert cloud.steps(arn)["step"]["Metadata"] == {
        "Lambda": {
            "Arn": function_arn("function"),
            "OutputParameters": [
                {"Name": "status", "Value": "200"},
                {"Name": "count", "Value": "12"},
                {"Name": "share", "Value": "1.0"},
                {"Name": "done", "Value": "true"},
                {"Name": "more", "Value": '{"nested":[1]}'},
            ],
        }
    }


@pytest.mark.parametrize("result", [None, "text", [1], {}])
def test_without_declared_outputs_the_result_does_not_matter(cloud: Cloud, result: object) -> None:
    cloud.host.functions[function_arn("function")] = lambda _: result
    assert cloud.statuses(cloud.run(lambda_step("step"))) == {"step": "Succeeded"}


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({"count": "many"}, "ClientError: Output parameter 'count': \"many\" is not of type Integer."),
        ({"count": None}, "ClientError: Output parameter 'count': null is not of type Integer."),
        (None, "ClientError: The Lambda function's result is not a JSON object, and must have: count."),
        ([1], "ClientError: The Lambda function's result is not a JSON object, and must have: count."),
    ],
)
def test_a_result_without_the_declared_outputs_fails_the_step(
    cloud: Cloud, result: object, reason: str
) -> None:
    cloud.host.functions[function_arn("function")] = lambda _: result
    arn = cloud.run(lambda_step("step", outputs={"count": "Integer"}))
    assert cloud.steps(arn)["step"]["FailureReason"] == reason


def test_an_output_that_the_result_lacks_is_absent(cloud: Cloud) -> None:
    cloud.host.functions[function_arn("function")] = lambda _: {"statusCode": 200}
    step = lambda_step("step", outputs={"statusCode": "Integer", "arn": "String"})
    code = get("Steps.step.OutputParameters['statusCode']")
    arn = cloud.run(step, lambda_step("next", Arguments={"code": code}))
    assert cloud.statuses(arn) == {"step": "Succeeded", "next": "Succeeded"}
    outputs = [{"Name": "statusCode", "Value": "200"}]
    metadata = {"Lambda": {"Arn": function_arn("function"), "OutputParameters": outputs}}
    assert cloud.steps(arn)["step"]["Metadata"] == metadata


def test_a_reference_to_an_absent_output_fails_where_it_stands(cloud: Cloud) -> None:
    cloud.host.functions[function_arn("function")] = lambda _: {}
    arn = cloud.run(
        lambda_step("step", outputs={"arn": "String"}),
        lambda_step("next", Arguments={"arn": get("Steps.step.OutputParameters['arn']")}),
    )
    assert cloud.statuses(arn) == {"step": "Succeeded", "next": "Failed"}
    assert "step 'step' ended without this output" in str(cloud.steps(arn)["next"]["FailureReason"])


def test_an_output_longer_than_aws_returns_fails_the_step(cloud: Cloud) -> None:
    cloud.host.functions[function_arn("function")] = lambda _: {"text": "x" * 1025}
    arn = cloud.run(lambda_step("step", outputs={"text": "String"}))
    assert "too long (length: 1025, maximum allowed: 1024)" in str(cloud.steps(arn)["step"]["FailureReason"])


def test_a_function_that_raises_fails_step_and_execution_with_its_message(cloud: Cloud) -> None:
    def broken(event: Document) -> object:
        raise FunctionRaisedError("KeyError", "'vej_arn'")

    cloud.host.functions[function_arn("broken")] = broken
    arn = cloud.run(lambda_step("step", "broken"), lambda_step("next", DependsOn=["step"]))
    step = cloud.steps(arn)["step"]
    assert step["StepStatus"] == "Failed"
    assert (
        step["FailureReason"]
        == f"ClientError: Lambda function {function_arn('broken')} failed. KeyError: 'vej_arn'"
    )
    assert "next" not in cloud.steps(arn)
    description = cloud.describe(arn)
    assert description["PipelineExecutionStatus"] == "Failed"
    assert description["FailureReason"] == "Step failure: One or multiple steps failed."


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        (b"not json", "not json"),
        (b"[1]", "[1]"),
        (b"{}", "{}"),
        (b"", "Unhandled"),
        (b'{"errorType": "E"}', "E"),
    ],
)
def test_an_error_without_the_usual_members_is_told_as_it_is(cloud: Cloud, payload: bytes, told: str) -> None:
    cloud.host.payloads[function_arn("odd")] = FunctionResult(payload, "Unhandled")
    arn = cloud.run(lambda_step("step", "odd"))
    assert (
        cloud.steps(arn)["step"]["FailureReason"]
        == f"ClientError: Lambda function {function_arn('odd')} failed. {told}"
    )


def test_a_result_that_is_not_json_has_no_outputs(cloud: Cloud) -> None:
    cloud.host.payloads[function_arn("odd")] = FunctionResult(b"<html>")
    arn = cloud.run(lambda_step("step", "odd", outputs={"id": "String"}))
    assert "is not a JSON object" in str(cloud.steps(arn)["step"]["FailureReason"])


def test_a_function_that_does_not_exist_fails_the_step(cloud: Cloud) -> None:
    arn = cloud.run(lambda_step("step", "unheard"))
    assert cloud.steps(arn)["step"]["FailureReason"] == (
        "ClientError: Failed to invoke lambda:InvokeFunction. Error Details: ResourceNotFoundException: "
        f"Function not found: {function_arn('unheard')}"
    )


def test_a_failure_reason_is_cut_to_what_the_api_can_tell(cloud: Cloud) -> None:
    def broken(event: Document) -> object:
        raise FunctionRaisedError("Error", "x" * 5000)

    cloud.host.functions[function_arn("broken")] = broken
    arn = cloud.run(lambda_step("step", "broken"))
    assert len(str(cloud.steps(arn)["step"]["FailureReason"])) == 1024


def test_json_get_reads_from_s3_when_the_step_runs(cloud: Cloud) -> None:
    events: list[Document] = []
    cloud.host.functions[function_arn("function")] = events.append
    cloud.host.objects["bucket", "out/report.json"] = b'{"metrics": [{"value": 0.25}]}'
    argument = {"Std:JsonGet": {"S3Uri": "s3://bucket/out/report.json", "Path": "metrics[0].value"}}
    cloud.run(lambda_step("step", Arguments={"value": argument}))
    assert events == [{"value": 0.25}]


@pytest.mark.parametrize(
    ("content", "uri", "reason"),
    [
        (b"{}", "s3://bucket/missing", "s3:GetObject. Error Details: NoSuchKey"),
        (b"not json", "s3://bucket/key", "cannot be read as a JSON document"),
        (b"\xff\xfe", "s3://bucket/key", "cannot be read as a JSON document"),
        (b'{"a": "' + b"x" * 2_100_000 + b'"}', "s3://bucket/key", "is larger than 2097152 bytes"),
        (b"{}", "https://bucket/key", "is no S3 URI"),
        (b"{}", "s3://bucket/key", "JSON path 'a' was not found"),
    ],
)
def test_an_argument_that_cannot_be_read_fails_the_step(
    cloud: Cloud, content: bytes, uri: str, reason: str
) -> None:
    cloud.host.objects["bucket", "key"] = content
    arn = cloud.run(lambda_step("step", Arguments={"value": {"Std:JsonGet": {"S3Uri": uri, "Path": "a"}}}))
    step = cloud.steps(arn)["step"]
    assert step["StepStatus"] == "Failed"
    assert reason in str(step["FailureReason"])


def test_a_function_gets_ten_minutes_and_what_it_answers_later_is_ignored(cloud: Cloud) -> None:
    answered = threading.Event()

    def slow(event: Document) -> object:
        assert answered.wait(20)
        return {}

    cloud.host.functions[function_arn("slow")] = slow
    cloud.create(lambda_step("step", "slow"))
    arn = cloud.start()
    cloud.wait_for_step(arn, "step", "Executing")
    cloud.host.wait_for(lambda: bool(cloud.timer.actions))
    assert [seconds for seconds, _ in cloud.timer.actions] == [600]
    cloud.timer.fire()
    cloud.wait_for_end(arn)
    answered.set()
    step = cloud.steps(arn)["step"]
    assert step["StepStatus"] == "Failed"
    assert step["FailureReason"] == "ClientError: The step took longer than 600 seconds."
    assert cloud.describe(arn)["PipelineExecutionStatus"] == "Failed"


def test_a_function_that_answers_in_time_leaves_no_timer_behind(cloud: Cloud) -> None:
    cloud.run(lambda_step("step"))
    assert cloud.timer.actions == []
