r"""Requests checked against the service models that ship with botocore, and refused in AWS's words.

AWS validates a request against the same models before an operation sees it, collects everything
that is wrong and answers once::

    2 validation errors detected: Value '-x' at 'pipelineName' failed to satisfy constraint:
    Member must satisfy regular expression pattern: …; Value null at 'roleArn' failed to satisfy
    constraint: Member must not be null

A value of another JSON type does not get that far: it is a ``SerializationException``.

Requests are also written down before they are sent: in the definitions of pipelines and state machines.
There a value that is known only later is an `Unknown`. It breaks no constraint, but may be of the wrong type.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

from localcloud.errors import ServiceError, ValidationError
from localcloud.json_types import is_double
from localcloud.patterns import compile_pattern

_SHOWN = 1024  # A refused value is quoted up to here: a pipeline definition can be a megabyte.

_TYPES: dict[str, Callable[[object], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "long": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": is_double,
    "double": is_double,
    "timestamp": lambda value: isinstance(value, datetime),
    "blob": lambda value: isinstance(value, str | bytes | bytearray) or hasattr(value, "read"),
    "list": lambda value: isinstance(value, Sequence) and not isinstance(value, str | bytes),
    "structure": lambda value: isinstance(value, Mapping),
    "map": lambda value: isinstance(value, Mapping),
}


_NARROWER = {"long": {"integer"}, "float": {"integer", "long"}, "double": {"integer", "long", "float"}}
"""By type, the other types whose values it takes as well."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that is not known yet.

    Parameters
    ----------
    type_name
        Its type by the name of the models, such as ``integer``; None where that is unknown, too. It is never
        a list or an object.
    text
        How the document refers to it; for messages.
    """

    type_name: str | None = None
    text: str = ""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Mistyped:
    """A value of another type than the model says: where it stands, and what should stand there."""

    path: str
    shape: Shape
    value: object

    @property
    def member(self) -> str:
        """The name of the innermost member, as the model spells it."""
        return self.path.rpartition(".")[2]


def validate(service: str, operation: str, request: Mapping[str, object]) -> None:
    """Check a request against the input shape of its operation.

    Parameters
    ----------
    service
        The service's name in botocore, such as ``sagemaker-geospatial``.
    operation
        The operation's name in the model, such as ``CreatePipeline``.
    request
        The members as the host's parser left them: timestamps are `datetime.datetime`; a member
        that is None counts as absent; members the model does not know are ignored, as AWS does.

    Raises
    ------
    ServiceError
        ``ValidationException`` that names every broken constraint, or ``SerializationException``
        where a value has another type than the model says.
    """
    shape = operation_model(service, operation).input_shape
    if shape is not None:
        validate_shape(shape, request)


def validate_shape(shape: Shape, request: Mapping[str, object]) -> None:
    """Check a request against the input shape of whatever service; raises as `validate` does."""
    for wrong in mistyped(shape, request):
        where = ".".join(_lower(name) for name in wrong.path.split("."))
        kinds = f"{type(wrong.value).__name__} can not be converted to {wrong.shape.type_name}"
        raise ServiceError(
            "SerializationException", f"A value of type {kinds}" + (f" at '{where}'" if where else "")
        )
    problems = list(_check(shape, request, ""))
    if problems:
        plural = "s" if len(problems) > 1 else ""
        raise ValidationError(f"{len(problems)} validation error{plural} detected: {'; '.join(problems)}")


def mistyped(shape: Shape, value: object, path: str = "") -> Iterator[Mistyped]:
    """Yield every value of a request, or of a part of it, that has another type than the model says."""
    if not _fits(shape, value):
        yield Mistyped(path, shape, value)
    elif isinstance(shape, StructureShape) and isinstance(value, Mapping):
        for name, member in shape.members.items():
            if value.get(name) is not None:
                yield from mistyped(member, value[name], _join(path, name))
    elif isinstance(shape, ListShape) and isinstance(value, Sequence):
        for item in value:
            yield from mistyped(shape.member, item, path)
    elif isinstance(shape, MapShape) and isinstance(value, Mapping):
        for key, item in value.items():
            yield from mistyped(shape.value, item, _join(path, str(key)))


def operation_model(service: str, operation: str) -> OperationModel:
    """Give botocore's model of an operation; a name the model lacks is a defect of ours."""
    return service_model(service).operation_model(operation)


def is_modelled_error(service: str, code: str) -> bool:
    """Tell whether an error code is one of a service's own, and not one that all services share."""
    errors = service_model(service).error_shapes
    return any(code == shape.metadata.get("error", {}).get("code", shape.name) for shape in errors)


