"""Arguments of a step that are the request of an operation: JSON with expressions anywhere inside.

Members are checked against the service model when the definition is read; values when the operation is
called, because only then they are known.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from botocore.model import ListShape, MapShape, Shape, StructureShape

from localcloud.sagemaker.pipelines.expressions import (
    FUNCTIONS,
    Environment,
    Expression,
    evaluate,
    parse_expression,
)
from localcloud.sagemaker.pipelines.reading import DefinitionError, only_members


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

    Raises
    ------
    DefinitionError
        Where an expression in it is malformed.
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
    """Evaluate a document.

    Raises
    ------
    StepError
        Where an expression has no value.
    """
    match node:
        case Leaf(expression):
            return evaluate(expression, environment)
        case Branches(members):
            return {name: fill(member, environment) for name, member in members.items()}
        case Items(items):
            return [fill(item, environment) for item in items]


def check_members(node: Node, shape: Shape, where: str, optional: frozenset[str] = frozenset()) -> None:
    """Check a document against the service model: no unknown member, none missing.

    Parameters
    ----------
    optional
        Members of the outermost object that may be missing although the model requires them.

    Raises
    ------
    DefinitionError
        Where it does not fit.
    """
    match node, shape:
        case Branches(members), StructureShape():
            only_members(dict(members), shape.members.keys())
            missing = [name for name in shape.required_members if name not in members.keys() | optional]
            if missing:
                raise DefinitionError(f"{where}: {', '.join(missing)} must not be null")
            for name, member in members.items():
                check_members(member, shape.members[name], f"{where}, {name}")
        case Branches(members), MapShape():
            for name, member in members.items():
                check_members(member, shape.value, f"{where}, {name}")
        case Branches(), _:
            raise DefinitionError(f"{where} must be of type {shape.type_name}")
        case Items(items), ListShape():
            for item in items:
                check_members(item, shape.member, where)
        case Items(), _:
            raise DefinitionError(f"{where} must be of type {shape.type_name}")
        case _:
            return
