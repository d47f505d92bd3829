"""The Transform step: runs a batch transform job."""

from localcloud.sagemaker.pipelines.job_step import JobStep, JobType, parse_job_step
from localcloud.sagemaker.pipelines.service import Going
from localcloud.sagemaker.pipelines.steps import Header

TRANSFORM = JobType(
    Going.TRANSFORM,
    frozenset({"DataProcessing", "Environment", "ModelName", "TransformInput"}),
    role=None,
)


def parse_transform_step(header: Header, members: dict[str, object]) -> JobStep:
    """Read a Transform step of a definition, as `parse_job_step` does."""
    return parse_job_step(TRANSFORM, header, members)
