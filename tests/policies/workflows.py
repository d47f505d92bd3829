"""Runs of the workflows: they succeed, they fail, they are stopped."""

import json
from collections.abc import Callable, Iterator
from functools import partial

from tests.integration.test_workflow_stops import MANY, job_status, jobs_of, nested
from tests.integration.wire import Document, unique
from tests.integration.workflow_runs import WINE, wine
from tests.policies.place import Place

QUICK = {"hyperparameters": {"n-estimators": "5"}}
LONG = {"hyperparameters": {"n-estimators": "100000"}}
_LOGS = {"training-job": "TrainingJobs", "processing-job": "ProcessingJobs", "transform-job": "TransformJobs"}


def succeeds(place: Place, machine: str, inputs: Callable[[], Document], *shown: str) -> Document:
    """Run a workflow; tell its status, which members its output has, and whether its jobs have logs."""
    execution = place.start(machine, **inputs())
    described = place.finish(execution)
    output = json.loads(described.get("output") or "{}")
    return {
        "status": described["status"],
        "error": described.get("error"),
        "shown": [name for name in shown if output.get(name)],
        "jobs": [_of_job(place, job) for job in jobs_of(place.stack, execution)],
    }


def _of_job(place: Place, arn: str) -> tuple[str, bool]:
    kind, name = arn.rpartition(":")[2].split("/")
    if kind not in _LOGS:
        status = place.stack.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        return status["HyperParameterTuningJobStatus"], True
    return job_status(place.stack, arn), place.has_log(f"/aws/sagemaker/{_LOGS[kind]}", f"{name}/")


def log_group_is_made(place: Place) -> Document:
    """Run a processing job whose log group is gone: SageMaker makes it anew."""
    place.forget_log_group("/aws/sagemaker/ProcessingJobs")
    return succeeds(place, "process", dict)


def fails(place: Place, machine: str, inputs: Callable[[], Document]) -> Document:
    """Run a workflow that fails; tell with which error, and whether anybody hears of it."""
    execution = place.start(machine, **inputs())
    described = place.finish(execution)
    return {
        "status": described["status"],
        "error": described.get("error"),
        "told": place.is_told(execution),
    }


def is_stopped(place: Place, machine: str, inputs: Callable[[], Document]) -> Document:
    """Stop a workflow while its job runs; tell whether the job ends with it."""
    execution = place.start(machine, **inputs())
    jobs = place.until(lambda: jobs_of(place.stack, execution))
    place.until(lambda: {_status(place, job) for job in jobs}, {"InProgress"}.__eq__)
    place.stack.states.stop_execution(executionArn=execution)
    described = place.finish(execution)
    ended = place.within_a_moment(
        lambda: {_status(place, job) for job in jobs} <= {"Stopped", "Stopping"},
    )
    for job in jobs:  # whatever the role may, the jobs end here
        _stop(place, job)
    statuses = {
        place.stack.states.describe_execution(executionArn=arn)["status"]
        for arn in nested(place.stack, execution)
    }
    return {"status": described["status"], "ended": ended, "nested": sorted(statuses)}


def _status(place: Place, arn: str) -> str:
    if "hyper-parameter-tuning-job" not in arn:
        return job_status(place.stack, arn)
    return place.stack.sagemaker.describe_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=arn.rpartition("/")[2]
    )["HyperParameterTuningJobStatus"]


def _stop(place: Place, arn: str) -> None:
    kind, name = arn.rpartition(":")[2].split("/")
    sagemaker = place.stack.sagemaker
    if _status(place, arn) != "InProgress":
        return
    match kind:
        case "training-job":
            sagemaker.stop_training_job(TrainingJobName=name)
        case "processing-job":
            sagemaker.stop_processing_job(ProcessingJobName=name)
        case "transform-job":
            sagemaker.stop_transform_job(TransformJobName=name)
        case _:
            sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)


def endpoint_is_updated(place: Place) -> Document:
    """Give the endpoint in service the other configuration."""
    now = place.stack.sagemaker.describe_endpoint(EndpointName=place.endpoint)["EndpointConfigName"]
    other = next(name for name in place.configurations if name != now)
    described = place.finish(
        place.start("deploy-model", endpoint_name=place.endpoint, endpoint_config_name=other)
    )
    after = place.stack.sagemaker.describe_endpoint(EndpointName=place.endpoint)["EndpointConfigName"]
    return {"status": described["status"], "error": described.get("error"), "changed": after == other}


def endpoint_is_made(place: Place) -> Document:
    """Make an endpoint, and delete it."""
    name = unique(f"{place.stack.output('name_prefix')}-made")
    described = place.finish(
        place.start("deploy-model", endpoint_name=name, endpoint_config_name=place.configurations[0])
    )
    made = place.exists(place.stack.sagemaker.describe_endpoint, EndpointName=name)
    if made:
        place.stack.sagemaker.delete_endpoint(EndpointName=name)
    return {"status": described["status"], "error": described.get("error"), "made": made}


