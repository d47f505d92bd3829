"""SageMaker and SageMaker geospatial on the wire: boto3 in front, real functions and queues behind."""

import csv
import io
import json
import re
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path

import pytest

from tests.integration.stack import local_cloud
from tests.integration.wire import (
    REGION,
    ROLE,
    Cloud,
    Document,
    callback_step,
    definition,
    eventually,
    fail_step,
    get,
    join,
    lambda_step,
    linux,
    processes,
    refused,
    token,
    unique,
)

pytestmark = pytest.mark.integration

ARNS = "arn:aws:sagemaker:us-west-2:000000000000:pipeline"
EVENT = "SageMaker Model Building Pipeline Execution"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    folder = tmp_path_factory.mktemp("sagemaker")
    with local_cloud(folder) as port:
        yield Cloud(folder, port)


@pytest.fixture(scope="module")
def echo(cloud: Cloud) -> str:
    """A function that answers with its event, and with the same once more as a text in `event`."""
    return cloud.function()


# Executions


@pytest.fixture(scope="module")
def branching(cloud: Cloud, echo: str) -> str:
    """Two functions that wait for each other, a decision about their outputs, and what follows from it."""
    number, flag = get("Steps.left.OutputParameters['number']"), get("Steps.right.OutputParameters['flag']")
    meeting = {"folder": get("Parameters.folder"), "meet": 2}
    sentence = join(" ", get("Execution.PipelineName"), "counted", number, flag)
    branches = {
        "Conditions": [
            {"Type": "GreaterThan", "LeftValue": number, "RightValue": get("Parameters.limit")},
            {"Type": "Equals", "LeftValue": flag, "RightValue": True},
        ],
        "IfSteps": [
            lambda_step("tell", echo, {"event": "String"}, number=number, flag=flag, sentence=sentence)
        ],
        "ElseSteps": [fail_step("give-up", sentence)],
    }
    return cloud.create(
        lambda_step("left", echo, {"number": "Integer"}, number=3, **meeting),
        lambda_step("right", echo, {"flag": "Boolean"}, flag=True, **meeting),
        {"Name": "decide", "Type": "Condition", "Arguments": branches},
        parameters=[{"Name": "folder"}, {"Name": "limit", "Type": "Integer", "DefaultValue": 2}],
    )


def test_parallel_functions_decide_which_branch_runs(cloud: Cloud, branching: str, tmp_path: Path) -> None:
    execution = cloud.start(branching, folder=str(tmp_path))
    assert cloud.finish(execution) == "Succeeded"
    steps = cloud.steps(execution)
    assert steps.keys() == {"left", "right", "decide", "tell"}
    assert {step["StepStatus"] for step in steps.values()} == {"Succeeded"}
    assert steps["decide"]["Metadata"] == {"Condition": {"Outcome": "True"}}
    sentence = f"{branching} counted 3 true"
    assert cloud.echoed(execution, "tell") == {"number": 3, "flag": True, "sentence": sentence}


def test_the_other_branch_fails_the_execution_with_its_message(
    cloud: Cloud, branching: str, tmp_path: Path
) -> None:
    execution = cloud.start(branching, folder=str(tmp_path), limit="3")
    assert cloud.finish(execution) == "Failed"
    described = cloud.sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution)
    assert described["FailureReason"] == "Step failure: One or multiple steps failed."
    steps = cloud.steps(execution)
    assert steps.keys() == {"left", "right", "decide", "give-up"}
    assert steps["decide"]["Metadata"] == {"Condition": {"Outcome": "False"}}
    assert steps["give-up"]["StepStatus"] == "Failed"
    assert steps["give-up"]["FailureReason"] == f"{branching} counted 3 true"


def test_a_declared_output_that_is_missing_fails_the_step(cloud: Cloud, echo: str) -> None:
    pipeline = cloud.create(
        lambda_step("half", echo, {"here": "String", "missing": "String"}, here="x"),
        lambda_step("after", echo, {}, given=get("Steps.half.OutputParameters['missing']")),
    )
    execution = cloud.start(pipeline)
    assert cloud.finish(execution) == "Failed"
    steps = cloud.steps(execution)
    assert steps.keys() == {"half"}
    assert "'missing' is not in the Lambda function's result" in steps["half"]["FailureReason"]


