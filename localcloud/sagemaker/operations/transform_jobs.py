"""CreateTransformJob, and the members of DescribeTransformJob."""

from localcloud.errors import ValidationError
from localcloud.sagemaker.jobs.batch import work
from localcloud.sagemaker.jobs.job import Job, JobInfo, Kind
from localcloud.sagemaker.jobs.lifecycle import JobState
from localcloud.sagemaker.jobs.transform_request import check_transform_request
from localcloud.sagemaker.operations.call import Call
from localcloud.sagemaker.operations.jobs import create_job, echo, ports_of_role
from localcloud.sagemaker.wire.requests import Answer, present


def create_transform_job(call: Call) -> Answer:
    """Create a transform job; its model must exist."""
    check_transform_request(call.request)
    caller, model = call.store.caller, call.request.text("ModelName")
    if (found := call.jobs.find_model(caller, model)) is None:
        arn = f"arn:aws:sagemaker:{caller.region}:{caller.account_id}:model/{model}"
        raise ValidationError(f'Could not find model "{arn}".')
    if found.is_direct:
        raise ValidationError(f'The containers of model "{model}" are invoked directly, not in series.')
    info = JobInfo(Kind.TRANSFORM, caller, call.request.text("TransformJobName"), call.request)
    if found.role_arn:
        ports_of_role(call, info, found.role_arn)
    return create_job(call, info, work, None, describe)


def describe(job: Job, state: JobState) -> Answer:
    """Give the members of DescribeTransformJobResponse."""
    return present(
        **echo(job)
        | {
            "TransformJobArn": job.info.arn,
            "TransformJobStatus": state.status.value,
            "FailureReason": state.failure_reason,
            "CreationTime": state.created,
            "TransformStartTime": state.started,
            "TransformEndTime": state.ended,
        }
    )
