"""Workflows that are stopped in the middle: the execution is aborted, and all that it has started ends."""

import json
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest

from tests.integration.processes import linux, processes
from tests.integration.stack import Stack
from tests.integration.wire import Document, eventually, unique
from tests.integration.workflow_runs import WINE, Followed, Run, events, run, run_workflow, wine

pytestmark = [pytest.mark.integration, linux]

LONG = {"hyperparameters": {"n-estimators": "100000"}}
MANY = 1000  # times the sample: to process it takes longer than to stop that
WORKFLOWS = ("train", "train_many", "process", "batch_transform", "end_to_end")
LEFT = "train"  # by Ctrl-C, before it is stopped


class Stopped(NamedTuple):
    """What became of a workflow: what its follower and `invoke stop` said, and the jobs it had started."""

    followed: Run
    said: str
    jobs: list[str]


@pytest.fixture(scope="module")
def inputs(deployed: Stack) -> Iterator[dict[str, Document]]:
    """What keeps each workflow busy."""
    bucket, folder = deployed.output("bucket_name"), f"workflows/data/{unique('much')}"
    head, *lines = WINE.read_text(encoding="utf-8").splitlines()
    rows, _ = wine()
    for name, content in (("table", [head, *(lines * MANY)]), ("rows", rows * MANY)):
        deployed.s3.put_object(
            Bucket=bucket, Key=f"{folder}/{name}/all.csv", Body="\n".join(content).encode()
        )
    trained = run(deployed, "train", "--set", "hyperparameters.n-estimators=400").output()
    model_data = trained["ModelArtifacts"]["S3ModelArtifacts"]
    model = run_workflow(deployed, "save_model", model_data=model_data).output()["ModelName"]
    transform = {"model_name": model, "input": f"s3://{bucket}/{folder}/rows/", "split_type": "Line"}
    yield {
        "train": LONG,
        "train_many": {"models": [{"name": name, **LONG} for name in ("one", "two")]},
        "process": {"source": f"s3://{bucket}/{folder}/table/"},
        "batch_transform": transform | {"max_payload_mb": 1},
        "end_to_end": LONG,
    }
    deployed.sagemaker.delete_model(ModelName=model)


def started_by(stack: Stack, arn: str) -> list[str]:
    """Give the ARNs of the jobs and executions that an execution has started and waits for."""
    submitted = events(stack, arn, "TaskSubmitted")
    answers = [json.loads(event["taskSubmittedEventDetails"]["output"]) for event in submitted]
    return [
        str(value)
        for answer in answers
        for key, value in answer.items()
        if key.endswith(("JobArn", "ExecutionArn"))
    ]


def nested(stack: Stack, arn: str) -> list[str]:
    """Give the executions that an execution has started."""
    return [started for started in started_by(stack, arn) if ":states:" in started]


def jobs_of(stack: Stack, arn: str) -> list[str]:
    """Give the jobs that an execution, or one nested in it, has started."""
    jobs = [started for started in started_by(stack, arn) if ":states:" not in started]
    return [*jobs, *(job for execution in nested(stack, arn) for job in jobs_of(stack, execution))]


def job_status(stack: Stack, arn: str) -> str:
    """Tell how a job stands."""
    kind, name = arn.rpartition(":")[2].split("/")
    describe: dict[str, Callable[[], str]] = {
        "training-job": lambda: stack.sagemaker.describe_training_job(TrainingJobName=name)[
            "TrainingJobStatus"
        ],
        "processing-job": lambda: stack.sagemaker.describe_processing_job(ProcessingJobName=name)[
            "ProcessingJobStatus"
        ],
        "transform-job": lambda: stack.sagemaker.describe_transform_job(TransformJobName=name)[
            "TransformJobStatus"
        ],
    }
    return describe[kind]()


def endpoint_of(stack: Stack) -> list[str]:
    """Give the name of the endpoint that the workflows make by default, if there is one."""
    prefix = f"{stack.output('name_prefix')}-endpoint"
    return [item["EndpointName"] for item in stack.sagemaker.list_endpoints(NameContains=prefix)["Endpoints"]]


def working(stack: Stack) -> list[str]:
    """Give the commands of the container's programs that run."""
    programs = ("train.py", "process.py", "serve.py")
    running = processes(stack.state / "cloud").values()
    return [command for command in running if any(program in command for program in programs)]


@pytest.fixture(scope="module")
def stopped(deployed: Stack, inputs: dict[str, Document]) -> dict[str, Stopped]:
    """All of them, stopped in the middle at the same time."""

    def stop(workflow: str) -> Stopped:
        followed = Followed.start(deployed, workflow, **inputs[workflow])
        count = 2 if workflow == "train_many" else 1
        jobs = eventually(lambda: jobs_of(deployed, followed.arn), lambda seen: len(seen) == count, 60)
        eventually(lambda: {job_status(deployed, job) for job in jobs}, {"InProgress"}.__eq__)
        if workflow == LEFT:
            followed.process.send_signal(signal.SIGINT)
            followed.process.wait(60)
            assert {job_status(deployed, job) for job in jobs} == {"InProgress"}
        said = deployed.invoke("stop", "--execution", followed.arn).output
        return Stopped(followed.end(), said, jobs)

    with ThreadPoolExecutor(len(WORKFLOWS)) as threads:
        return dict(zip(WORKFLOWS, threads.map(stop, WORKFLOWS), strict=True))


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_a_workflow_that_is_stopped_ends_with_its_jobs(
    deployed: Stack, stopped: dict[str, Stopped], workflow: str
) -> None:
    followed, said, jobs = stopped[workflow]
    assert "ABORTED" in said
    if workflow == LEFT:
        assert followed.code == 130
        assert "It goes on running." in followed.said
    else:
        assert followed.code == 1
        assert "was stopped" in followed.said
    assert followed.describe()["status"] == "ABORTED"
    for job in jobs:
        eventually(lambda job=job: job_status(deployed, job), "Stopped".__eq__)  # type: ignore[misc]


def test_nothing_of_it_runs_on_or_goes_into_service(deployed: Stack, stopped: dict[str, Stopped]) -> None:
    assert eventually(lambda: working(deployed), lambda left: not left) == []
    assert endpoint_of(deployed) == []
    for execution in nested(deployed, stopped["end_to_end"].followed.arn):
        assert deployed.states.describe_execution(executionArn=execution)["status"] == "ABORTED"


def test_what_a_stopped_deployment_has_made_can_be_taken_away(deployed: Stack) -> None:
    """No task waits for an endpoint as for a job: once begun, it is made, here as on AWS."""
    followed = Followed.start(deployed, "end_to_end", hyperparameters={"n-estimators": "5"})
    (endpoint,) = eventually(lambda: endpoint_of(deployed), seconds=60)
    assert "ABORTED" in deployed.invoke("stop", "--execution", followed.arn).output
    assert followed.end().describe()["status"] == "ABORTED"
    executions = nested(deployed, followed.arn)
    statuses = [deployed.states.describe_execution(executionArn=arn)["status"] for arn in executions]
    assert statuses == ["SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "ABORTED"]
    deployed.invoke("undeploy", "--endpoint", endpoint, "--yes")
    assert endpoint_of(deployed) == []
    assert eventually(lambda: working(deployed), lambda left: not left) == []