@pytest.fixture
def asked(cloud: Cloud, echo: str) -> tuple[str, str]:
    """An execution that waits for an answer and will tell it to a function; and the queue it asks on."""
    queue, answer = cloud.queue(), get("Steps.ask.OutputParameters['answer']")
    pipeline = cloud.create(
        callback_step("ask", queue, {"answer": "Integer"}, question=get("Parameters.question")),
        lambda_step("tell", echo, {"event": "String"}, answer=answer),
        parameters=[{"Name": "question"}],
    )
    return cloud.start(pipeline, question="6 * 9?"), queue


def test_a_callback_is_answered_once_and_its_outputs_go_on(cloud: Cloud, asked: tuple[str, str]) -> None:
    execution, queue = asked
    message = cloud.receive(queue)
    callback = message.pop("token")
    assert re.fullmatch("[a-zA-Z0-9]{10}", callback)
    arguments = {"question": "6 * 9?"}
    assert message == {"pipelineExecutionArn": execution, "status": "Executing", "arguments": arguments}
    waiting = cloud.steps(execution)["ask"]
    assert waiting["StepStatus"] == "Executing"
    assert waiting["Metadata"]["Callback"]["CallbackToken"] == callback
    assert cloud.answer(callback, answer="42") == execution
    with refused("ValidationException", "'ask'", "Succeeded"):
        cloud.answer(callback, answer="42")
    assert cloud.finish(execution) == "Succeeded"
    assert cloud.echoed(execution, "tell") == {"answer": 42}


def test_a_callback_that_is_answered_as_failed_fails_with_the_reason(
    cloud: Cloud, asked: tuple[str, str]
) -> None:
    execution, queue = asked
    cloud.sagemaker.send_pipeline_execution_step_failure(
        CallbackToken=cloud.receive(queue)["token"], FailureReason="nobody knows"
    )
    assert cloud.finish(execution) == "Failed"
    assert cloud.steps(execution)["ask"]["FailureReason"] == "nobody knows"


def test_an_unknown_callback_token_is_refused(cloud: Cloud) -> None:
    with refused("ResourceNotFound", "0123456789"):
        cloud.answer("0123456789")


def test_stopping_waits_for_the_callback_and_says_so_on_the_queue(
    cloud: Cloud, asked: tuple[str, str]
) -> None:
    execution, queue = asked
    first = cloud.receive(queue)
    cloud.sagemaker.stop_pipeline_execution(PipelineExecutionArn=execution, ClientRequestToken=token())
    assert cloud.receive(queue) == first | {"status": "Stopping"}
    assert cloud.status(execution) == "Stopping"
    assert cloud.steps(execution)["ask"]["StepStatus"] == "Stopping"
    cloud.answer(first["token"], answer="42")
    assert cloud.finish(execution) == "Stopped"
    steps = cloud.steps(execution)
    assert steps.keys() == {"ask"}
    assert steps["ask"]["StepStatus"] == "Stopped"


