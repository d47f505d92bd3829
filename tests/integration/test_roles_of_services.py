"""Functions, state machines, rules and buckets work as their roles or by policies of what they call."""

import json
import time
from collections.abc import Sequence
from typing import Any

import pytest

from tests.integration.machines import Machine
from tests.integration.roles import ACCOUNT, LOGS, REGION, denial, document, grant, name_of, role
from tests.integration.wire import (
    ECHO,
    Cloud,
    Document,
    eventually,
    lambda_step,
    package,
    refused,
    unique,
)

pytestmark = pytest.mark.integration


@pytest.fixture
def data(cloud: Cloud) -> str:
    bucket = cloud.bucket()
    cloud.s3.put_object(Bucket=bucket, Key="data/a.csv", Body=b"1,2\n")
    return f"s3://{bucket}/data/"


################################################################################
# Functions
################################################################################

CALLS_S3 = """
import boto3

def handler(event, context):
    print("called")
    print(boto3.client("sts").get_caller_identity()["Arn"])
    return boto3.client("s3").get_object(**event)["Body"].read().decode()
"""


def function(cloud: Cloud, role_arn: str, source: str = ECHO, **more: object) -> str:
    made = cloud.functions.create_function(
        FunctionName=unique("function"),
        Runtime="python3.12",
        Role=role_arn,
        Handler="index.handler",
        Code={"ZipFile": package(source)},
        Timeout=20,
        **more,  # type: ignore[arg-type]
    )["FunctionArn"]
    eventually(
        lambda: cloud.functions.get_function_configuration(FunctionName=made)["State"], "Active".__eq__
    )
    return made


