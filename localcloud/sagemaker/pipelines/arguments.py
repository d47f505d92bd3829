"""Arguments of a step that are the request of an operation: JSON with expressions anywhere inside.

They are checked against the service model when the definition is read; what is known only at run time is
checked when the operation is called. Sources of the words: aws/sagemaker-python-sdk issues 4994 ("Unknown
Argument member"), 2631 ("Cannot assign property reference"), 2345 and 3908 ("Expecting start of Json …").
AWS itself tells broken limits, such as an eleventh processing input, when the step runs (2554).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from botocore.model import ListShape, MapShape, Shape, StructureShape

from localcloud.errors import ServiceError
from localcloud.sagemaker.pipelines.expressions import (
    FUNCTIONS,
    Environment,
    ExecutionReference,
    Expression,
    Join,
    Literal,
    ParameterReference,
    StepReference,
    evaluate,
    parse_expression,
)
from localcloud.sagemaker.pipelines.parameters import Parameter
from localcloud.sagemaker.pipelines.reading import DefinitionError
from localcloud.validation import Mistyped, Unknown, mistyped, validate_shape


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value: an expression."""

    expression: Expression


@dataclass(frozen=True, slots=True)
class Branches:
    """An object."""

    members: Mapping[str, "Node"]


@dataclass(frozen=True, slots=True)
class Items:
    """An array."""

    items: tuple["Node", ...]


Node: TypeAlias = Leaf | Branches | Items


def parse_arguments(document: object, where: str) -> Node:
    """Read a document; members that are null count as absent.

    Raises `DefinitionError` where an expression in it is malformed.
    """
    if isinstance(document, list):
        return Items(tuple(parse_arguments(item, where) for item in document))
    if isinstance(document, dict) and not (len(document) == 1 and document.keys() <= FUNCTIONS):
        return Branches(
            {
                name: parse_arguments(value, f"{where}, {name}")
                for name, value in document.items()
                if value is not None
            }
        )
    return Leaf(parse_expression(document, where))


def expressions_in(node: Node) -> Iterator[Expression]:
    """Yield all expressions of a document."""
    match node:
        case Leaf(expression):
            yield expression
        case Branches(members):
            for member in members.values():
                yield from expressions_in(member)
        case Items(items):
            for item in items:
                yield from expressions_in(item)


def fill(node: Node, environment: Environment) -> object:
    """Evaluate a document; `StepError` where an expression has no value."""
    match node:
        case Leaf(expression):
            return evaluate(expression, environment)
        case Branches(members):
            return {name: fill(member, environment) for name, member in members.items()}
        case Items(items):
            return [fill(item, environment) for item in items]


def check_request(
    node: Node,
    shape: StructureShape,
    where: str,
    parameters: Mapping[str, Parameter],
    supplied: Mapping[str, object],
) -> None:
    """Check a request against the service model, as far as its values are known.

    `parameters`: what the definition declares; their types are known, their values are not.
    `supplied`: what takes the place of members of the outermost object when the step runs.

    Raises `DefinitionError` where it does not fit.
    """
    _check_members(node, shape)
    document = _known(node, parameters)
    assert isinstance(document, dict)
    document |= supplied
    for wrong in mistyped(shape, document):
        raise DefinitionError(_about_type(wrong, where))
    try:
        validate_shape(shape, document)
    except ServiceError as error:
        raise DefinitionError(f"{where}: {error.message}") from error


def _check_members(node: Node, shape: Shape) -> None:
    """Refuse members that the model does not have; AWS ignores them in requests, but not in definitions."""
    match node, shape:
        case Branches(members), StructureShape():
            for name, member in members.items():
                if name not in shape.members:
                    raise DefinitionError(f"Unknown Argument member '{name}'")
                _check_members(member, shape.members[name])
        case Branches(members), MapShape():
            for member in members.values():
                _check_members(member, shape.value)
        case Items(items), ListShape():
            for item in items:
                _check_members(item, shape.member)


def _known(node: Node, parameters: Mapping[str, Parameter]) -> object:
    """Give a document in which `Unknown` stands for what only an execution knows."""
    match node:
        case Leaf(Literal(value)):
            return value
        case Leaf(expression):
            return _unknown(expression, parameters)
        case Branches(members):
            return {name: _known(member, parameters) for name, member in members.items()}
        case Items(items):
            return [_known(item, parameters) for item in items]


def _unknown(expression: Expression, parameters: Mapping[str, Parameter]) -> Unknown:
    match expression:
        case ParameterReference(name):
            return Unknown(parameters[name].type.lower(), f"Parameters.{name}")
        case ExecutionReference(variable):
            return Unknown("string", f"Execution.{variable}")
        case Join():
            return Unknown("string", "Std:Join")
        case StepReference(text=text):
            return Unknown(None, text)
    return Unknown(None, "Std:JsonGet")


def _about_type(wrong: Mistyped, where: str) -> str:
    """Say what is wrong with the type of a value."""
    member, wanted = f"{where}.{wrong.path}", wrong.shape.type_name
    if wanted == "list":
        return f"Expecting start of Json Array. ({member})"
    if wanted in {"structure", "map"}:
        return f"Expecting start of Json Object. ({member})"
    wanted = wanted.capitalize()
    if isinstance(wrong.value, Unknown):
        return f"Cannot assign property reference [{wrong.value}] to argument of type [{wanted}]. ({member})"
    return f"{member} must be of type {wanted}, and is {json.dumps(wrong.value, default=str)[:256]}"
