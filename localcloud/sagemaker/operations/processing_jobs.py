"""CreateProcessingJob, and the members of DescribeProcessingJob."""

from datetime import timedelta

from localcloud.sagemaker.jobs.job import Job, JobInfo, Kind
from localcloud.sagemaker.jobs.lifecycle import JobState
from localcloud.sagemaker.jobs.processing import _ONE_DAY, work
from localcloud.sagemaker.jobs.processing_request import check_processing_request
from localcloud.sagemaker.operations.call import Call
from localcloud.sagemaker.operations.jobs import create_job, echo, ports_of_role
from localcloud.sagemaker.wire.requests import Answer, present


def create_processing_job(call: Call) -> Answer:
    """Create a processing job."""
    check_processing_request(call.request)
    info = JobInfo(Kind.PROCESSING, call.store.caller, call.request.text("ProcessingJobName"), call.request)
    ports_of_role(call, info, call.request.text("RoleArn"))
    stopping = call.request.optional_structure("StoppingCondition")
    seconds = None if stopping is None else stopping.optional_number("MaxRuntimeInSeconds")
    return create_job(call, info, work, timedelta(seconds=seconds or _ONE_DAY), describe)


def describe(job: Job, state: JobState) -> Answer:
    """Give the members of DescribeProcessingJobResponse."""
    return present(
        **echo(job)
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
