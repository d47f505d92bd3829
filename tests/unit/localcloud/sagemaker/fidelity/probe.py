"""What SageMaker's operations do with each member of their requests, found out by asking.

A member is refused where a request with it is refused by name ("… is not supported by the local cloud"), and
one without it is not. What is accepted is done where the code of the operation reads it, and told only where
it is no more than given back.
"""

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from botocore.model import ListShape, MapShape, Shape, StructureShape

import localcloud
from localcloud.errors import ServiceError
from localcloud.patterns import compile_pattern
from localcloud.ports import Caller
from localcloud.validation import operation_model
from tests.unit.localcloud.sagemaker.cloud import ROLE, Cloud, Document
from tests.unit.localcloud.sagemaker.fidelity.requests import baseline

REFUSED = re.compile(r"(?:is|are) not supported by the local cloud|; the local cloud deploys one")
INVALID = re.compile(r"validation errors? detected|SerializationException")
Way = tuple[str, ...]
"""The names of members that lead to one: ``("ResourceConfig", "InstanceType")``."""

_TEXTS = (
    "a", "1", "ml.m5.large", ROLE, "s3://bucket/key", "vpc-12345678", "subnet-12345678", "sg-12345678",
    "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/a", "https://example.com/a", "a.b", "/opt/ml/a",
    "arn:aws:kms:eu-west-1:123456789012:key/a", "fs-12345678", "a/b", "0000000000", "2026-01-01",
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:a", "https://a.git", "x" * 32, "x" * 64, "ab",
    "arn:aws:sagemaker:eu-west-1:123456789012:training-plan/a", "sha256:" + "0" * 64, "select a",
    "arn:aws:redshift:eu-west-1:123456789012:a", "arn:aws:ec2:eu-west-1:123456789012:capacity-reservation/a",
    "arn:aws:sagemaker:eu-west-1:123456789012:mlflow-app/app-A12345678901", "us-west-2", "a=b",
    "arn:aws:sagemaker:eu-west-1:123456789012:hub-content/a/model/b/1.0.0", "cr-12345678", "app-A12345678901",
    "s3://bucket/", "arn:aws:sns:eu-west-1:123456789012:a",
    "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a",
    "arn:aws:sagemaker:eu-west-1:123456789012:hub-content/a/Model/b/1.0.0", "arn:aws:iam::123456789012:a",
    f"arn:aws:sagemaker:eu-west-1:123456789012:pipeline/a/execution/{'a' * 12}", "1.0",
    "arn:aws:sagemaker:eu-west-1:123456789012:model-package/a/1",
    "arn:aws:sagemaker:eu-west-1:123456789012:model-package-group/a", "mig-1g.5gb", "8K",
    "arn:aws:lambda:eu-west-1:123456789012:function:a",
    "arn:aws:sagemaker:eu-west-1:aws:hub-content/a/DataSet/b/1.0.0", "d-000000000000", "eu-west-1_a",
    "arn:aws:sagemaker:eu-west-1:123456789012:context/a",
    "arn:aws:sagemaker:eu-west-1:123456789012:cluster/000000000000", "0" * 12,
    "arn:aws:sagemaker:eu-west-1:123456789012:partner-app/app-000000000000",
)  # fmt: skip


_MANY = 40  # of an enumeration: instance types, of which none is treated in another way


class NoValueError(Exception):
    """No value is known that a member of this shape may have."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found out of a member.

    Parameters
    ----------
    refused
        The values that are refused; None where all are.
    """

    way: Way
    accepted: tuple[object, ...]
    refused: tuple[object, ...]


