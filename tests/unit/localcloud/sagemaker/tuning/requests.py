"""Requests for tuning jobs, the programs that they train with, and what tests do with them over and over."""

import json
from collections.abc import Sequence

from tests.unit.localcloud.sagemaker.cloud import Cloud, Document, Documents
from tests.unit.localcloud.sagemaker.jobs.containers import FakeContainer
from tests.unit.localcloud.sagemaker.jobs.requests import training

CREATE = "CreateHyperParameterTuningJob"
NAME = "HyperParameterTuningJobName"


def hyperparameters(container: FakeContainer) -> dict[str, str]:
    found: dict[str, str] = json.loads(container.read("input/config/hyperparameters.json"))
    return found


def loss_of_x(container: FakeContainer) -> int:
    """Print (x - 3)², once for each epoch, and leave a model."""
    given = hyperparameters(container)
    container.say(*[f"loss={(float(given['x']) - 3) ** 2};"] * int(given.get("epochs", "1")))
    container.write("model/model.txt", given["x"])
    return 0


def continuous(name: str = "x", least: object = 0, most: object = 10, scaling: str = "Linear") -> Document:
    ends = {"MinValue": str(least), "MaxValue": str(most)}
    return {"ContinuousParameterRanges": [{"Name": name, **ends, "ScalingType": scaling}]}


def categorical(name: str = "x", *values: object) -> Document:
    return {"CategoricalParameterRanges": [{"Name": name, "Values": [str(value) for value in values]}]}


def definition(**more: object) -> Document:
    algorithm = {
        "TrainingImage": "image",
        "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": "loss", "Regex": "loss=(.*?);"}],
    }
    members = training(AlgorithmSpecification=algorithm) | more
    del members["TrainingJobName"]
    return members


def config(
    strategy: str = "Random",
    ranges: Document | None = None,
    most: int | None = 4,
    at_once: int = 1,
    **more: object,
) -> Document:
    limits: Document = {"MaxParallelTrainingJobs": at_once}
    if most is not None:
        limits["MaxNumberOfTrainingJobs"] = most
    return {
        "Strategy": strategy,
        "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "loss"},
        "ResourceLimits": limits,
        "ParameterRanges": continuous() if ranges is None else ranges,
        "RandomSeed": 1,
    } | more


def tuning(name: str = "tune", of: Document | None = None, **more: object) -> Document:
    """Make a request. `of`: its HyperParameterTuningJobConfig."""
    return {
        NAME: name,
        "HyperParameterTuningJobConfig": of or config(),
        "TrainingJobDefinition": definition(),
    } | more


def describe(cloud: Cloud, name: str = "tune") -> Document:
    return cloud.call("DescribeHyperParameterTuningJob", **{NAME: name})


def await_end(cloud: Cloud, name: str = "tune") -> Document:
    """Wait until a tuning job has ended and said so; give its description."""
    ends = {(name, status) for status in ("Completed", "Failed", "Stopped")}
    cloud.host.wait_for(
        lambda: any(
            (detail[NAME], detail["HyperParameterTuningJobStatus"]) in ends
            for detail in cloud.host.details("HyperParameter Tuning Job State Change")
        )
    )
    return describe(cloud, name)


def run(cloud: Cloud, request: Document) -> Document:
    """Create a tuning job and wait for its end; give its description."""
    cloud.call(CREATE, **request)
    return await_end(cloud, str(request[NAME]))


def trainings(cloud: Cloud, name: str = "tune", **more: object) -> Documents:
    request = {NAME: name, "MaxResults": 100, "SortBy": "CreationTime"} | more
    return cloud.listed("ListTrainingJobsForHyperParameterTuningJob", "TrainingJobSummaries", **request)


def tuned(jobs: Sequence[Document], name: str = "x") -> list[str]:
    """Give the values of a hyperparameter, in the order of the jobs."""
    found = []
    for job in jobs:
        values = job["TunedHyperParameters"]
        assert isinstance(values, dict)
        found.append(values[name])
    return found
