"""Services act by their roles on the wire, and a denial is told where a user looks."""

import json
import time
from collections.abc import Sequence
from typing import Any

import pytest

from tests.integration.images import IMAGE, finished_training, processing, training
from tests.integration.machines import Machine
from tests.integration.wire import (
    ECHO,
    Cloud,
    Document,
    definition,
    eventually,
    lambda_step,
    package,
    refused,
    token,
    unique,
)

pytestmark = pytest.mark.integration

ACCOUNT, REGION = "000000000000", "us-west-2"
LOGS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
PULL = [
    "ecr:GetAuthorizationToken",
    "ecr:BatchGetImage",
    "ecr:BatchCheckLayerAvailability",
    "ecr:GetDownloadUrlForLayer",
]


def role(
    cloud: Cloud, service: str, *actions: str, resource: object = "*", condition: Document | None = None
) -> str:
    """Make a role that a service may assume, and that is allowed these actions; give its ARN."""
    iam, name = cloud.stack.client("iam"), unique("role")
    trust: Document = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": f"{service}.amazonaws.com"},
    }
    if condition:
        trust["Condition"] = condition
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    grant(cloud, str(arn), *actions, resource=resource)
    return str(arn)


def grant(cloud: Cloud, role_arn: str, *actions: str, resource: object = "*") -> None:
    """Give a role these permissions besides."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    if actions:
        cloud.stack.client("iam").put_role_policy(
            RoleName=role_arn.rpartition("/")[2],
            PolicyName=unique("policy"),
            PolicyDocument=document(statement),
        )


def document(statement: Document) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def name_of(role_arn: str) -> str:
    return role_arn.rpartition("/")[2]


def denial(role_arn: str, session: str, action: str) -> str:
    who = f"arn:aws:sts::{ACCOUNT}:assumed-role/{name_of(role_arn)}/{session}"
    return f"User: {who} is not authorized to perform: {action} on resource: "


@pytest.fixture
def data(cloud: Cloud) -> str:
    bucket = cloud.bucket()
    cloud.s3.put_object(Bucket=bucket, Key="data/a.csv", Body=b"1,2\n")
    return f"s3://{bucket}/data/"


################################################################################
# Jobs
################################################################################


def trained(cloud: Cloud, data: str, role_arn: str, **hyperparameters: str) -> Any:
    request = training(data, **hyperparameters) | {"RoleArn": role_arn}
    cloud.sagemaker.create_training_job(**request)
    return finished_training(cloud, request["TrainingJobName"])


def test_a_training_job_needs_each_permission_that_the_guide_lists(cloud: Cloud, data: str) -> None:
    mine = role(cloud, "sagemaker", "s3:ListBucket")
    pulled = trained(cloud, data, mine)["FailureReason"]
    assert pulled.startswith("ClientError: Cannot pull algorithm container. Either the image does not exist")
    assert denial(mine, "SageMaker", "ecr:GetAuthorizationToken") in pulled
    grant(cloud, mine, *PULL)
    read = trained(cloud, data, mine)["FailureReason"]
    assert read.startswith(
        f"ClientError: Data download failed:Unable to download object {data}a.csv (AccessDenied: "
    )
    assert denial(mine, "SageMaker", "s3:GetObject") in read
    grant(cloud, mine, "s3:GetObject")
    written = trained(cloud, data, mine)["FailureReason"]
    assert written.startswith("ClientError: Artifact upload failed:Unable to write ")
    assert denial(mine, "SageMaker", "s3:PutObject") in written
    grant(cloud, mine, "s3:PutObject")
    done = trained(cloud, data, mine)
    assert done["TrainingJobStatus"] == "Completed"
    assert streams(cloud, done["TrainingJobName"]) == []  # the role may not write any
    grant(cloud, mine, *LOGS)
    again = trained(cloud, data, mine)
    eventually(lambda: streams(cloud, again["TrainingJobName"]))


def streams(cloud: Cloud, job: str) -> list[Any]:
    group = "/aws/sagemaker/TrainingJobs"
    if not cloud.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
        return []
    return [*cloud.logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=job)["logStreams"]]


def test_a_job_whose_data_may_not_be_listed_is_refused_in_aws_words(cloud: Cloud, data: str) -> None:
    mine = role(cloud, "sagemaker", "s3:GetObject", *PULL)
    with refused(
        "ValidationException", "No S3 objects found under S3 URL", f'role "{mine}" has "s3:ListBucket"'
    ):
        cloud.sagemaker.create_training_job(**training(data) | {"RoleArn": mine})


@pytest.mark.parametrize("account", [ACCOUNT, "123456789012"])
def test_trust_is_decided_with_the_account_and_the_job(cloud: Cloud, data: str, account: str) -> None:
    condition = {
        "StringEquals": {"aws:SourceAccount": account},
        "ArnLike": {"aws:SourceArn": f"arn:aws:sagemaker:{REGION}:{account}:processing-job/*"},
    }
    mine = role(cloud, "sagemaker", "s3:*", *PULL, condition=condition)
    request = processing(data) | {"RoleArn": mine}
    if account == ACCOUNT:
        cloud.sagemaker.create_processing_job(**request)
        return
    with refused("ValidationException", f"Could not assume role {mine}. Please ensure that the role exists"):
        cloud.sagemaker.create_processing_job(**request)


def test_a_role_of_another_service_and_none_at_all_are_refused(cloud: Cloud, data: str) -> None:
    for mine in (role(cloud, "lambda", "*"), f"arn:aws:iam::{ACCOUNT}:role/nobody"):
        with refused("ValidationException", f"Could not assume role {mine}."):
            cloud.sagemaker.create_processing_job(**processing(data) | {"RoleArn": mine})


def test_a_model_whose_role_may_not_read_its_data_is_refused(cloud: Cloud, data: str) -> None:
    mine = role(cloud, "sagemaker", *PULL)
    with refused(
        "ValidationException", "Could not access model data at", denial(mine, "SageMaker", "s3:GetObject")
    ):
        cloud.sagemaker.create_model(
            ModelName=unique("model"),
            ExecutionRoleArn=mine,
            PrimaryContainer={"Image": IMAGE, "ModelDataUrl": f"{data}a.csv"},
        )


def test_a_geospatial_job_reads_as_its_role(cloud: Cloud, data: str) -> None:
    mine = role(cloud, "sagemaker-geospatial", "s3:ListBucket")
    job = cloud.geospatial.start_vector_enrichment_job(
        Name="job",
        ExecutionRoleArn=mine,
        InputConfig={"DataSourceConfig": {"S3Data": {"S3Uri": f"{data}a.csv"}}, "DocumentType": "CSV"},
        JobConfig={"ReverseGeocodingConfig": {"XAttributeName": "x", "YAttributeName": "y"}},
    )["Arn"]
    failed = eventually(
        lambda: cloud.geospatial.get_vector_enrichment_job(Arn=job), lambda seen: seen["Status"] == "FAILED"
    )
    assert failed["ErrorDetails"]["ErrorType"] == "CLIENT_ERROR"
    assert denial(mine, "SageMaker", "s3:GetObject") in failed["ErrorDetails"]["ErrorMessage"]


################################################################################
# Pipelines
################################################################################


def ran(cloud: Cloud, role_arn: str, *steps: Document) -> tuple[str, dict[str, Any]]:
    """Run a pipeline with this role to its end; give the execution's id and its steps."""
    name = unique("pipeline")
    cloud.sagemaker.create_pipeline(
        PipelineName=name, PipelineDefinition=definition(*steps), RoleArn=role_arn, ClientRequestToken=token()
    )
    execution = cloud.start(name)
    cloud.finish(execution)
    return execution.rpartition("/")[2], dict(cloud.steps(execution))


