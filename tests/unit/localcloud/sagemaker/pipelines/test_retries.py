"""Steps that are tried again, results that are found in the cache, executions that are retried."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.errors import ServiceError
from tests.unit.localcloud.sagemaker.cloud import (
    CALLER,
    Cloud,
    Document,
    FunctionRaisedError,
    callback_step,
    function_arn,
    get,
    lambda_step,
)
from tests.unit.localcloud.sagemaker.jobs.containers import FakeContainer, FakeImages
from tests.unit.localcloud.sagemaker.pipelines.job_steps import (
    cloud_with,
    job_of,
    jobs,
    processing_step,
    reason,
    training_step,
)

POLICY: Document = {"ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"], "IntervalSeconds": 7, "MaxAttempts": 2}


@pytest.fixture
def images() -> FakeImages:
    return FakeImages()


@pytest.fixture
def cloud(images: FakeImages, tmp_path: Path) -> Iterator[Cloud]:
    with cloud_with(images, tmp_path) as cloud:
        yield cloud


class Flaky:
    """A program whose first runs meet an error of the service."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.runs = 0

    def __call__(self, container: FakeContainer) -> int:
        self.runs += 1
        if self.runs <= self.failures:
            raise OSError("an error of ours")
        return 0


def await_retry(cloud: Cloud, seconds: float) -> None:
    """Wait until a retry is waiting for its time, and let that come."""
    cloud.host.wait_for(lambda: [delay for delay, _ in cloud.timer.actions] == [seconds])
    actions = [action for _, action in cloud.timer.actions]
    cloud.timer.actions.clear()
    for action in actions:
        action()


def test_a_job_that_meets_an_internal_error_is_run_again(cloud: Cloud, images: FakeImages) -> None:
    program = Flaky(failures=2)
    images.program = program
    cloud.create(training_step(RetryPolicies=[POLICY]))
    arn = cloud.start()
    await_retry(cloud, 7)
    await_retry(cloud, 14)
    cloud.wait_for_end(arn)
    step = cloud.steps(arn)["train"]
    assert (step["StepStatus"], step["AttemptCount"]) == ("Succeeded", 3)
    assert len({str(job["TrainingJobName"]) for job in jobs(cloud, "Training")}) == 3
    assert job_of(cloud, arn, "train", "Training")["TrainingJobStatus"] == "Completed"


def test_when_no_attempt_is_left_the_last_reason_is_told(cloud: Cloud, images: FakeImages) -> None:
    images.program = Flaky(failures=9)
    cloud.create(training_step(RetryPolicies=[POLICY | {"MaxAttempts": 1}]))
    arn = cloud.start()
    await_retry(cloud, 7)
    cloud.wait_for_end(arn)
    assert cloud.steps(arn)["train"]["AttemptCount"] == 2
    assert reason(cloud, arn, "train").startswith("ClientError: InternalServerError: We encountered")


def test_an_algorithm_error_is_not_tried_again(cloud: Cloud, images: FakeImages) -> None:
    images.program = lambda _: 1
    arn = cloud.run(training_step(RetryPolicies=[POLICY]))
    assert cloud.steps(arn)["train"]["AttemptCount"] == 1
    assert cloud.statuses(arn) == {"train": "Failed"}


class FlakyObjects(dict[tuple[str, str], bytes]):
    """Objects of a bucket that cannot be listed the first time."""

    listings = 0

    def __iter__(self) -> Iterator[tuple[str, str]]:
        self.listings += 1
        if self.listings == 1:
            raise OSError("no connection")
        return super().__iter__()


def test_a_fault_of_the_service_that_creates_the_job_is_tried_again(cloud: Cloud) -> None:
    cloud.host.objects = FlakyObjects(cloud.host.objects)
    cloud.create(training_step(RetryPolicies=[{"ExceptionType": ["Step.SERVICE_FAULT"]}]))
    arn = cloud.start()
    await_retry(cloud, 1)
    cloud.wait_for_end(arn)
    step = cloud.steps(arn)["train"]
    assert (step["StepStatus"], step["AttemptCount"]) == ("Succeeded", 2)
    assert len(jobs(cloud, "Training")) == 1


def test_retry_policies_of_a_lambda_step_are_refused(cloud: Cloud) -> None:
    with pytest.raises(ServiceError, match="RetryPolicies are not supported on a step of type 'Lambda'"):
        cloud.create(lambda_step("a", RetryPolicies=[POLICY]))


