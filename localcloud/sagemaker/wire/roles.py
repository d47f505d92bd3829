"""Which role SageMaker works as, how it calls its session, and how AWS says that it may not.

Session names are those of recorded denials: ``SageMaker`` (aws/amazon-sagemaker-feedback#61) and, of steps of
pipelines, ``sagemaker-pipeline-<execution>-<step>``, the step's name cut to 20 characters.
``aws:SourceArn`` is the job's, and the execution's of a pipeline (developer guide, "Cross-Service Confused
Deputy Prevention").
"""

from localcloud.errors import ServiceError
from localcloud.ports import Ports, Role

_LONGEST_STEP = 20


def role_of_job(arn: str, source_arn: str) -> Role:
    """Give the role that a job, a model or an endpoint works as."""
    return Role(arn, "SageMaker", source_arn)


def role_of_step(arn: str, execution_arn: str, step: str) -> Role:
    """Give the role that a step of a pipeline's execution works as."""
    execution = execution_arn.rpartition("/")[2]
    return Role(arn, f"sagemaker-pipeline-{execution}-{step[:_LONGEST_STEP]}", execution_arn)


def check_assumable(ports: Ports, message: str) -> None:
    """Open the session of the role that these ports work as.

    Raises `ServiceError`: ``ValidationException`` with this message, where the role does not trust SageMaker.
    """
    try:
        ports.variables()
    except ServiceError as error:
        if error.status >= 500:
            raise
        raise ServiceError("ValidationException", message) from error


def cannot_assume(role_arn: str) -> str:
    """Say that a job's role does not trust SageMaker.

    Recorded of CreateTransformJob: awslabs/predictive-maintenance-using-machine-learning#3.
    """
    return (
        f"Could not assume role {role_arn}. Please ensure that the role exists and allows principal "
        "'sagemaker.amazonaws.com' to assume the role."
    )


def unable_to_assume(role_arn: str) -> str:
    """Say that a role trusts SageMaker no more when its job begins (aws/sagemaker-python-sdk#43)."""
    return f"SageMaker was unable to assume the role '{role_arn}'"


def invalid_role(role_arn: str) -> str:
    """Say that a model's role does not trust SageMaker (bentoml/BentoML#892)."""
    return (
        f'The execution role ARN "{role_arn}" is invalid. Please ensure that the role exists and that its '
        'trust relationship policy allows the action "sts:AssumeRole" for the service principal '
        '"sagemaker.amazonaws.com".'
    )


def no_model_data(url: str, role_arn: str, region: str) -> str:
    """Say that a model's role cannot read its data (philschmid/llm-sagemaker-sample#2)."""
    return (
        f'Could not access model data at {url}. Please ensure that the role "{role_arn}" exists and that its '
        'trust relationship policy allows the action "sts:AssumeRole" for the service principal '
        '"sagemaker.amazonaws.com". Also ensure that the role has "s3:GetObject" permissions and that the '
        f"object is located in {region}. If your Model uses multiple models or uncompressed models, please "
        'ensure that the role has "s3:ListBucket" permission.'
    )