def test_a_function_works_as_its_role_and_so_does_its_log(cloud: Cloud, data: str) -> None:
    mine = role(cloud, "lambda")
    made = function(cloud, mine, CALLS_S3)
    name = made.rpartition(":")[2]
    bucket = data.split("/")[2]
    event = {"Bucket": bucket, "Key": "data/a.csv"}
    failed = cloud.invoke(made, event)
    assert failed.error == "Unhandled"
    assert denial(mine, name, "s3:GetObject") in failed.payload["errorMessage"]
    grant(cloud, mine, "s3:GetObject")
    assert cloud.invoke(made, event).payload == "1,2\n"
    time.sleep(0.5)  # a log that came would be there by now
    assert cloud.logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")["logGroups"] == []
    grant(cloud, mine, *LOGS)
    cloud.invoke(made, event)
    eventually(lambda: cloud.logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")["logGroups"])


def test_a_role_that_lambda_may_not_assume_is_refused(cloud: Cloud) -> None:
    told = "The role defined for the function cannot be assumed by Lambda."
    mine = role(cloud, "lambda")
    made = function(cloud, mine)
    other = role(cloud, "states")
    with refused("InvalidParameterValueException", told):
        cloud.functions.update_function_configuration(FunctionName=made, Role=other)
    with refused("InvalidParameterValueException", told):
        function(cloud, other)


def test_a_mapping_needs_a_role_that_may_poll_and_polls_as_it(cloud: Cloud) -> None:
    queue = cloud.queue({"VisibilityTimeout": "30"})
    arn = cloud.queue_arn(queue)
    mine = role(cloud, "lambda")
    made = function(cloud, mine)
    for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"):
        told = f"The function execution role does not have permissions to call {action} on SQS"
        with refused("InvalidParameterValueException", told):
            cloud.functions.create_event_source_mapping(FunctionName=made, EventSourceArn=arn)
        grant(cloud, mine, f"sqs:{action}", resource=arn)
    cloud.functions.create_event_source_mapping(FunctionName=made, EventSourceArn=arn)
    cloud.sqs.send_message(QueueUrl=queue, MessageBody="x")

    def left() -> Sequence[str]:
        names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        return [*cloud.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"].values()]

    eventually(left, lambda seen: [*seen] == ["0", "0"])


def test_destinations_and_dead_letters_need_a_role_that_may_send(cloud: Cloud) -> None:
    queue = cloud.queue()
    arn = cloud.queue_arn(queue)
    mine = role(cloud, "lambda")
    made = function(cloud, mine, "def handler(event, context): raise ValueError(event)")
    wanted: Any = {"OnFailure": {"Destination": arn}}
    told = f"The function's execution role does not have permissions to call SendMessage on {arn}"
    with refused("InvalidParameterValueException", told):
        cloud.functions.put_function_event_invoke_config(FunctionName=made, DestinationConfig=wanted)
    with refused("InvalidParameterValueException", "does not have permissions to call SendMessage on SQS"):
        cloud.functions.update_function_configuration(FunctionName=made, DeadLetterConfig={"TargetArn": arn})
    grant(cloud, mine, "sqs:SendMessage", resource=arn)
    cloud.functions.put_function_event_invoke_config(
        FunctionName=made, DestinationConfig=wanted, MaximumRetryAttempts=0
    )
    cloud.functions.invoke(FunctionName=made, InvocationType="Event", Payload=b"{}")
    assert cloud.receive(queue)["requestContext"]["condition"] == "RetriesExhausted"


################################################################################
# State machines
################################################################################


def task(resource: str, **parameters: object) -> Document:
    return {
        "StartAt": "do",
        "States": {
            "do": {
                "Type": "Task",
                "Resource": f"arn:aws:states:::{resource}",
                "Parameters": parameters,
                "End": True,
            }
        },
    }


def made(cloud: Cloud, role_arn: str, written: Document, **more: object) -> Machine:
    arn = cloud.states.create_state_machine(
        name=unique("machine"),
        definition=json.dumps(written),
        roleArn=role_arn,
        **more,  # type: ignore[arg-type]
    )["stateMachineArn"]
    return Machine(cloud, arn)


def test_a_denied_task_fails_with_the_service_s_error_and_aws_sentence(
    cloud: Cloud, echo: str, data: str
) -> None:
    mine = role(cloud, "states")
    queue = cloud.queue()
    topic = cloud.sns.create_topic(Name=unique("topic"))["TopicArn"]
    bucket = data.split("/")[2]
    inner = made(cloud, mine, {"StartAt": "a", "States": {"a": {"Type": "Pass", "End": True}}}).arn
    cases = [
        (task("lambda:invoke", FunctionName=echo), "Lambda.AWSLambdaException", "lambda:InvokeFunction"),
        (
            task("sqs:sendMessage", QueueUrl=queue, MessageBody="x"),
            "SQS.AmazonSQSException",
            "sqs:SendMessage",
        ),
        (task("sns:publish", TopicArn=topic, Message="x"), "SNS.AuthorizationErrorException", "SNS:Publish"),
        (
            task("states:startExecution", StateMachineArn=inner),
            "StepFunctions.AWSStepFunctionsException",
            "states:StartExecution",
        ),
        (
            task("sagemaker:createEndpoint", EndpointName="e", EndpointConfigName="c"),
            "SageMaker.AmazonSageMakerException",
            "sagemaker:CreateEndpoint",
        ),
        (task("aws-sdk:s3:getObject", Bucket=bucket, Key="data/a.csv"), "S3.S3Exception", "s3:GetObject"),
        (
            task("aws-sdk:sagemaker:describeEndpoint", EndpointName="e"),
            "SageMaker.SageMakerException",
            "sagemaker:DescribeEndpoint",
        ),
    ]
    runs = [(made(cloud, mine, written).start(), error, action) for written, error, action in cases]
    found = [(run.failure(), run.arn.rpartition(":")[2], error, action) for run, error, action in runs]
    for (error, cause), name, expected, action in found:
        assert denial(mine, name, action).lower() in cause.lower(), (expected, error, cause)
    assert [error for (error, _), _, _, _ in found] == [expected for _, _, expected, _ in found]


def test_trust_is_decided_with_the_state_machine(cloud: Cloud) -> None:
    machines = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine"
    written = {"StartAt": "a", "States": {"a": {"Type": "Pass", "End": True}}}
    told = "Neither the global service principal states.amazonaws.com, nor the regional one is authorized"
    for mine in (
        role(cloud, "states", condition={"ArnLike": {"aws:SourceArn": f"{machines}:other"}}),
        role(cloud, "lambda"),
    ):
        with refused("AccessDeniedException", told):
            made(cloud, mine, written)
    mine = role(cloud, "states", condition={"ArnLike": {"aws:SourceArn": f"{machines}:machine-*"}})
    machine = made(cloud, mine, written)
    made(cloud, role(cloud, f"states.{REGION}"), written)  # the regional name of the service
    with refused("AccessDeniedException", told):
        made(cloud, role(cloud, "states.us-east-1"), written)
    with refused("AccessDeniedException", told):
        cloud.states.update_state_machine(stateMachineArn=machine.arn, roleArn=role(cloud, "lambda"))


def test_a_task_works_as_another_role_that_trusts_the_state_machine_s(cloud: Cloud, echo: str) -> None:
    mine = role(cloud, "states")
    other = role(cloud, "lambda", "lambda:InvokeFunction")
    written = task("lambda:invoke", FunctionName=echo)
    written["States"]["do"]["Credentials"] = {"RoleArn": other}
    machine = made(cloud, mine, written)
    _, cause = machine.start().failure()
    assert "is not authorized to perform: sts:AssumeRole on resource: " in cause
    grant(cloud, mine, "sts:AssumeRole", resource=other)
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": mine}}
    cloud.stack.client("iam").update_assume_role_policy(
        RoleName=name_of(other), PolicyDocument=document(trust)
    )
    assert machine.start().output()["Payload"]["pid"]


def test_a_distributed_map_reads_starts_and_writes_as_its_role(cloud: Cloud, data: str) -> None:
    bucket = data.split("/")[2]
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "a",
        "States": {"a": {"Type": "Pass", "End": True}},
    }
    each = {
        "Type": "Map",
        "ItemProcessor": processor,
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a", "b"]},
            "Parameters": {"Bucket": bucket, "Key": "data/a.csv"},
        },
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Parameters": {"Bucket": bucket, "Prefix": "out"},
        },
        "End": True,
    }
    mine = role(cloud, "states")
    machine = made(cloud, mine, {"StartAt": "each", "States": {"each": each}})
    for action, expected in (
        ("s3:GetObject", "States.ItemReaderFailed"),
        ("states:StartExecution", "States.Permissions"),
        ("s3:PutObject", "States.ResultWriterFailed"),
    ):
        run = machine.start()
        error, cause = run.failure()
        assert (error, denial(mine, run.arn.rpartition(":")[2], action) in cause) == (expected, True), cause
        grant(cloud, mine, action)
    assert machine.start().output()["MapRunArn"]
    caught = {**each, "Catch": [{"ErrorEquals": ["States.ItemReaderFailed"], "Next": "told"}]}
    written = {"StartAt": "each", "States": {"each": caught, "told": {"Type": "Pass", "End": True}}}
    error_output = made(cloud, role(cloud, "states"), written).start().output()
    assert error_output["Error"] == "States.ItemReaderFailed"


