"""Reading the JSON of a definition, in the words with which AWS refuses a wrong one.

Wording: "Cannot parse object, unknown property 'Expression'." (aws/sagemaker-python-sdk issue 2746),
"Expecting start of Json Object." (3908), "Expecting start of Json Array." (2345).
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import TypeVar


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

    `exception`: what a retry policy may name; None for what is never tried again.
    """

    def __init__(self, message: str, exception: ExceptionType | None = None) -> None:
        super().__init__(message)
        self.exception = exception


Choice = TypeVar("Choice", bound=StrEnum)


def take_object(value: object, where: str) -> dict[str, object]:
    """Take a value that must be a JSON object."""
    if not isinstance(value, dict):
        raise DefinitionError(f"Expecting start of Json Object. ({where})")
    return value


def take_list(value: object, where: str) -> list[object]:
    """Take a value that must be a JSON array."""
    if not isinstance(value, list):
        raise DefinitionError(f"Expecting start of Json Array. ({where})")
    return value


def take_text(value: object, where: str, longest: int) -> str:
    """Take a value that must be a string of at most so many characters."""
    if not isinstance(value, str):
        raise DefinitionError(f"{where} must be a String")
    if len(value) > longest:
        raise DefinitionError(f"{where} is too long (length: {len(value)}, maximum allowed: {longest})")
    return value


def only_members(members: Mapping[str, object], known: Collection[str]) -> dict[str, object]:
    """Refuse an object that has a member which nothing would read; give the members that are present."""
    for name in members:
        if name not in known:
            raise DefinitionError(f"Cannot parse object, unknown property '{name}'.")
    return present(members)


def present(members: Mapping[str, object]) -> dict[str, object]:
    """Give the members of an object without those that are null: a null member counts as absent.

    The SageMaker SDKs write such members: ``"MlflowConfig": null`` stands in every pipeline of SDK v3
    (``sagemaker/mlops/workflow/pipeline.py``), ``"PipelineExperimentConfig": null`` in v2.
    """
    return {name: value for name, value in members.items() if value is not None}


def take_choice(
    value: object,
    choices: type[Choice],
    name: str,
    where: str,
    allowed: Collection[Choice] = (),
) -> Choice:
    """Take a value that must be one of an enum's, or of those allowed, in AWS's words for one that is not."""
    known = allowed or tuple(choices)
    if isinstance(value, str) and value in known:
        return choices(value)
    raise DefinitionError(
        f"Model Validation failed: Value '{value}' for '{name}' failed to satisfy enum value set: "
        f"[{', '.join(known)}] ({where})"
    )
