r"""Requests checked against the service models that ship with botocore, and refused in AWS's words.

AWS validates a request against the same models before an operation sees it, collects everything
that is wrong and answers once::

    2 validation errors detected: Value '-x' at 'pipelineName' failed to satisfy constraint:
    Member must satisfy regular expression pattern: …; Value null at 'roleArn' failed to satisfy
    constraint: Member must not be null

A value of another JSON type does not get that far: it is a ``SerializationException``.
"""

import re
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

from localcloud.errors import ServiceError, ValidationError

_SHOWN = 1024  # A refused value is quoted up to here: a pipeline definition can be a megabyte.

# What Java's regular expressions have and Python's have not, as it stands in the models: \p{L} stands beside
# \p{N}, and letters with numbers are what \w means (with "_"); separators are few enough to be listed.
_JAVA_SPELLINGS = {
    r"\p{L}": r"\w",
    r"\p{N}": r"\w",
    r"\p{Z}": r" \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
    r"\p{ASCII}": r"[\x00-\x7f]",  # never within brackets, the others always
    r"\p{Alnum}": "a-zA-Z0-9",
    r"\p{Print}": r"\x20-\x7e",
    r"\z": r"\Z",
    r"\uD800\uDC00-\uDBFF\uDFFF": r"\U00010000-\U0010ffff",
}
_JAVA_CATEGORY = re.compile(r"\\p\{([MPS])\}")
_REPEATED_END = re.compile(r"\$\{\d+,\d+\}")

_TYPES: dict[str, Callable[[object], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "long": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "double": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "timestamp": lambda value: isinstance(value, datetime),
    "blob": lambda value: isinstance(value, str | bytes | bytearray) or hasattr(value, "read"),
    "list": lambda value: isinstance(value, Sequence) and not isinstance(value, str | bytes),
    "structure": lambda value: isinstance(value, Mapping),
    "map": lambda value: isinstance(value, Mapping),
}


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
    problems = list(_check(shape, request, ""))
    if problems:
        plural = "s" if len(problems) > 1 else ""
        raise ValidationError(f"{len(problems)} validation error{plural} detected: {'; '.join(problems)}")


def operation_model(service: str, operation: str) -> OperationModel:
    """Give botocore's model of an operation; a name the model lacks is a defect of ours."""
    return _service_model(service).operation_model(operation)


def is_modelled_error(service: str, code: str) -> bool:
    """Tell whether an error code is one of a service's own, and not one that all services share."""
    errors = _service_model(service).error_shapes
    return any(code == shape.metadata.get("error", {}).get("code", shape.name) for shape in errors)


@cache
def _service_model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def _check(shape: Shape, value: object, path: str) -> Iterator[str]:
    """Yield a sentence for each broken constraint of a value and of what lies inside it."""
    _check_type(shape, value, path)
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
        member_path = _join(path, name[:1].lower() + name[1:])
        if value.get(name) is not None:
            yield from _check(member, value[name], member_path)
        elif name in shape.required_members:
            yield f"Value null at '{member_path}' failed to satisfy constraint: Member must not be null"


def _check_items(shape: ListShape, value: Sequence[object], path: str) -> Iterator[str]:
    """Check a list; broken items that are plain values are told of the list as a whole."""
    for index, item in enumerate(value, start=1):
        if _is_plain(shape.member):
            _check_type(shape.member, item, path)
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
            _check_type(shape.value, item, path)
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


def _check_type(shape: Shape, value: object, path: str) -> None:
    if not _TYPES[shape.type_name](value):
        kind = type(value).__name__
        where = f" at '{path}'" if path else ""
        raise ServiceError(
            "SerializationException",
            f"A value of type {kind} can not be converted to {shape.type_name}{where}",
        )


def _broken(shape: Shape, value: object) -> Iterator[str]:
    return (text for text, holds in _constraints(shape) if not holds(value))


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


@cache
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a pattern of a model, which is written for Java; a text that fits is a full match."""
    for java, python in _JAVA_SPELLINGS.items():
        pattern = pattern.replace(java, python)
    pattern = _REPEATED_END.sub("$", _JAVA_CATEGORY.sub(lambda match: _category(match[1]), pattern))
    return re.compile(pattern)


@cache
def _category(letter: str) -> str:
    """Give the characters of a Unicode category, to stand within brackets: marks, punctuation or symbols."""
    ranges: list[list[int]] = []
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code))[0] == letter:
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


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
