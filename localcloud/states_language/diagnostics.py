"""What is wrong with a definition, as ValidateStateMachineDefinition tells it."""

from collections.abc import Iterable
from dataclasses import dataclass

SCHEMA = "SCHEMA_VALIDATION_FAILED"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing: AWS's code and words, and where it stands, such as ``/States/Train/Next``."""

    code: str
    message: str
    location: str = ""
    severity: str = "ERROR"

    def document(self) -> dict[str, str]:
        """Write it as the API has it."""
        place = {"location": self.location} if self.location else {}
        return {"severity": self.severity, "code": self.code, "message": self.message, **place}


def schema(message: str, location: str) -> Diagnostic:
    """Say that a part of a definition does not fit the schema."""
    return Diagnostic(SCHEMA, message, location)


def errors(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Leave out what is told only as a warning."""
    return [one for one in found if one.severity == "ERROR"]


def summary(found: Iterable[Diagnostic]) -> str:
    """Write errors as the message of InvalidDefinition has them."""
    told = (f"{one.code}: {one.message}" + (f" at {one.location}" if one.location else "") for one in found)
    return f"Invalid State Machine Definition: '{', '.join(told)}'"
