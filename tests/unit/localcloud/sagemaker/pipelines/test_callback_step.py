"""The Callback step: its message, its token, and the answers to it."""

import re

import pytest

from localcloud.errors import ServiceError
from localcloud.ports import Caller
from localcloud.sagemaker.wire.identifiers import Identifiers
from tests.unit.localcloud.sagemaker.cloud import (
    QUEUE,
    Cloud,
    callback_step,
    function_arn,
    get,
    lambda_step,
    running_cloud,
)


def test_the_message_carries_token_execution_arguments_and_status(cloud: Cloud) -> None:
    cloud.create(
        callback_step(
            "step",
            SqsQueueUrl=get("Parameters.queue"),
            Arguments={"n": 5, "name": get("Execution.PipelineName")},
        ),
        Parameters=[{"Name": "queue"}],
    )
    arn = cloud.start(PipelineParameters=[{"Name": "queue", "Value": QUEUE}])
    cloud.wait_for_messages(1)
    ((url, body),) = cloud.host.messages
    assert url == QUEUE
    assert re.fullmatch("[a-zA-Z0-9]{10}", str(body.pop("token")))
    assert body == {
        "pipelineExecutionArn": arn,
        "arguments": {"n": 5, "name": "pipeline"},
        "status": "Executing",
    }


def test_the_step_waits_until_it_is_answered_and_shows_queue_and_token(cloud: Cloud) -> None:
    cloud.create(callback_step("step", outputs={"rows": "Integer"}))
    arn = cloud.start()
    token = cloud.wait_for_messages(1)[0]["token"]
    step = cloud.steps(arn)["step"]
    assert step["StepStatus"] == "Executing"
    assert step["Metadata"] == {
        "Callback": {"CallbackToken": token, "SqsQueueUrl": QUEUE, "OutputParameters": []}
    }
    assert cloud.succeed(token, rows="12") == {"PipelineExecutionArn": arn}
    cloud.wait_for_end(arn)
    step = cloud.steps(arn)["step"]
    assert step["StepStatus"] == "Succeeded"
    assert step["Metadata"] == {
        "Callback": {
            "CallbackToken": token,
            "SqsQueueUrl": QUEUE,
            "OutputParameters": [{"Name": "rows", "Value": "12"}],
        }
    }


def test_outputs_reach_later_steps_with_their_type(cloud: Cloud) -> None:
    events: list[object] = []
    cloud.host.functions[function_arn("function")] = events.append
    rows, share = get("Steps.step.OutputParameters['rows']"), get("Steps.step.OutputParameters['share']")
    cloud.create(
        callback_step("step", outputs={"rows": "Integer", "share": "Float"}),
        lambda_step("after", Arguments={"rows": rows, "share": share}),
    )
    arn = cloud.start()
    cloud.succeed(cloud.wait_for_messages(1)[0]["token"], rows="12", share="0.5")
    cloud.wait_for_end(arn)
    assert events == [{"rows": 12, "share": 0.5}]


def test_a_failure_fails_the_step_with_the_given_reason(cloud: Cloud) -> None:
    cloud.create(callback_step("step"))
    arn = cloud.start()
    assert cloud.fail(cloud.wait_for_messages(1)[0]["token"], "no such column") == {
        "PipelineExecutionArn": arn
    }
    cloud.wait_for_end(arn)
    assert cloud.steps(arn)["step"]["FailureReason"] == "no such column"
    assert cloud.describe(arn)["PipelineExecutionStatus"] == "Failed"


def test_a_failure_reason_has_a_limit(cloud: Cloud) -> None:
    with pytest.raises(ServiceError, match=r"'failureReason' failed .* length less than or equal to 256"):
        cloud.fail("abcdefghij", "x" * 257)


def test_outputs_that_nobody_declared_are_accepted_and_shown(cloud: Cloud) -> None:
    # The reference Lambda of AWS's geospatial example answers so, and its pipeline succeeds.
    cloud.create(callback_step("step", outputs={"vej_status": "String"}))
    arn = cloud.start()
    cloud.succeed(cloud.wait_for_messages(1)[0]["token"], export_status="SUCCEEDED")
    cloud.wait_for_end(arn)
    assert cloud.statuses(arn) == {"step": "Succeeded"}