def test_changes_of_status_reach_a_queue_through_eventbridge(cloud: Cloud, echo: str) -> None:
    pipeline, queue, rule = cloud.create(lambda_step("only", echo, {})), cloud.queue(), unique("rule")
    pattern = {"source": ["aws.sagemaker"], "detail": {"pipelineArn": [f"{ARNS}/{pipeline}"]}}
    cloud.events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    cloud.events.put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": cloud.queue_arn(queue)}])
    execution = cloud.sagemaker.start_pipeline_execution(
        PipelineName=pipeline,
        PipelineExecutionDisplayName="shown",
        PipelineExecutionDescription="described",
        ClientRequestToken=token(),
    )["PipelineExecutionArn"]
    events = [cloud.receive(queue) for _ in range(2 + 3)]
    assert all(event["source"] == "aws.sagemaker" and event["region"] == REGION for event in events)
    assert all(event["resources"] == [f"{ARNS}/{pipeline}", execution] for event in events)
    details = [event["detail"] for event in events if event["detail-type"] == f"{EVENT} Status Change"]
    changes = {detail["currentPipelineExecutionStatus"]: detail for detail in details}
    assert changes.keys() == {"Executing", "Succeeded"}
    start_time = changes["Executing"]["executionStartTime"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", start_time)
    assert changes["Succeeded"].pop("executionEndTime") >= start_time
    assert changes["Succeeded"] == {
        "pipelineExecutionDisplayName": "shown",
        "pipelineExecutionDescription": "described",
        "previousPipelineExecutionStatus": "Executing",
        "currentPipelineExecutionStatus": "Succeeded",
        "executionStartTime": start_time,
        "pipelineArn": f"{ARNS}/{pipeline}",
        "pipelineExecutionArn": execution,
    }
    details = [event["detail"] for event in events if event["detail-type"] == f"{EVENT} Step Status Change"]
    changes = {detail["currentStepStatus"]: detail for detail in details}
    assert changes.keys() == {"Starting", "Executing", "Succeeded"}
    assert changes["Succeeded"].pop("stepEndTime") >= changes["Succeeded"].pop("stepStartTime") >= start_time
    assert changes["Succeeded"] == {
        "stepName": "only",
        "stepType": "Lambda",
        "previousStepStatus": "Executing",
        "currentStepStatus": "Succeeded",
        "metadata": {"lambda": {"arn": echo, "outputParameters": []}},
        "pipelineArn": f"{ARNS}/{pipeline}",
        "pipelineExecutionArn": execution,
    }


# Operations


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
        ([{"Name": "train", "Type": "Training", "Arguments": {}}], ["'train'", "'Training'"]),
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


# Geospatial


def test_a_job_geocodes_an_object_and_exports_the_addresses(cloud: Cloud) -> None:
    bucket = cloud.bucket()
    rows = 'Name,Longitude,Latitude\nFjällräven,-149.8997,61.2176\n"No, where",north,12\n'
    cloud.s3.put_object(Bucket=bucket, Key="in/places.csv", Body=rows.encode())
    job = cloud.start_job(bucket, "in/places.csv")
    assert eventually(lambda: cloud.job_status(job), {"COMPLETED", "FAILED"}.__contains__) == "COMPLETED"
    cloud.export(job, f"s3://{bucket}/out/")
    describe = partial(cloud.geospatial.get_vector_enrichment_job, Arn=job)
    eventually(lambda: describe()["ExportStatus"], "SUCCEEDED".__eq__)
    [written] = cloud.s3.list_objects_v2(Bucket=bucket, Prefix="out/")["Contents"]
    assert written["Key"] == f"out/{job.rpartition('/')[2]}/results_0.csv"
    content = cloud.s3.get_object(Bucket=bucket, Key=written["Key"])["Body"].read().decode()
    found, bad = csv.DictReader(io.StringIO(content))
    assert [*found.values()][:3] == ["Fjällräven", "-149.8997", "61.2176"]
    assert (found["reverse_geo.municipality"], found["reverse_geo.country"]) == ("Anchorage", "USA")
    assert found["reverse_geo.status"] == "Valid Data"
    assert [*bad.values()][:3] == ["No, where", "north", "12"]
    assert "longitude" in bad["reverse_geo.status"]


def test_a_job_without_its_object_fails_and_says_why(cloud: Cloud) -> None:
    bucket = cloud.bucket()
    job = cloud.start_job(bucket, "not/there.csv")
    eventually(lambda: cloud.job_status(job), "FAILED".__eq__)
    details = cloud.geospatial.get_vector_enrichment_job(Arn=job)["ErrorDetails"]
    assert details["ErrorType"] == "CLIENT_ERROR"
    assert f"s3://{bucket}/not/there.csv" in details["ErrorMessage"]


@linux
def test_a_job_is_stopped_while_it_runs_and_leaves_no_process(cloud: Cloud) -> None:
    bucket = cloud.bucket()
    rows = "".join(f"{number % 360 - 180},{number % 1201 / 10 - 60}\n" for number in range(300_000))
    cloud.s3.put_object(Bucket=bucket, Key="in/many.csv", Body=f"Longitude,Latitude\n{rows}".encode())
    job = cloud.start_job(bucket, "in/many.csv")

    def workers() -> list[str]:
        return [command for command in processes(cloud.folder).values() if job.rpartition("/")[2] in command]

    eventually(workers)
    cloud.geospatial.stop_vector_enrichment_job(Arn=job)
    eventually(lambda: cloud.job_status(job), "STOPPED".__eq__)
    assert workers() == []
    with refused("ConflictException", "STOPPED"):
        cloud.export(job, f"s3://{bucket}/stopped/")
