"""StopPipelineExecution, as AWS documents it for callbacks and functions."""

import threading

import pytest

from localcloud.errors import ServiceError
from tests.unit.localcloud.sagemaker.cloud import (
    QUEUE,
    Cloud,
    Document,
    callback_step,
    function_arn,
    lambda_step,
)


def test_a_waiting_callback_is_told_and_the_execution_stops_once_it_is_answered(cloud: Cloud) -> None:
    cloud.create(callback_step("step", Arguments={"n": 5}), lambda_step("after", DependsOn=["step"]))
    arn = cloud.start()
    cloud.wait_for_messages(1)
    cloud.stop(arn)
    first, second = cloud.wait_for_messages(2)
    assert second == first | {"status": "Stopping"}
    assert cloud.describe(arn)["PipelineExecutionStatus"] == "Stopping"
    assert cloud.statuses(arn) == {"step": "Stopping"}
    cloud.succeed(second["token"])
    cloud.wait_for_end(arn)
    assert cloud.describe(arn)["PipelineExecutionStatus"] == "Stopped"
    assert cloud.statuses(arn) == {"step": "Stopped"}
    assert "FailureReason" not in cloud.describe(arn)


def test_a_failure_answers_the_request_to_stop_as_well(cloud: Cloud) -> None:
    cloud.create(callback_step("step"))
    arn = cloud.start()
    token = cloud.wait_for_messages(1)[0]["token"]
    cloud.stop(arn)
    cloud.fail(token, "stopped on request")
    cloud.wait_for_end(arn)
    assert cloud.describe(arn)["PipelineExecutionStatus"] == "Stopped"


def test_a_running_function_is_waited_for(cloud: Cloud) -> None:
    go_on = threading.Event()

    def slow(event: Document) -> object:
        assert go_on.wait(20)
        return {}

    cloud.host.functions[function_arn("slow")] = slow
    cloud.create(lambda_step("step", "slow"), lambda_step("after", DependsOn=["step"]))
    arn = cloud.start()
    cloud.wait_for_step(arn, "step", "Executing")
    cloud.stop(arn)
    cloud.stop(arn)
    assert cloud.describe(arn)["PipelineExecutionStatus"] == "Stopping"
    go_on.set()
    cloud.wait_for_end(arn)
    assert cloud.describe(arn)["PipelineExecutionStatus"] == "Stopped"
    assert cloud.statuses(arn) == {"step": "Stopped"}


def test_a_step_whose_arguments_are_being_read_does_not_begin_any_more(cloud: Cloud) -> None:
    cloud.host.objects["bucket", "key"] = b'{"a": 1}'
    cloud.create(
        lambda_step("step", Arguments={"a": {"Std:JsonGet": {"S3Uri": "s3://bucket/key", "Path": "a"}}})
    )
    reading, go_on = threading.Event(), threading.Event()
    events: list[Document] = []

    def wait() -> None:
        reading.set()
        assert go_on.wait(20)

    cloud.host.on_open = wait
    cloud.host.functions[function_arn("function")] = events.append
    arn = cloud.start()
    assert reading.wait(20)
    cloud.stop(arn)
    cloud.wait_for_end(arn)
    go_on.set()
    cloud.sagemaker.close()
    assert cloud.statuses(arn) == {"step": "Stopped"}
    assert events == []


def test_an_execution_that_is_over_cannot_be_stopped(cloud: Cloud) -> None:
    arn = cloud.run(lambda_step("step"))
    with pytest.raises(ServiceError, match="cannot be stopped: its status is Succeeded") as caught:
        cloud.stop(arn)
    assert caught.value.code == "ConflictException"


def test_the_same_stop_may_be_asked_again_when_all_is_over(cloud: Cloud) -> None:
    cloud.create(callback_step("step"))
    arn = cloud.start()
    token = cloud.wait_for_messages(1)[0]["token"]
    request = {"PipelineExecutionArn": arn, "ClientRequestToken": cloud.token()}
    assert cloud.call("StopPipelineExecution", **request) == {"PipelineExecutionArn": arn}
    cloud.succeed(token)
    cloud.wait_for_end(arn)
    assert cloud.call("StopPipelineExecution", **request) == {"PipelineExecutionArn": arn}


def test_a_queue_that_is_gone_does_not_keep_the_execution_from_stopping(cloud: Cloud) -> None:
    cloud.create(callback_step("step"))
    arn = cloud.start()
    cloud.wait_for_messages(1)
    cloud.wait_for_step(arn, "step", "Executing")
    cloud.host.refusing_queues.add(QUEUE)
    cloud.stop(arn)
    cloud.wait_for_end(arn)
    assert cloud.describe(arn)["PipelineExecutionStatus"] == "Stopped"
    assert "sqs:SendMessage" in str(cloud.steps(arn)["step"]["FailureReason"])


def test_an_execution_that_does_not_exist_is_not_found(cloud: Cloud) -> None:
    arn = "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/p/execution/abcdefghijkl"
    with pytest.raises(ServiceError, match="does not exist") as caught:
        cloud.stop(arn)
    assert caught.value.code == "ResourceNotFound"