def values(shape: Shape) -> Sequence[object]:
    """Give values that a member may have: those of an enumeration, true, a plausible text."""
    if enum := shape.metadata.get("enum"):
        return list(enum) if len(enum) < _MANY else list(enum[:: len(enum) // 4])
    least = shape.metadata.get("min") or 0
    plain = {
        "boolean": True,
        "integer": max(1, int(least)),
        "long": max(1, int(least)),
        "float": max(1.0, float(least)),
        "double": max(1.0, float(least)),
        "timestamp": datetime(2026, 1, 1, tzinfo=UTC),
    }
    if shape.type_name in {"string", "blob"}:
        return [_text(shape)]
    return [plain[shape.type_name] if shape.type_name in plain else smallest(shape)]


def smallest(shape: Shape) -> object:
    """Make the smallest value of a shape that asks for something."""
    match shape:
        case StructureShape():
            required = [name for name in shape.members if name in shape.required_members]
            chosen = required or list(shape.members)[:1]
            return {name: smallest(shape.members[name]) for name in chosen}
        case ListShape():
            return [smallest(shape.member) for _ in range(max(1, int(shape.metadata.get("min") or 0)))]
        case MapShape():
            return {str(_text(shape.key)): smallest(shape.value)}
    return values(shape)[0]


def _text(shape: Shape) -> str:
    if enum := shape.metadata.get("enum"):
        return str(enum[0])
    least, most = int(shape.metadata.get("min") or 0), shape.metadata.get("max") or 10**6
    fits = compile_pattern(shape.metadata.get("pattern") or "(?s:.*)").fullmatch
    for text in (*_TEXTS, "x" * least):
        if least <= len(text) <= int(most) and fits(text):
            return text
    raise NoValueError(shape.name)


def put(request: object, shape: Shape, way: Way, value: object) -> object:
    """Give a request in which a member has a value; what it needs around it is made."""
    if not way:
        return value
    if isinstance(shape, ListShape):
        given = request if isinstance(request, list) else [None]
        return [put(item, shape.member, way, value) for item in given]
    if isinstance(shape, MapShape):
        entries = request if isinstance(request, dict) else {_text(shape.key): None}
        return {key: put(item, shape.value, way, value) for key, item in entries.items()}
    assert isinstance(shape, StructureShape)
    known = request if isinstance(request, dict) else _around(shape)
    name, rest = way[0], way[1:]
    return {**known, name: put(known.get(name), shape.members[name], rest, value)}


def _around(shape: StructureShape) -> Document:
    return {name: smallest(shape.members[name]) for name in shape.required_members}


class Prober:
    """Asks a cloud, each time as another account, so that no request meets what an earlier one has made."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._asked = 0

    def is_refused(self, operation: str, request: Mapping[str, object]) -> bool:
        """Tell whether a request is refused because the local cloud does not support what it asks."""
        self._asked += 1
        try:
            self._cloud.sagemaker.call(operation, Caller(f"{self._asked:012d}", "eu-west-1"), request)
        except ServiceError as error:
            if INVALID.search(str(error)):
                raise NoValueError(f"{operation}: {error}") from error
            return REFUSED.search(error.message) is not None
        return False

    def findings(self, operation: str) -> list[Finding]:
        """Find out what becomes of every member of an operation's request, parts after the whole."""
        shape = operation_model("sagemaker", operation).input_shape
        return [] if shape is None else self._of(operation, shape, shape, (), ())

    def _of(
        self, operation: str, root: Shape, shape: Shape, way: Way, seen: tuple[str, ...]
    ) -> list[Finding]:
        structure = _structure(shape)
        if structure is None or structure.name in seen:
            return []
        found: list[Finding] = []
        for name, member in structure.members.items():
            here = (*way, name)
            own = self._ask(operation, root, here, member)
            parts = self._of(operation, root, member, here, (*seen, structure.name))
            if not own.accepted and any(part.accepted for part in parts):
                own = Finding(here, own.refused, ())
            found += [own, *parts] if own.accepted else [own]
        return found

    def _ask(self, operation: str, root: Shape, way: Way, member: Shape) -> Finding:
        leaf, known = member, _at(baseline(operation, way), way)
        while isinstance(leaf, ListShape) and not isinstance(leaf.member, StructureShape):
            leaf = leaf.member
        tried = (
            [known]
            if isinstance(known, dict | list)
            else [_wrapped(member, leaf, value) for value in values(leaf)]
        )
        sorted_out: dict[bool, list[object]] = {True: [], False: []}
        for value in tried:
            request = put(baseline(operation, way), root, way, value)
            assert isinstance(request, dict)
            sorted_out[self.is_refused(operation, request)].append(value)
        return Finding(way, tuple(sorted_out[False]), tuple(sorted_out[True]))


def _structure(shape: Shape) -> StructureShape | None:
    """Give the structure that a member is, or that its items are."""
    while isinstance(shape, ListShape | MapShape):
        shape = shape.member if isinstance(shape, ListShape) else shape.value
    return shape if isinstance(shape, StructureShape) else None


def _at(request: object, way: Way) -> object:
    for name in way:
        while isinstance(request, list):
            request = request[0]
        request = request.get(name) if isinstance(request, dict) else None
    return request


def _wrapped(shape: Shape, leaf: Shape, value: object) -> object:
    if shape is leaf:
        return value
    assert isinstance(shape, ListShape)
    return [_wrapped(shape.member, leaf, value)]


@cache
def names_read(*folders: str) -> frozenset[str]:
    """Name what the code of some folders or files reads: texts within functions, but none of declarations."""
    root = Path(localcloud.__file__ or "").parent / "sagemaker"
    paths = [
        path
        for folder in folders
        for path in ([root / folder] if folder.endswith(".py") else sorted((root / folder).rglob("*.py")))
    ]
    found: set[str] = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                found |= {
                    item.value
                    for item in ast.walk(node)
                    if isinstance(item, ast.Constant) and isinstance(item.value, str)
                }
    return frozenset(found)
