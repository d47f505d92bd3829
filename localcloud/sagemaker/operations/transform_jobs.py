"""Transform jobs: CreateTransformJob, DescribeTransformJob, ListTransformJobs, StopTransformJob."""

from localcloud.errors import ValidationError
from localcloud.sagemaker.jobs.batch import work
from localcloud.sagemaker.jobs.job import Job, JobInfo, Kind
from localcloud.sagemaker.jobs.lifecycle import JobState
from localcloud.sagemaker.jobs.transform_request import check_transform_request
from localcloud.sagemaker.operations.call import Call
from localcloud.sagemaker.operations.jobs import create, find, stop
from localcloud.sagemaker.operations.listing import list_jobs
from localcloud.sagemaker.wire.requests import Answer, present


def create_transform_job(call: Call) -> Answer:
    """Create a transform job; its model must exist."""
    check_transform_request(call.request)
    caller, model = call.store.caller, call.request.text("ModelName")
    if call.jobs.find_model(caller, model) is None:
        arn = f"arn:aws:sagemaker:{caller.region}:{caller.account_id}:model/{model}"
        raise ValidationError(f'Could not find model "{arn}".')
    info = JobInfo(Kind.TRANSFORM, caller, call.request.text("TransformJobName"), call.request)
    return create(call, info, work, None, describe)


def describe_transform_job(call: Call) -> Answer:
    """Describe a transform job."""
    name = call.request.text("TransformJobName")
    job = find(call, Kind.TRANSFORM, f"Could not find requested job with name: {name}")
    return describe(job, job.state)


def list_transform_jobs(call: Call) -> Answer:
    """List transform jobs."""
    with call.store.lock:
        jobs = call.store.jobs.all(Kind.TRANSFORM)
    return list_jobs(call.request, jobs, "TransformJobSummaries", _summary, size=10)


def stop_transform_job(call: Call) -> Answer:
    """Stop a transform job."""
    name = call.request.text("TransformJobName")
    return stop(call, Kind.TRANSFORM, f"Could not find job to update with name: {name}")


def describe(job: Job, state: JobState) -> Answer:
    """Give the members of DescribeTransformJobResponse."""
    echoed = {name: value for name, value in job.info.request.members.items() if name != "Tags"}
    return present(
        **echoed
        | {
            "TransformJobArn": job.info.arn,
            "TransformJobStatus": state.status.value,
            "FailureReason": state.failure_reason,
            "CreationTime": state.created,
            "TransformStartTime": state.started,
            "TransformEndTime": state.ended,
        }
    )


def _summary(job: Job) -> Answer:
    state = job.state
    return present(
        TransformJobName=job.info.name,
        TransformJobArn=job.info.arn,
        CreationTime=state.created,
        TransformEndTime=state.ended,
        LastModifiedTime=state.modified,
        TransformJobStatus=state.status.value,
        FailureReason=state.failure_reason,
    )
