"""Members that the local cloud does not carry: refused by name, unless what they say changes nothing.

AWS's SDKs send many members with values that ask for nothing, such as ``EnableNetworkIsolation: false`` or an
empty list; these are accepted.
"""

from collections.abc import Mapping, Sequence

from localcloud.containers.container import ML
from localcloud.errors import ValidationError
from localcloud.sagemaker.wire.requests import Request
from localcloud.sagemaker.wire.s3_uri import S3Uri


def refuse_others(structure: Request, path: str, supported: frozenset[str]) -> None:
    """Refuse all members of a structure but those named.

    `path`: where the structure stands in the request; empty for the request itself. Raises `ServiceError`:
    ``ValidationException``.
    """
    for name, value in structure.members.items():
        if name not in supported and not _asks_for_nothing(value):
            where = f"{path}.{name}" if path else name
            raise ValidationError(f"{where} is not supported by the local cloud.")


def require_value(structure: Request, path: str, name: str, *values: object) -> None:
    """Refuse any but these values of a member, where it is given.

    Raises `ServiceError`: ``ValidationException``.
    """
    value = structure.members.get(name)
    if value is not None and value not in values:
        carried = " and ".join(str(item) for item in values)
        raise ValidationError(
            f"{path}.{name} '{value}' is not supported by the local cloud; it carries {carried}."
        )


def check_local_path(path: str, member: str) -> None:
    """Refuse a path that is none of a folder in the container. Raises ``ValidationException``."""
    if (
        not path.startswith("/")
        or {".", ".."} & set(path.split("/"))
        or "\0" in path
        or f"{ML}/".startswith(f"{path.rstrip('/')}/")  # it would hide the job's own folders
    ):
        raise ValidationError(f"{member} '{path}' must be the absolute path of a folder, and not of {ML}.")


def read_uri(structure: Request, path: str, name: str) -> S3Uri:
    """Read a member that is an S3 URI. Raises `ServiceError`: ``ValidationException`` where it is none."""
    try:
        return S3Uri.parse(structure.text(name))
    except ValueError as error:
        raise ValidationError(f"{path}.{name}: {error}") from error


def _asks_for_nothing(value: object) -> bool:
    if isinstance(value, Mapping):
        return all(_asks_for_nothing(item) for item in value.values())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return not value
    return not value