def test_a_lambda_step_invokes_as_the_pipeline_s_role(cloud: Cloud, echo: str) -> None:
    mine = role(cloud, "sagemaker")
    execution, steps = ran(cloud, mine, lambda_step("tell", echo, {"event": "String"}, a=1))
    told = denial(mine, f"sagemaker-pipeline-{execution}-tell", "lambda:InvokeFunction")
    assert told in steps["tell"]["FailureReason"]
    grant(cloud, mine, "lambda:InvokeFunction", resource=echo)
    _, steps = ran(cloud, mine, lambda_step("tell", echo, {"event": "String"}, a=1))
    assert steps["tell"]["StepStatus"] == "Succeeded"


def test_a_job_step_needs_to_create_to_tag_and_to_pass_the_role(cloud: Cloud, data: str) -> None:
    mine, of_job = role(cloud, "sagemaker"), role(cloud, "sagemaker", "s3:*", *PULL)
    request = processing(data) | {"RoleArn": of_job}
    step = {"Name": "work", "Type": "Processing", "Arguments": request}
    for action in ("sagemaker:CreateProcessingJob", "sagemaker:AddTags", "iam:PassRole"):
        _, steps = ran(cloud, mine, step)
        reason = steps["work"]["FailureReason"]
        assert reason.startswith(
            "ClientError: Failed to invoke sagemaker:CreateProcessingJob. Error Details: User: "
        )
        assert f"not authorized to perform: {action} on resource: " in reason
        grant(cloud, mine, action)
    _, steps = ran(cloud, mine, step)
    assert "sagemaker:DescribeProcessingJob" in steps["work"]["FailureReason"]
    grant(cloud, mine, "sagemaker:DescribeProcessingJob")
    _, steps = ran(cloud, mine, step)
    assert steps["work"]["StepStatus"] == "Succeeded"


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
