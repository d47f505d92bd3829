"""CreateTrainingJob, UpdateTrainingJob, ListTrainingJobs, and the members of DescribeTrainingJob."""

from collections.abc import Mapping
from functools import partial

from localcloud.errors import ValidationError
from localcloud.sagemaker.jobs.job import Job, JobInfo, Kind
from localcloud.sagemaker.jobs.lifecycle import JobState
from localcloud.sagemaker.jobs.metrics import Observe
from localcloud.sagemaker.jobs.rules import refuse_others
from localcloud.sagemaker.jobs.training import _ONE_DAY, _limit, _model_uri, work
from localcloud.sagemaker.jobs.training_request import check_data_exists, check_training_request
from localcloud.sagemaker.operations.call import Call
from localcloud.sagemaker.operations.jobs import create_job, echo, list_jobs, ports_of_role
from localcloud.sagemaker.wire.requests import Answer, Request, present, structure


def create_training_job(
    call: Call, tuning_job_arn: str | None = None, observe: Observe | None = None
) -> Answer:
    """Create a training job; its data must exist.

    `tuning_job_arn`: the tuning job that launches it. `observe`: hears of its metrics.
    """
    check_training_request(call.request)
    name = call.request.text("TrainingJobName")
    info = JobInfo(Kind.TRAINING, call.store.caller, name, call.request, tuning_job_arn)
    check_data_exists(info, ports_of_role(call, info, call.request.text("RoleArn")).objects)
    do = work if observe is None else partial(work, observe=observe)
    return create_job(call, info, do, _limit(call.request), describe)


def update_training_job(call: Call) -> Answer:
    """Change how a job is profiled that has not ended."""
    request = call.request
    given = {name: item for name, item in request.members.items() if name != "TrainingJobName" and item}
    if not given:  # words recorded in AWS's developer guide of Debugger
        raise ValidationError("Invalid UpdateTrainingJobRequest, the request cannot be empty")
    refuse_others(request, "", frozenset({"TrainingJobName", "ProfilerConfig"}))
    name = request.text("TrainingJobName")
    with call.store.lock:
        job = call.store.jobs.find(Kind.TRAINING, name, "Requested resource not found.")
        profiler = request.optional_structure("ProfilerConfig")
        known = job.info.request.members.get("ProfilerConfig") or {}
        assert isinstance(known, Mapping)
        changed = Request(
            {
                **job.info.request.members,
                "ProfilerConfig": {**known, **(profiler.members if profiler else {})},
            }
        )
        is_changed = job.change(changed)
    if not is_changed:
        raise ValidationError(
            f"The request was rejected because the training job is in status {job.state.status}."
        )
    return {"TrainingJobArn": job.info.arn}


def list_training_jobs(call: Call) -> Answer:
    """List training jobs, the newest first unless told otherwise.

    "First, 100 trainings jobs with any status … are selected (sorted according to the creation time, from the
    most current to the oldest). Next, those with a status of InProgress are returned" (service model).
    """
    call.request.refuse(("WarmPoolStatusEquals", "TrainingPlanArnEquals"))
    return list_jobs(Kind.TRAINING, call, status_after_page=True)


def describe(job: Job, state: JobState) -> Answer:
    """Give the members of DescribeTrainingJobResponse."""
    request = job.info.request
    seconds = None
    if state.ended is not None and state.started is not None:
        seconds = max(1, round((state.ended - state.started).total_seconds()))
    output = {"KmsKeyId": "", "CompressionType": "GZIP"} | dict(
        structure(request, "OutputDataConfig").members
    )
    profiler = request.optional_structure("ProfilerConfig")
    is_profiling = profiler is not None and not profiler.members.get("DisableProfiler")
    return present(
        **echo(job)
        | {
            "TrainingJobArn": job.info.arn,
            "TuningJobArn": job.info.tuning_job_arn,
            "ModelArtifacts": {"S3ModelArtifacts": _model_uri(job.info)},
            "TrainingJobStatus": state.status.value,
            "SecondaryStatus": state.stage.value,
            "FailureReason": state.failure_reason,
            "OutputDataConfig": output,
            "StoppingCondition": {"MaxRuntimeInSeconds": _ONE_DAY}
            | dict(structure(request, "StoppingCondition").members),
            "CreationTime": state.created,
            "TrainingStartTime": state.started,
            "TrainingEndTime": state.ended if state.started is not None else None,
            "LastModifiedTime": state.modified,
            "SecondaryStatusTransitions": [
                present(
                    Status=item.stage.value,
                    StartTime=item.start,
                    EndTime=item.end,
                    StatusMessage=item.stage.message,
                )
                for item in state.transitions
            ],
            **{
                name: bool(request.members.get(name))
                for name in (
                    "EnableNetworkIsolation",
                    "EnableInterContainerTrafficEncryption",
                    "EnableManagedSpotTraining",
                )
            },
            "TrainingTimeInSeconds": seconds,
            "BillableTimeInSeconds": seconds,
            "ProfilingStatus": "Enabled" if is_profiling else "Disabled",
        },
        **(job.details if state.status.terminal else {}),
    )
