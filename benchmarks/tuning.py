"""A tuning job against its training program alone: twenty trainings, two at a time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.table import Goal, Row, seconds
from benchmarks.workflows import lay_out, train_bare
from tests.integration.stack import Stack
from tests.integration.wire import eventually, unique

TRAININGS, AT_ONCE = 20, 2
RUNS = 3
_STRATEGIES = ("Random", "Bayesian")
_DEPTH = {"Name": "max-depth", "MinValue": "3", "MaxValue": "40", "ScalingType": "Linear"}


def measure(stack: Stack, folder: Path) -> Iterator[Row]:
    """Tune the forest of the deployment's own image; train as often with its script alone."""
    places = [folder / f"tuning-{number}" for number in range(AT_ONCE)]
    for place in places:
        lay_out(place)
    rounds = [_round(stack, places) for _ in range(RUNS)]  # by turns: what else the machine does is shared
    scripts = [script for script, _ in rounds]
    for number, strategy in enumerate(_STRATEGIES):
        added = [(jobs[number] - script) * AT_ONCE / TRAININGS for script, jobs in rounds]
        what = f"added to each of {TRAININGS} trainings of a tuning job, {AT_ONCE} at a time, {strategy} (s)"
        yield Row(what, added, ("the bare script, all of them", scripts), goal=Goal(1))


def _round(stack: Stack, places: list[Path]) -> tuple[float, list[float]]:
    """Give the seconds of the bare trainings, and of a tuning job of each strategy."""
    script = seconds(lambda: _train_bare(places))
    return script, [seconds(partial(_tune, stack, strategy)) for strategy in _STRATEGIES]


def _train_bare(places: list[Path]) -> None:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(lambda number: train_bare(places[number % AT_ONCE]), range(TRAININGS)))


def _tune(stack: Stack, strategy: str) -> None:
    """Run one tuning job to its end; each of its training jobs must succeed."""
    name, bucket = unique("bench"), stack.output("bucket_name")
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/workflows/data/benchmark/"}
    request: dict[str, Any] = {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": {
            "Strategy": strategy,
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "accuracy"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": TRAININGS, "MaxParallelTrainingJobs": AT_ONCE},
            "ParameterRanges": {"IntegerParameterRanges": [_DEPTH]},
        },
        "TrainingJobDefinition": {
            "AlgorithmSpecification": {
                "TrainingImage": stack.output("image_uri"),
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "accuracy", "Regex": "accuracy=([0-9.]+)"}],
            },
            "RoleArn": stack.output("jobs_role_arn"),
            "InputDataConfig": [{"ChannelName": "training", "DataSource": {"S3DataSource": source}}],
            "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/workflows/output/benchmark/"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        },
    }
    stack.sagemaker.create_hyper_parameter_tuning_job(**request)
    job = eventually(
        lambda: stack.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name),
        lambda job: job["HyperParameterTuningJobStatus"] != "InProgress",
        seconds=600,
    )
    assert job["TrainingJobStatusCounters"]["Completed"] == TRAININGS, job
