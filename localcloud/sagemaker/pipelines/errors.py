"""What can go wrong with a pipeline: in its definition, or while a step of it runs."""

from enum import StrEnum


class DefinitionError(Exception):
    """A pipeline definition is wrong; the message says where and why."""


class ExceptionType(StrEnum):
    """What the retry policy of a step can name (developer guide, "Retry Policy for Pipeline Steps")."""

    SERVICE_FAULT = "Step.SERVICE_FAULT"
    THROTTLING = "Step.THROTTLING"
    JOB_INTERNAL_ERROR = "SageMaker.JOB_INTERNAL_ERROR"
    CAPACITY_ERROR = "SageMaker.CAPACITY_ERROR"
    RESOURCE_LIMIT = "SageMaker.RESOURCE_LIMIT"


class StepError(Exception):
    """A step cannot go on; the message becomes its FailureReason.

    AWS opens the reason with the class of the error, ``ClientError:`` where the caller is to blame.

    Parameters
    ----------
    exception
        What a retry policy may name; None for what is never tried again.
    """

    def __init__(self, message: str, exception: ExceptionType | None = None) -> None:
        super().__init__(message)
        self.exception = exception
