"""CreateProcessingJob, Describe-, List- and StopProcessingJob."""

from datetime import timedelta

from localcloud.sagemaker.jobs.job import Job, JobInfo, Kind
from localcloud.sagemaker.jobs.lifecycle import JobState
from localcloud.sagemaker.jobs.processing import _ONE_DAY, work
from localcloud.sagemaker.jobs.processing_request import check_processing_request
from localcloud.sagemaker.operations.call import Call
from localcloud.sagemaker.operations.jobs import create, find, stop
from localcloud.sagemaker.operations.listing import list_jobs
from localcloud.sagemaker.wire.requests import Answer, present


def create_processing_job(call: Call) -> Answer:
    """Create a processing job."""
    check_processing_request(call.request)
    info = JobInfo(Kind.PROCESSING, call.store.caller, call.request.text("ProcessingJobName"), call.request)
    stopping = call.request.optional_structure("StoppingCondition")
    seconds = None if stopping is None else stopping.optional_number("MaxRuntimeInSeconds")
    return create(call, info, work, timedelta(seconds=seconds or _ONE_DAY), describe)


def describe_processing_job(call: Call) -> Answer:
    """Describe a processing job."""
    name = call.request.text("ProcessingJobName")
    job = find(call, Kind.PROCESSING, f"Could not find requested job with name: {name}")
    return describe(job, job.state)


def list_processing_jobs(call: Call) -> Answer:
    """List processing jobs, the oldest first unless told otherwise."""
    with call.store.lock:
        jobs = call.store.jobs.all(Kind.PROCESSING)
    return list_jobs(call.request, jobs, "ProcessingJobSummaries", _summary, order="Ascending")


def stop_processing_job(call: Call) -> Answer:
    """Stop a processing job."""
    name = call.request.text("ProcessingJobName")
    return stop(call, Kind.PROCESSING, f"Could not find job to update with name: {name}")


def describe(job: Job, state: JobState) -> Answer:
    """Give the members of DescribeProcessingJobResponse."""
    echoed = {name: value for name, value in job.info.request.members.items() if name != "Tags"}
    return present(
        **echoed
        | {
            "StoppingCondition": job.info.request.members.get("StoppingCondition")
            or {"MaxRuntimeInSeconds": _ONE_DAY},
            "ProcessingJobArn": job.info.arn,
            "ProcessingJobStatus": state.status.value,
            "ExitMessage": state.exit_message,
            "FailureReason": state.failure_reason,
            "ProcessingStartTime": state.started,
            "ProcessingEndTime": state.ended,
            "LastModifiedTime": state.modified,
            "CreationTime": state.created,
        }
    )


def _summary(job: Job) -> Answer:
    state = job.state
    return present(
        ProcessingJobName=job.info.name,
        ProcessingJobArn=job.info.arn,
        CreationTime=state.created,
        ProcessingEndTime=state.ended,
        LastModifiedTime=state.modified,
        ProcessingJobStatus=state.status.value,
        FailureReason=state.failure_reason,
        ExitMessage=state.exit_message,
    )
