"""The names of the project's pipelines, in the project and in SageMaker."""

from dataclasses import dataclass

NO_PIPELINE = frozenset({"ResourceNotFound", "AccessDeniedException", "ValidationException"})
"""Codes of SageMaker's answer where a deployment has no such pipeline: a role may look at its own alone."""


@dataclass(frozen=True, slots=True)
class PipelineNames:
    """How the pipelines of a deployment are called.

    - `prefix`: what the names of the deployment's resources begin with.
    - `default`: the pipeline where none is named; empty where none is meant.
    """

    prefix: str
    default: str

    def cloud_name(self, pipeline: str) -> str:
        """Give SageMaker's name of a pipeline."""
        return f"{self.prefix}-{pipeline}"

    def name_of(self, execution_arn: str) -> str:
        """Give the name of the pipeline that an execution is of."""
        return execution_arn.split("/")[1].removeprefix(f"{self.prefix}-")