def test_an_output_that_was_not_given_fails_the_step_that_refers_to_it(cloud: Cloud) -> None:
    after = lambda_step("after", Arguments={"x": get("Steps.step.OutputParameters['rows']")})
    cloud.create(callback_step("step", outputs={"rows": "Integer"}), after)
    arn = cloud.start()
    cloud.succeed(cloud.wait_for_messages(1)[0]["token"])
    cloud.wait_for_end(arn)
    assert cloud.statuses(arn) == {"step": "Succeeded", "after": "Failed"}
    assert "'Steps.step.OutputParameters['rows']' has no value" in str(
        cloud.steps(arn)["after"]["FailureReason"]
    )


def test_an_output_of_another_type_is_refused_and_the_step_waits_on(cloud: Cloud) -> None:
    cloud.create(callback_step("step", outputs={"rows": "Integer"}))
    arn = cloud.start()
    token = cloud.wait_for_messages(1)[0]["token"]
    with pytest.raises(
        ServiceError, match="Output parameter 'rows': \"many\" is not of type Integer"
    ) as caught:
        cloud.succeed(token, rows="many")
    assert caught.value.code == "ValidationException"
    cloud.succeed(token, rows="1")
    cloud.wait_for_end(arn)


def test_an_output_given_twice_is_refused(cloud: Cloud) -> None:
    cloud.create(callback_step("step"))
    cloud.start()
    token = cloud.wait_for_messages(1)[0]["token"]
    twice = [{"Name": "a", "Value": "1"}, {"Name": "a", "Value": "2"}]
    with pytest.raises(ServiceError, match="'a' is given more than once"):
        cloud.call("SendPipelineExecutionStepSuccess", CallbackToken=token, OutputParameters=twice)


def test_a_token_that_nobody_issued_is_not_found(cloud: Cloud) -> None:
    for operation in ("SendPipelineExecutionStepSuccess", "SendPipelineExecutionStepFailure"):
        with pytest.raises(ServiceError, match="'abcdefghij' does not exist") as caught:
            cloud.call(operation, CallbackToken="abcdefghij")
        assert caught.value.code == "ResourceNotFound"


def test_a_token_belongs_to_its_account_and_region(cloud: Cloud) -> None:
    cloud.create(callback_step("step"))
    cloud.start()
    token = cloud.wait_for_messages(1)[0]["token"]
    stranger = Caller("123456789012", "us-west-2")
    with pytest.raises(ServiceError, match="does not exist"):
        cloud.sagemaker.call("SendPipelineExecutionStepFailure", stranger, {"CallbackToken": token})


def test_a_step_is_answered_once(cloud: Cloud) -> None:
    cloud.create(callback_step("step"))
    arn = cloud.start()
    token = cloud.wait_for_messages(1)[0]["token"]
    cloud.succeed(token)
    for operation in ("SendPipelineExecutionStepSuccess", "SendPipelineExecutionStepFailure"):
        with pytest.raises(
            ServiceError, match="does not wait for an answer: its status is Succeeded"
        ) as caught:
            cloud.call(operation, CallbackToken=token)
        assert caught.value.code == "ValidationException"
    cloud.wait_for_end(arn)
    assert cloud.describe(arn)["PipelineExecutionStatus"] == "Succeeded"


def test_the_same_answer_may_be_sent_again_with_its_request_token(cloud: Cloud) -> None:
    cloud.create(callback_step("step"))
    arn = cloud.start()
    answer = {"CallbackToken": cloud.wait_for_messages(1)[0]["token"], "ClientRequestToken": cloud.token()}
    for _ in range(2):
        assert cloud.call("SendPipelineExecutionStepSuccess", **answer) == {"PipelineExecutionArn": arn}


def test_a_message_that_cannot_be_sent_fails_the_step(cloud: Cloud) -> None:
    cloud.host.refusing_queues.add(QUEUE)
    arn = cloud.run(callback_step("step"))
    assert cloud.steps(arn)["step"]["FailureReason"] == (
        "ClientError: Failed to invoke sqs:SendMessage. "
        "Error Details: AWS.SimpleQueueService.NonExistentQueue: The specified queue does not exist."
    )


def test_tokens_are_never_issued_twice() -> None:
    tokens = iter(["a" * 10, "a" * 10, "b" * 10])
    with running_cloud(Identifiers(callback_token=lambda: next(tokens))) as cloud:
        cloud.create(callback_step("one"), callback_step("two", DependsOn=["one"]))
        cloud.start()
        cloud.succeed(cloud.wait_for_messages(1)[0]["token"])
        assert [body["token"] for body in cloud.wait_for_messages(2)] == ["a" * 10, "b" * 10]