CACHE = {"Enabled": True, "ExpireAfter": "PT1H"}


def test_a_step_with_the_same_arguments_is_found_in_the_cache(cloud: Cloud, images: FakeImages) -> None:
    uri = get("Steps.process.ProcessingOutputConfig.Outputs['result'].S3Output.S3Uri")
    cloud.create(
        processing_step(CacheConfig=CACHE),
        lambda_step("after", Arguments={"uri": uri}, outputs={"uri": "String"}),
    )
    first, *later = [_run_again(cloud) for _ in range(3)]
    assert len(images.containers) == 1
    assert "CacheHitResult" not in cloud.steps(first)["process"]
    for arn in later:
        step = cloud.steps(arn)["process"]
        assert step["CacheHitResult"] == {"SourcePipelineExecutionArn": first}
        assert step["Metadata"] == cloud.steps(first)["process"]["Metadata"]
        assert cloud.steps(arn)["after"]["Metadata"] == cloud.steps(first)["after"]["Metadata"]


def test_a_lambda_step_with_the_same_arguments_is_found_in_the_cache(cloud: Cloud) -> None:
    calls: list[Document] = []

    def remember(event: Document) -> Document:
        calls.append(event)
        return {"n": len(calls)}

    cloud.host.functions[function_arn("count")] = remember

    def step(name: str, **arguments: object) -> Document:
        return lambda_step(name, "count", outputs={"n": "Integer"}, Arguments=arguments, CacheConfig=CACHE)

    number = get("Steps.count.OutputParameters['n']")
    cloud.create(
        step("count", a=[1]), lambda_step("after", Arguments={"n": number}, outputs={"n": "Integer"})
    )
    first, second = _run_again(cloud), _run_again(cloud)
    assert calls == [{"a": [1]}]
    assert cloud.steps(second)["count"]["CacheHitResult"] == {"SourcePipelineExecutionArn": first}
    assert cloud.steps(second)["count"]["Metadata"] == cloud.steps(first)["count"]["Metadata"]
    assert cloud.steps(second)["after"]["Metadata"] == cloud.steps(first)["after"]["Metadata"]
    _update(cloud, step("count", a=[2]))
    _run_again(cloud)
    assert calls == [{"a": [1]}, {"a": [2]}]


def test_a_callback_step_that_is_found_in_the_cache_sends_no_message(cloud: Cloud) -> None:
    cloud.create(callback_step("ask", Arguments={"a": 1}, outputs={"b": "String"}, CacheConfig=CACHE))
    first = cloud.start()
    (message,) = cloud.wait_for_messages(1)
    cloud.succeed(message["token"], b="c")
    cloud.wait_for_end(first)
    second = _run_again(cloud)
    assert cloud.steps(second)["ask"]["CacheHitResult"] == {"SourcePipelineExecutionArn": first}
    assert cloud.steps(second)["ask"]["Metadata"] == cloud.steps(first)["ask"]["Metadata"]
    assert len(cloud.wait_for_messages(1)) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"Environment": {"A": "b"}},
        {"AppSpecification": {"ImageUri": "image", "ContainerArguments": ["--more"]}},
        {"ProcessingInputs": []},
    ],
)
def test_other_arguments_are_not_found_in_the_cache(
    cloud: Cloud, images: FakeImages, change: Document
) -> None:
    cloud.create(processing_step(CacheConfig=CACHE))
    _run_again(cloud)
    _update(cloud, processing_step("process", change, CacheConfig=CACHE))
    _run_again(cloud)
    assert len(images.containers) == 2


def test_arguments_that_are_no_part_of_the_key_do_not_matter(cloud: Cloud, images: FakeImages) -> None:
    cloud.create(training_step(CacheConfig=CACHE))
    _run_again(cloud)
    output = {"S3OutputPath": "s3://bucket/elsewhere"}
    _update(cloud, training_step("train", {"OutputDataConfig": output}, CacheConfig=CACHE))
    _run_again(cloud)
    assert len(images.containers) == 1


