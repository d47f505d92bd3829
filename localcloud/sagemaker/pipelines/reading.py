"""Reading the JSON of a definition, in the words with which AWS refuses a wrong one.

Wording: "Cannot parse object, unknown property 'Expression'." (aws/sagemaker-python-sdk issue 2746),
"Expecting start of Json Object." (3908), "Expecting start of Json Array." (2345).
"""

from collections.abc import Collection
from enum import StrEnum
from typing import TypeVar

from localcloud.sagemaker.pipelines.errors import DefinitionError

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


def only_members(members: dict[str, object], known: Collection[str]) -> None:
    """Refuse an object that has a member which nothing would read."""
    for name in members:
        if name not in known:
            raise DefinitionError(f"Cannot parse object, unknown property '{name}'.")


def take_choice(value: object, choices: type[Choice], name: str, where: str) -> Choice:
    """Take a value that must be one of an enum's, in AWS's words for one that is not."""
    if isinstance(value, str) and value in set(choices):
        return choices(value)
    raise DefinitionError(
        f"Model Validation failed: Value '{value}' for '{name}' failed to satisfy enum value set: "
        f"[{', '.join(choices)}] ({where})"
    )
