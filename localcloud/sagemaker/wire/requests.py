"""A validated request, read member by member with its type.

`localcloud.validation` has checked the types before any of this is called.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from localcloud.errors import ValidationError

Answer = dict[str, object]


@dataclass(frozen=True, slots=True)
class Request:
    """The members of a request, or of a structure inside one; None counts as absent."""

    members: Mapping[str, object]

    def text(self, name: str) -> str:
        """Give a string that the model requires."""
        value = self.members[name]
        assert isinstance(value, str)
        return value

    def optional_text(self, name: str) -> str | None:
        """Give a string, or None."""
        return None if self.members.get(name) is None else self.text(name)

    def optional_number(self, name: str) -> int | None:
        """Give an integer, or None."""
        value = self.members.get(name)
        assert value is None or isinstance(value, int)
        return value

    def optional_time(self, name: str) -> datetime | None:
        """Give a time, aware; one without a zone is taken as UTC."""
        value = self.members.get(name)
        assert value is None or isinstance(value, datetime)
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value

    def optional_structure(self, name: str) -> "Request | None":
        """Give a structure, or None."""
        value = self.members.get(name)
        assert value is None or isinstance(value, Mapping)
        return None if value is None else Request(value)

    def structures(self, name: str) -> list["Request"]:
        """Give a list of structures, empty where absent."""
        value = self.members.get(name) or []
        assert isinstance(value, Sequence)
        return [Request(item) for item in value]

    def texts(self, name: str) -> list[str]:
        """Give a list of strings, empty where absent."""
        value = self.members.get(name) or []
        assert isinstance(value, Sequence)
        return [str(item) for item in value]

    def refuse(self, names: Iterable[str]) -> None:
        """Refuse by name the members that would otherwise be ignored in silence.

        Raises `ServiceError`: ``ValidationException``.
        """
        for name in names:
            if self.members.get(name) is not None:
                raise ValidationError(f"{name} is not supported by the local cloud.")


def present(**members: object) -> Answer:
    """Make an answer of the members that are not None."""
    return {name: value for name, value in members.items() if value is not None}


def structure(request: Request, name: str) -> Request:
    """Give a structure that the model or a check of ours requires."""
    found = request.optional_structure(name)
    assert found is not None
    return found


def mapping(request: Request, name: str) -> dict[str, str]:
    """Give a map of strings, empty where absent."""
    value = request.members.get(name) or {}
    assert isinstance(value, Mapping)
    return {str(key): str(item) for key, item in value.items()}
