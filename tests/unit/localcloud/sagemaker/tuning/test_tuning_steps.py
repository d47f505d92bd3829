"""Tuning steps of pipelines: the tuning jobs they run, and what other steps take from them."""

import json
import re

import pytest

from tests.unit.localcloud.sagemaker.cloud import ROLE, Cloud, Document, function_arn, get, lambda_step
from tests.unit.localcloud.sagemaker.jobs.containers import FakeImages
from tests.unit.localcloud.sagemaker.jobs.requests import refusal
from tests.unit.localcloud.sagemaker.tuning.requests import (
    NAME,
    categorical,
    config,
    continuous,
    definition,
    describe,
    tuning,
)


def tuning_step(of: Document | None = None, **more: object) -> Document:
    arguments = tuning(of=of or config("Grid", categorical("x", 1, 2, 3), None))
    del arguments[NAME]
    return {"Name": "Tune_the-model", "Type": "Tuning", "Arguments": arguments} | more


def tuning_job(cloud: Cloud, arn: str) -> Document:
    metadata = cloud.steps(arn)["Tune_the-model"]["Metadata"]
    assert isinstance(metadata, dict)
    return describe(cloud, str(metadata["TuningJob"]["Arn"]).rpartition("/")[2])


def test_a_tuning_step_runs_a_tuning_job_and_tells_the_best_models(cloud: Cloud) -> None:
    first = get("Steps.Tune_the-model.TrainingJobSummaries[0].TrainingJobName")
    best = {"Std:Join": {"On": "/", "Values": ["s3:/", "bucket", first, "output/model.tar.gz"]}}
    second = get("Steps.Tune_the-model.TrainingJobSummaries[1].TunedHyperParameters['x']")
    heard: list[Document] = []
    cloud.host.functions[function_arn("hear")] = heard.append
    value = get("Steps.Tune_the-model.BestTrainingJob.FinalHyperParameterTuningJobObjectiveMetric.Value")
    listener = lambda_step("hear", "hear", Arguments={"best": best, "second": second, "value": value})
    arn = cloud.run(tuning_step(), listener)
    assert cloud.statuses(arn) == {"Tune_the-model": "Succeeded", "hear": "Succeeded"}
    job = tuning_job(cloud, arn)
    assert re.fullmatch(rf"{arn.rpartition('/')[2]}-Tune-th-[A-Za-z0-9]{{10}}", str(job[NAME]))
    found = job["BestTrainingJob"]
    assert isinstance(found, dict)
    assert heard == [
        {"best": f"s3://bucket/{found['TrainingJobName']}/output/model.tar.gz", "second": "2", "value": 0.0}
    ]


def test_the_best_of_a_maximized_objective_is_the_greatest(cloud: Cloud) -> None:
    objective = {"Type": "Maximize", "MetricName": "loss"}
    of = config("Grid", categorical("x", 1, 9, 3), None, HyperParameterTuningJobObjective=objective)
    heard: list[Document] = []
    cloud.host.functions[function_arn("hear")] = heard.append
    first = get("Steps.Tune_the-model.TrainingJobSummaries[0].TunedHyperParameters['x']")
    cloud.run(tuning_step(of), lambda_step("hear", "hear", Arguments={"first": first}))
    assert heard == [{"first": "9"}]


def test_a_failed_tuning_job_fails_its_step(cloud: Cloud, images: FakeImages) -> None:
    images.program = lambda _: 1
    arn = cloud.run(tuning_step())
    assert cloud.statuses(arn) == {"Tune_the-model": "Failed"}
    reason = str(cloud.steps(arn)["Tune_the-model"]["FailureReason"])
    assert reason.startswith("ClientError: No training job succeeded after 3 attempts.")


def test_stopping_the_execution_stops_the_tuning_job(cloud: Cloud, images: FakeImages) -> None:
    images.program = lambda _: None
    cloud.create(tuning_step())
    arn = cloud.start()
    images.await_start()
    cloud.stop(arn)
    cloud.wait_for_end(arn)
    assert cloud.statuses(arn) == {"Tune_the-model": "Stopped"}
    assert tuning_job(cloud, arn)["HyperParameterTuningJobStatus"] == "Stopped"


@pytest.mark.parametrize(
    ("change", "hits"),
    [
        ({"RoleArn": "arn:aws:iam::123456789012:role/other"}, True),
        ({"StaticHyperParameters": {"epochs": "2"}}, False),
    ],
)
def test_an_earlier_run_stands_for_a_step_that_searches_the_same(
    cloud: Cloud, images: FakeImages, change: Document, hits: bool
) -> None:
    step = tuning_step(CacheConfig={"Enabled": True, "ExpireAfter": "P1D"})
    cloud.run(step)
    arguments = step["Arguments"]
    assert isinstance(arguments, dict)
    changed = step | {"Arguments": arguments | {"TrainingJobDefinition": definition(**change)}}
    cloud.call("UpdatePipeline", PipelineName="pipeline", PipelineDefinition=_written(changed))
    arn = cloud.start()
    cloud.wait_for_end(arn)
    assert ("CacheHitResult" in cloud.steps(arn)["Tune_the-model"]) is hits
    assert len(images.containers) == (3 if hits else 6)


def test_a_property_that_no_answer_has_is_refused(cloud: Cloud) -> None:
    path = get("Steps.Tune_the-model.TrainingJobSummaries[0].Nothing")
    steps = _written(tuning_step(config(ranges=continuous())), lambda_step("hear", Arguments={"it": path}))
    request: Document = {
        "PipelineName": "p",
        "PipelineDefinition": steps,
        "ClientRequestToken": "t" * 32,
        "RoleArn": ROLE,
    }
    assert "Nothing" in refusal(cloud, "CreatePipeline", request)


def _written(*steps: Document) -> str:
    return json.dumps({"Version": "2020-12-01", "Steps": list(steps)})