def failed_endpoint_is_replaced(place: Place) -> Document:
    """Deploy to an endpoint that could not be made: it is deleted, and made anew."""
    name, sagemaker = unique(f"{place.stack.output('name_prefix')}-bad"), place.stack.sagemaker
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=place.unusable_configuration)
    place.until(lambda: sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"], "Failed".__eq__)
    described = place.finish(
        place.start("deploy-model", endpoint_name=name, endpoint_config_name=place.configurations[0])
    )
    sagemaker.delete_endpoint(EndpointName=name)
    return {"status": described["status"], "error": described.get("error")}


def deployment_that_fails_is_taken_back(place: Place) -> Document:
    """Deploy what cannot be served: what was made for it is deleted, and somebody hears of it."""
    name, sagemaker = unique(f"{place.stack.output('name_prefix')}-back"), place.stack.sagemaker
    execution = place.start("end-to-end", endpoint_name=name, model_data=place.unusable_data)
    described = place.finish(execution)
    made = f"{place.stack.output('name_prefix')}-{execution.rpartition(':')[2]}"
    left = {
        "endpoint": place.exists(sagemaker.describe_endpoint, EndpointName=name),
        "configuration": place.exists(sagemaker.describe_endpoint_config, EndpointConfigName=made),
        "model": place.exists(sagemaker.describe_model, ModelName=made),
    }
    if left["endpoint"]:
        sagemaker.delete_endpoint(EndpointName=name)
    return {
        "status": described["status"],
        "error": described.get("error"),
        "left": [thing for thing, is_there in left.items() if is_there],
        "told": place.is_told(execution),
    }


def runs(place: Place) -> Iterator[tuple[str, Callable[[], Document]]]:
    """List them by their names."""
    nothing = f"s3://{place.bucket}/workflows/data/nothing/"
    rows, _ = wine()
    head, *lines = WINE.read_text(encoding="utf-8").splitlines()
    few = place.data("proof-rows", "\n".join(rows))
    many_rows = place.data("proof-many-rows", "\n".join(rows * MANY))
    many_lines = place.data("proof-many-lines", "\n".join([head, *(lines * MANY)]))

    def given(**inputs: object) -> Callable[[], Document]:
        return lambda: inputs

    def transform(source: str, **inputs: object) -> Callable[[], Document]:
        return lambda: {"model_name": place.model, "input": source, "split_type": "Line", **inputs}

    one = {"name": "one", **QUICK}
    small = {"max_number_of_training_jobs": 2, "max_parallel_training_jobs": 2}
    yield "train", partial(succeeds, place, "train", given(**QUICK), "ModelArtifacts", "FinalMetricDataList")
    yield "train fails", partial(fails, place, "train", given(training_data=nothing))
    yield "train is stopped", partial(is_stopped, place, "train", given(**LONG))
    yield "process", partial(succeeds, place, "process", given())
    yield "log group is made", partial(log_group_is_made, place)
    yield "process fails", partial(fails, place, "process", given(source=nothing))
    yield "process is stopped", partial(is_stopped, place, "process", given(source=many_lines))
    yield "transform", partial(succeeds, place, "batch-transform", transform(few))
    yield "transform fails", partial(fails, place, "batch-transform", transform(nothing))
    yield (
        "transform is stopped",
        partial(is_stopped, place, "batch-transform", transform(many_rows, max_payload_mb=1)),
    )
    yield "train many", partial(succeeds, place, "train-many", given(models=[one]), "best")
    yield (
        "train many fails",
        partial(fails, place, "train-many", given(models=[one], training_data=nothing)),
    )
    yield (
        "train many is stopped",
        partial(is_stopped, place, "train-many", given(models=[{"name": "one", **LONG}])),
    )
    yield "tune", partial(succeeds, place, "tune", given(**small), "best", "trials")
    yield "tune fails", partial(fails, place, "tune", given(**small, training_data=nothing))
    yield (
        "tune is stopped",
        partial(is_stopped, place, "tune", given(max_number_of_training_jobs=100)),
    )
    yield (
        "save model",
        lambda: succeeds(place, "save-model", lambda: {"model_data": place.model_data}, "ModelName"),
    )
    yield "save model fails", partial(fails, place, "save-model", given(model_data=f"{nothing}model.tar.gz"))
    yield (
        "configure endpoint",
        partial(
            succeeds,
            place,
            "configure-endpoint",
            lambda: {"model_name": place.model},
            "EndpointConfigName",
        ),
    )
    yield "configure endpoint fails", partial(fails, place, "configure-endpoint", given(model_name="nothing"))
    yield "endpoint is made", partial(endpoint_is_made, place)
    yield "endpoint is updated", partial(endpoint_is_updated, place)
    yield "failed endpoint is replaced", partial(failed_endpoint_is_replaced, place)
    yield (
        "deploy fails",
        partial(fails, place, "deploy-model", given(endpoint_config_name="nothing")),
    )
    yield (
        "end to end",
        partial(
            succeeds, place, "end-to-end", lambda: {**QUICK, "endpoint_name": place.endpoint}, "endpoint_arn"
        ),
    )
    yield "end to end is taken back", partial(deployment_that_fails_is_taken_back, place)
    yield "end to end is stopped", partial(is_stopped, place, "end-to-end", given(**LONG))