def test_the_cache_knows_neither_failures_nor_other_pipelines_nor_old_runs(
    cloud: Cloud, images: FakeImages
) -> None:
    images.program = lambda _: 0 if images.containers else 1
    short = {"Enabled": True, "ExpireAfter": "PT0H"}
    cloud.create(processing_step(CacheConfig=CACHE))
    cloud.create(processing_step(CacheConfig=CACHE), name="other")
    cloud.create(processing_step(CacheConfig=short), name="short")
    assert cloud.statuses(_run_again(cloud)) == {"process": "Failed"}
    for name in ("pipeline", "other", "short", "short"):
        arn = _run_again(cloud, name)
        assert cloud.statuses(arn) == {"process": "Succeeded"}
        assert "CacheHitResult" not in cloud.steps(arn)["process"]


def test_a_retried_execution_runs_what_has_failed_and_what_waits_for_it(cloud: Cloud) -> None:
    calls: list[Document] = []

    def broken_at_first(event: Document) -> object:
        calls.append(event)
        if len(calls) == 1:
            raise FunctionRaisedError("Error", "not yet")
        return event

    cloud.host.functions[function_arn("broken")] = broken_at_first
    name = get("Steps.train.TrainingJobName")
    arn = cloud.run(
        training_step(),
        lambda_step("broken", "broken", Arguments={"name": name}),
        lambda_step("after", DependsOn=["broken"]),
    )
    assert cloud.statuses(arn) == {"train": "Succeeded", "broken": "Failed"}
    execution = cloud.sagemaker.store(CALLER).find_execution(arn)
    assert execution._dependencies is None  # thousands that are over may be kept
    assert retry(cloud, arn) == {"PipelineExecutionArn": arn}
    cloud.wait_for_step(arn, "after", "Succeeded")
    cloud.host.wait_for(lambda: _execution_statuses(cloud, arn)[-1] == "Succeeded")
    assert _execution_statuses(cloud, arn) == ["Executing", "Failed", "Executing", "Succeeded"]
    assert set(cloud.statuses(arn).values()) == {"Succeeded"}
    assert "FailureReason" not in cloud.describe(arn)
    assert len(jobs(cloud, "Training")) == 1
    assert calls[0] == calls[1]


def test_a_callback_that_was_asked_before_the_retry_may_not_answer_for_it(cloud: Cloud) -> None:
    cloud.create(callback_step("ask"))
    arn = cloud.start()
    (first,) = cloud.wait_for_messages(1)
    cloud.fail(first["token"], "no")
    cloud.wait_for_end(arn)
    retry(cloud, arn)
    _, second = cloud.wait_for_messages(2)
    with pytest.raises(ServiceError, match="does not exist"):
        cloud.succeed(first["token"])
    cloud.succeed(second["token"])
    cloud.wait_for_step(arn, "ask", "Succeeded")


def test_a_retry_is_carried_out_once_for_each_token(cloud: Cloud) -> None:
    arn = cloud.run(lambda_step("a", "unheard"))
    token = cloud.token()
    retry(cloud, arn, token)
    retry(cloud, arn, token)
    cloud.host.wait_for(lambda: _execution_statuses(cloud, arn).count("Failed") == 2)
    assert _execution_statuses(cloud, arn) == ["Executing", "Failed", "Executing", "Failed"]


def test_an_execution_that_has_succeeded_cannot_be_retried(cloud: Cloud) -> None:
    arn = cloud.run(lambda_step("a"))
    with pytest.raises(ServiceError, match="cannot be retried: its status is Succeeded") as caught:
        retry(cloud, arn)
    assert caught.value.code == "ConflictException"


def retry(cloud: Cloud, arn: str, token: str | None = None) -> Document:
    """Call RetryPipelineExecution."""
    return cloud.call(
        "RetryPipelineExecution", PipelineExecutionArn=arn, ClientRequestToken=token or cloud.token()
    )


def _run_again(cloud: Cloud, name: str = "pipeline") -> str:
    arn = cloud.start(name)
    cloud.wait_for_end(arn)
    return arn


def _update(cloud: Cloud, step: Document) -> None:
    text = json.dumps({"Version": "2020-12-01", "Steps": [step]})
    cloud.call("UpdatePipeline", PipelineName="pipeline", PipelineDefinition=text)


def _execution_statuses(cloud: Cloud, arn: str) -> list[object]:
    return [
        detail["currentPipelineExecutionStatus"]
        for detail in cloud.host.details("Execution Status Change")
        if detail["pipelineExecutionArn"] == arn
    ]
