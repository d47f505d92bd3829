"""The Training step: runs a training job."""

from localcloud.sagemaker.pipelines.job_step import JobStep, JobType, parse_job_step
from localcloud.sagemaker.pipelines.service import Going
from localcloud.sagemaker.pipelines.steps import Header

TRAINING = JobType(
    Going.TRAINING,
    frozenset(
        {
            "AlgorithmSpecification", "CheckpointConfig", "DebugHookConfig", "DebugRuleConfigurations",
            "Environment", "HyperParameters", "InputDataConfig",
        }
    ),
)  # fmt: skip


def parse_training_step(header: Header, members: dict[str, object]) -> JobStep:
    """Read a Training step of a definition, as `parse_job_step` does."""
    return parse_job_step(TRAINING, header, members)
