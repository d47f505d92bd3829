"""Data Science SDK: the states around jobs: choices, maps, parallel branches, retries, catches, a stop."""

import io
import json
import zipfile
from pathlib import Path

import boto3
from sagemaker.estimator import Estimator
from stepfunctions.inputs import ExecutionInput, StepInput
from stepfunctions.steps import (
    Catch,
    Chain,
    Choice,
    ChoiceRule,
    Fail,
    LambdaStep,
    Map,
    Parallel,
    Pass,
    Retry,
    SnsPublishStep,
    StepFunctionsStartExecutionStep,
    Succeed,
    TrainingStep,
    Wait,
)
from stepfunctions.workflow import Execution, ExecutionStatus, Workflow

from tests.sdks.account import IMAGE, INSTANCE, run
from tests.sdks.surroundings import Surroundings, prepare

GIVEN = ExecutionInput(schema={"Job": str, "Trees": list})
UNSTEADY = Path(__file__).with_name("unsteady.py")


def make_function(place: Surroundings) -> None:
    """Make a function that fails twice in a row."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.write(UNSTEADY, "unsteady.py")
    client = boto3.client("lambda")
    client.create_function(
        FunctionName=place.name,
        Runtime="python3.12",
        Role=place.role,
        Handler="unsteady.handler",
        Code={"ZipFile": content.getvalue()},
    )
    client.get_waiter("function_active_v2").wait(FunctionName=place.name, WaiterConfig={"Delay": 1})


def unsteady(place: Surroundings, retried: int) -> LambdaStep:
    """Call the function again until it succeeds; it is told which attempt this is."""
    step = LambdaStep(
        "Unsteady",
        parameters={"FunctionName": place.name, "Payload": {"attempt.$": "$$.State.RetryCount"}},
        result_path="$.Unsteady",
    )
    retry = Retry(error_equals=["UnsteadyError"], interval_seconds=1, max_attempts=retried, backoff_rate=1.0)
    step.add_retry(retry)
    return step


def each_forest(place: Surroundings) -> Map:
    """Train with each number of trees; one that is no number does not end the others."""
    estimator = Estimator(
        image_uri=IMAGE,
        role=place.role,
        instance_count=1,
        instance_type=INSTANCE,
        output_path=f"{place.folder}/models",
        sagemaker_session=place.session,
    )
    item = StepInput()
    training = TrainingStep(
        "Train",
        estimator=estimator,
        data={"training": place.wine},
        job_name=item["Job"],
        hyperparameters={"n-estimators": item["Trees"]},
        output_path="$.ModelArtifacts",
    )
    training.add_catch(Catch(error_equals=["States.TaskFailed"], next_step=Pass("No forest", result="none")))
    mapped = Map(
        "Each forest",
        items_path="$.Trees",
        parameters={
            "Trees.$": "$$.Map.Item.Value",
            "Job.$": "States.Format('{}-{}', $.Job, $$.Map.Item.Index)",
        },
        max_concurrency=2,
    )
    mapped.attach_iterator(training)
    return mapped


def inner(place: Surroundings, topic: str) -> Chain:
    """Call, decide, and then do two things at once."""
    message = SnsPublishStep("Tell", parameters={"TopicArn": topic, "Message": GIVEN["Job"]})
    both = Parallel("Both")
    both.add_branch(each_forest(place))
    both.add_branch(Chain([Wait("A moment", seconds=1), message, Pass("Told", result="told")]))
    both.next(Succeed("Done"))
    enough = ChoiceRule.And(
        [
            ChoiceRule.NumericEquals("$.Unsteady.Payload.attempt", 2),
            ChoiceRule.IsPresent("$.Trees[0]", True),
        ]
    )
    choice = Choice("Steady, and something to do?")
    choice.add_choice(enough, both)
    choice.default_choice(Fail("Nothing to do", error="NothingToDo", cause="no trees"))
    return Chain([unsteady(place, retried=2), choice])


def outer(arn: str) -> Chain:
    """Execute another workflow to its end; if it fails, say why."""
    nested = StepFunctionsStartExecutionStep(
        "Nested", parameters={"StateMachineArn": arn, "Input": {"Job.$": "$.Job", "Trees.$": "$.Trees"}}
    )
    nested.add_catch(Catch(error_equals=["States.TaskFailed"], next_step=Pass("It failed")))
    return Chain([nested])


def stopped(place: Surroundings) -> dict[str, object]:
    """Stop an execution that waits."""
    workflow = Workflow(f"{place.name}-waiting", Chain([Wait("An hour", seconds=3600)]), place.role)
    workflow.create()
    execution = workflow.execute()
    execution.stop(error="Enough", cause="nobody waits an hour")
    output = execution.get_output(wait=True)
    aborted = workflow.list_executions(status_filter=ExecutionStatus.Aborted)
    workflow.delete()
    described: dict[str, object] = execution.describe()
    return described | {"given": output, "listed": [item.execution_arn for item in aborted]}


def attempts(execution: Execution) -> int:
    """Count how often the function was called."""
    events = execution.list_events()
    calls = [event for event in events if event["type"] == "TaskScheduled"]
    return sum(call["taskScheduledEventDetails"]["resourceType"] == "lambda" for call in calls)


def main() -> dict[str, object]:
    """Create two workflows, one of which executes the other, and look at what comes of three executions."""
    place = prepare("states")
    make_function(place)
    topic = boto3.client("sns").create_topic(Name=place.name)["TopicArn"]
    queue_arn = f"arn:aws:sqs:us-west-2:000000000000:{place.name}"
    sending = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [sending]})
    queue = boto3.client("sqs").create_queue(QueueName=place.name, Attributes={"Policy": policy})["QueueUrl"]
    boto3.client("sns").subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=queue_arn,
        Attributes={"RawMessageDelivery": "true"},
    )
    workflow = Workflow(place.name, inner(place, topic), place.role, execution_input=GIVEN)
    arn = workflow.create()
    nesting = Workflow(f"{place.name}-outer", outer(arn), place.role)
    nesting.create()
    good = nesting.execute(inputs={"Job": f"{place.name}-a", "Trees": ["5", "many", "8"]})
    idle = nesting.execute(inputs={"Job": f"{place.name}-b", "Trees": []})
    try:
        workflow.execute(inputs={"Job": 1})
    except ValueError as error:
        refused = str(error)
    found = {
        "name": place.name,
        "good": good.get_output(wait=True),
        "idle": idle.get_output(wait=True),
        "refused": refused,
        "stopped": stopped(place),
        "statuses": sorted(item.status for item in workflow.list_executions()),
        "attempts": [attempts(item) for item in workflow.list_executions()],
        "messages": boto3.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"],
    }
    nesting.delete()
    workflow.delete()
    return found


if __name__ == "__main__":
    run(main)
