"""EventBridge Scheduler on the wire: a schedule works as its role, and tells what it could not do."""

from typing import Any

import pytest

from tests.integration.roles import ACCOUNT, REGION, role
from tests.integration.wire import Cloud, eventually, get, lambda_step, refused, unique

pytestmark = pytest.mark.integration

GROUP = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/default"


def create(cloud: Cloud, target: dict[str, Any], expression: str = "rate(1 hour)", **more: Any) -> str:
    name = unique("schedule")
    cloud.stack.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression=expression,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target,
        **more,
    )
    return name


def test_a_rate_starts_a_pipeline_as_its_role(cloud: Cloud) -> None:
    step = lambda_step("Echo", cloud.function(), {"event": "String"}, day=get("Parameters.Day"))
    pipeline = cloud.create(step, parameters=[{"Name": "Day", "Type": "String", "DefaultValue": "none"}])
    arn = cloud.sagemaker.describe_pipeline(PipelineName=pipeline)["PipelineArn"]
    condition = {"ArnEquals": {"aws:SourceArn": GROUP}}
    worker = role(cloud, "scheduler", "sagemaker:StartPipelineExecution", resource=arn, condition=condition)
    given = {"PipelineParameterList": [{"Name": "Day", "Value": "Friday"}]}
    name = create(cloud, {"Arn": arn, "RoleArn": worker, "SageMakerPipelineParameters": given})

    def executions() -> Any:
        return cloud.sagemaker.list_pipeline_executions(PipelineName=pipeline)["PipelineExecutionSummaries"]

    (started,) = eventually(executions)
    assert cloud.finish(started["PipelineExecutionArn"]) == "Succeeded"
    assert cloud.echoed(started["PipelineExecutionArn"], "Echo") == {"day": "Friday"}
    scheduler = cloud.stack.client("scheduler")
    described = scheduler.get_schedule(Name=name)
    assert (described["State"], described["Target"]["SageMakerPipelineParameters"]) == ("ENABLED", given)
    scheduler.delete_schedule(Name=name)
    with refused("ResourceNotFoundException", name):
        scheduler.get_schedule(Name=name)


def test_what_the_role_may_not_do_goes_to_the_dead_letter_queue(cloud: Cloud) -> None:
    queue, dead = cloud.queue(), cloud.queue()
    worker = role(cloud, "scheduler", "sqs:SendMessage", resource=cloud.queue_arn(dead))
    target = {"Arn": cloud.queue_arn(queue), "RoleArn": worker, "Input": "hello"}
    name = create(cloud, {**target, "DeadLetterConfig": {"Arn": cloud.queue_arn(dead)}})
    received = eventually(
        lambda: cloud.sqs.receive_message(
            QueueUrl=dead, MessageAttributeNames=["All"], WaitTimeSeconds=1
        ).get("Messages")
    )
    assert received is not None
    told = {key: one["StringValue"] for key, one in received[0]["MessageAttributes"].items()}
    assert (received[0]["Body"], told["ERROR_CODE"], told["RETRY_ATTEMPTS"]) == ("hello", "AccessDenied", "0")
    assert told["SCHEDULE_ARN"].endswith(f":schedule/default/{name}")
    assert "sqs:SendMessage" in told["ERROR_MESSAGE"]
    cloud.stack.client("scheduler").delete_schedule(Name=name)


def test_a_role_that_does_not_trust_the_scheduler_is_refused(cloud: Cloud) -> None:
    worker, queue = role(cloud, "events", "sqs:SendMessage"), cloud.queue_arn(cloud.queue())
    with refused("ValidationException", "must allow AWS EventBridge Scheduler to assume the role"):
        create(cloud, {"Arn": queue, "RoleArn": worker})
    with refused("ValidationException", "aws-sdk:sqs:sendMessage"):
        create(cloud, {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", "RoleArn": worker})