@cache
def service_model(service: str) -> ServiceModel:
    """Return what botocore has of a service; raises `UnknownServiceError`."""
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def _check(shape: Shape, value: object, path: str) -> Iterator[str]:
    """Yield a sentence for each broken constraint of a value and of what lies inside it."""
    for constraint in _broken(shape, value):
        yield f"Value{_quoted(shape, value)} at '{path}' failed to satisfy constraint: {constraint}"
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        yield from _check_members(shape, value, path)
    elif isinstance(shape, ListShape) and isinstance(value, Sequence):
        yield from _check_items(shape, value, path)
    elif isinstance(shape, MapShape) and isinstance(value, Mapping):
        yield from _check_entries(shape, value, path)


def _check_members(shape: StructureShape, value: Mapping[str, object], path: str) -> Iterator[str]:
    for name, member in shape.members.items():
        member_path = _join(path, _lower(name))
        if value.get(name) is not None:
            yield from _check(member, value[name], member_path)
        elif name in shape.required_members:
            yield f"Value null at '{member_path}' failed to satisfy constraint: Member must not be null"


def _check_items(shape: ListShape, value: Sequence[object], path: str) -> Iterator[str]:
    """Check a list; broken items that are plain values are told of the list as a whole."""
    for index, item in enumerate(value, start=1):
        if _is_plain(shape.member):
            if any(_broken(shape.member, item)):
                yield _about_parts(path, "Member", shape, shape.member, value)
                return
        else:
            yield from _check(shape.member, item, f"{path}.{index}.member")


def _check_entries(shape: MapShape, value: Mapping[str, object], path: str) -> Iterator[str]:
    if any(any(_broken(shape.key, key)) for key in value):
        yield _about_parts(path, "Map keys", shape, shape.key, value)
    for key, item in value.items():
        if _is_plain(shape.value):
            if any(_broken(shape.value, item)):
                yield _about_parts(path, "Map value", shape, shape.value, value)
                return
        else:
            yield from _check(shape.value, item, f"{path}.{key}.member")


def _about_parts(path: str, what: str, shape: Shape, part: Shape, value: object) -> str:
    constraints = ", ".join(text for text, _ in _constraints(part))
    return (
        f"Value{_quoted(shape, value)} at '{path}' failed to satisfy constraint: "
        f"{what} must satisfy constraint: [{constraints}]"
    )


def _fits(shape: Shape, value: object) -> bool:
    wanted = shape.type_name
    if isinstance(value, Unknown):
        given = value.type_name
        return _is_plain(shape) and (given in {None, wanted} or given in _NARROWER.get(wanted, ()))
    return _TYPES[wanted](value)


def _broken(shape: Shape, value: object) -> Iterator[str]:
    known = not isinstance(value, Unknown)
    return (text for text, holds in _constraints(shape) if known and not holds(value))


def _constraints(shape: Shape) -> Iterator[tuple[str, Callable[[object], bool]]]:
    """Yield the constraints of a shape: AWS's sentence and the predicate behind it."""
    model = shape.metadata
    kind, measure = ("value", _number) if _is_number(shape) else ("length", _length)
    if (most := model.get("max")) is not None:
        yield f"Member must have {kind} less than or equal to {most}", lambda value: measure(value) <= most
    if (least := model.get("min")) is not None:
        yield (
            f"Member must have {kind} greater than or equal to {least}",
            lambda value: measure(value) >= least,
        )
    if (pattern := model.get("pattern")) is not None:
        matches = compile_pattern(pattern).fullmatch
        yield (
            f"Member must satisfy regular expression pattern: {pattern}",
            lambda value: matches(str(value)) is not None,
        )
    if (enum := model.get("enum")) is not None:
        yield f"Member must satisfy enum value set: [{', '.join(enum)}]", lambda value: value in enum


def _is_number(shape: Shape) -> bool:
    return shape.type_name in {"integer", "long", "float", "double"}


def _is_plain(shape: Shape) -> bool:
    return shape.type_name not in {"structure", "list", "map"}


def _number(value: object) -> float:
    assert isinstance(value, int | float)
    return value


def _length(value: object) -> int:
    assert isinstance(value, str | bytes | bytearray | Sequence | Mapping)
    return len(value)


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _quoted(shape: Shape, value: object) -> str:
    """Quote a value as AWS does; sensitive values are left out."""
    if shape.metadata.get("sensitive"):
        return ""
    shown = _shown(value)
    return f" '{shown if len(shown) <= _SHOWN else shown[:_SHOWN] + '…'}'"


def _shown(value: object) -> str:
    """Write a value as AWS's messages do, which is how Java prints it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}={_shown(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        return "[" + ", ".join(_shown(item) for item in value) + "]"
    return str(value)