def test_a_log_and_a_waiting_task_need_their_permissions_when_the_machine_is_made(cloud: Cloud) -> None:
    mine = role(cloud, "states")
    group = unique("/aws/vendedlogs/states/group")
    cloud.logs.create_log_group(logGroupName=group)
    arn = cloud.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["arn"]
    logging = {"level": "ALL", "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}]}
    written = task(
        "states:startExecution.sync:2", StateMachineArn="arn:aws:states:us-west-2:000000000000:stateMachine:x"
    )
    with refused(
        "AccessDeniedException", "The state machine IAM Role is not authorized to access the Log Destination"
    ):
        made(cloud, mine, written, loggingConfiguration=logging)
    grant(cloud, mine, "logs:*")
    with refused("AccessDeniedException", f"'{mine}' is not authorized to create managed-rule."):
        made(cloud, mine, written, loggingConfiguration=logging)
    rule = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
    grant(cloud, mine, "events:PutTargets", "events:PutRule", "events:DescribeRule", resource=rule)
    made(cloud, mine, written, loggingConfiguration=logging)


################################################################################
# Events and notifications
################################################################################


def test_a_rule_needs_a_queue_that_lets_it_and_a_role_that_starts_its_pipeline(
    cloud: Cloud, echo: str
) -> None:
    source, rule = unique("source"), unique("rule")
    pipeline = cloud.create(lambda_step("tell", echo, {"event": "String"}))
    pipeline_arn = cloud.sagemaker.describe_pipeline(PipelineName=pipeline)["PipelineArn"]
    rule_arn = cloud.events.put_rule(Name=rule, EventPattern=json.dumps({"source": [source]}))["RuleArn"]
    let = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "*",
        "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}},
    }
    closed, lost = cloud.queue(), cloud.queue({"Policy": document(let)})
    buried = {"DeadLetterConfig": {"Arn": cloud.queue_arn(lost)}}
    mine = role(cloud, "events", condition={"ArnEquals": {"aws:SourceArn": rule_arn}})
    targets: Any = [
        {"Id": "queue", "Arn": cloud.queue_arn(closed), **buried},
        {"Id": "pipeline", "Arn": pipeline_arn, "RoleArn": mine, **buried},
    ]
    cloud.events.put_targets(Rule=rule, Targets=targets)

    def told() -> Document:
        [message] = eventually(
            lambda: cloud.sqs.receive_message(
                QueueUrl=lost, WaitTimeSeconds=1, MessageAttributeNames=["All"]
            ).get("Messages", [])
        )
        cloud.sqs.delete_message(QueueUrl=lost, ReceiptHandle=message["ReceiptHandle"])
        return {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}

    cloud.events.put_events(Entries=[{"Source": source, "DetailType": "x", "Detail": "{}"}])
    found = {one["TARGET_ARN"]: one for one in (told(), told())}
    assert {one["ERROR_CODE"] for one in found.values()} == {"NO_PERMISSIONS"}
    assert denial(mine, rule, "sagemaker:StartPipelineExecution") in found[pipeline_arn]["ERROR_MESSAGE"]
    grant(cloud, mine, "sagemaker:StartPipelineExecution", resource=pipeline_arn)
    cloud.events.put_events(Entries=[{"Source": source, "DetailType": "x", "Detail": "{}"}])
    eventually(
        lambda: cloud.sagemaker.list_pipeline_executions(PipelineName=pipeline)["PipelineExecutionSummaries"]
    )


def test_a_bucket_notifies_only_a_queue_that_lets_it(cloud: Cloud) -> None:
    bucket, queue = cloud.bucket(), cloud.queue()
    arn = cloud.queue_arn(queue)
    wanted: Any = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    with refused("InvalidArgument", "Unable to validate the following destination configurations"):
        cloud.s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)
    let = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
            "ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"},
        },
    }
    cloud.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": document(let)})
    cloud.s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)
    assert cloud.receive(queue)["Event"] == "s3:TestEvent"
    cloud.s3.put_object(Bucket=bucket, Key="a", Body=b"x")
    assert cloud.receive(queue)["Records"][0]["s3"]["object"]["key"] == "a"
