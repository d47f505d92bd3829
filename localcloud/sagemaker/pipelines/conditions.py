"""Conditions of a Condition step, read and evaluated.

Forms are those of the SageMaker Python SDK (``workflow/conditions.py``; ``Not`` takes ``Condition`` since
its pull request 4351): comparisons ``{Type, LeftValue, RightValue}``, ``In {QueryValue, Values}``,
``Not {Condition}``, ``Or {Conditions}``. AWS's JSON schema of a definition has ``NotEquals`` and ``NotIn``
as well, and writes ``In {Value, In}``. A step's list of conditions is ANDed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from localcloud.sagemaker.pipelines.expressions import Environment, Expression, evaluate, parse_expression
from localcloud.sagemaker.pipelines.reading import (
    DefinitionError,
    StepError,
    only_members,
    take_list,
    take_object,
)
from localcloud.sagemaker.pipelines.values import Value, ValueType, render, type_of

_NUMBERS = frozenset({ValueType.INTEGER, ValueType.FLOAT})

# Each asks a question of how the left value stands to the right one: below (-1), level (0) or above (1).
_COMPARISONS: dict[str, Callable[[int], bool]] = {
    "Equals": lambda standing: standing == 0,
    "NotEquals": lambda standing: standing != 0,
    "GreaterThan": lambda standing: standing > 0,
    "GreaterThanOrEqualTo": lambda standing: standing >= 0,
    "LessThan": lambda standing: standing < 0,
    "LessThanOrEqualTo": lambda standing: standing <= 0,
}
_TYPES = (*_COMPARISONS, "In", "NotIn", "Not", "Or")


@dataclass(frozen=True, slots=True)
class Comparison:
    """``Equals``, ``GreaterThan`` and their like."""

    kind: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class In:
    """Whether a value is one of several."""

    query: Expression
    values: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a condition."""

    condition: "Condition"


@dataclass(frozen=True, slots=True)
class Or:
    """Whether at least one condition holds."""

    conditions: tuple["Condition", ...]


Condition = Comparison | In | Not | Or


def parse_condition(document: object, where: str) -> Condition:
    """Read one condition of a definition.

    Raises `DefinitionError` where its type is unknown or its members are not those of its type.
    """
    members = take_object(document, where)
    kind = str(members.get("Type"))
    if kind in _COMPARISONS:
        _require(members, {"Type", "LeftValue", "RightValue"}, where)
        left = parse_expression(members["LeftValue"], f"{where}, LeftValue")
        return Comparison(kind, left, parse_expression(members["RightValue"], f"{where}, RightValue"))
    match kind:
        case "In" | "NotIn":
            found = _parse_in(members, where)
            return found if kind == "In" else Not(found)
        case "Not":
            _require(members, {"Type", "Condition"}, where)
            return Not(parse_condition(members["Condition"], where))
        case "Or":
            _require(members, {"Type", "Conditions"}, where)
            conditions = take_list(members["Conditions"], f"{where}, Conditions")
            return Or(tuple(parse_condition(condition, where) for condition in conditions))
    raise DefinitionError(f"{where}: unknown condition type '{kind}'; known types: {', '.join(_TYPES)}")


def _parse_in(members: dict[str, object], where: str) -> In:
    query, several = ("Value", "In") if "In" in members else ("QueryValue", "Values")
    _require(members, {"Type", query, several}, where)
    values = take_list(members[several], f"{where}, {several}")
    return In(
        parse_expression(members[query], f"{where}, {query}"),
        tuple(parse_expression(value, f"{where}, {several}") for value in values),
    )


def operands(condition: Condition) -> Iterator[Expression]:
    """Yield the expressions that a condition compares."""
    match condition:
        case Comparison(left=left, right=right):
            yield left
            yield right
        case In(query, values):
            yield query
            yield from values
        case Not(inner):
            yield from operands(inner)
        case Or(conditions):
            for inner in conditions:
                yield from operands(inner)


def holds(condition: Condition, environment: Environment) -> bool:
    """Tell whether a condition holds.

    Raises `StepError` where the two sides of a comparison cannot be compared, or an operand has no value.
    """
    match condition:
        case Comparison(kind, left, right):
            return _compare(kind, evaluate(left, environment), evaluate(right, environment))
        case In(query, values):
            wanted = evaluate(query, environment)
            found = [evaluate(value, environment) for value in values]
            return any(_comparable(wanted, value) and wanted == value for value in found)
        case Not(inner):
            return not holds(inner, environment)
        case Or(conditions):
            return any(holds(inner, environment) for inner in conditions)


def _compare(kind: str, left: Value, right: Value) -> bool:
    unordered = kind not in {"Equals", "NotEquals"} and isinstance(left, bool)
    if unordered or not _comparable(left, right):
        raise StepError(
            f"ClientError: Condition of type [{kind}] is not supported between [{render(left)}] of type "
            f"[{type_of(left)}] and [{render(right)}] of type [{type_of(right)}]."
        )
    return _COMPARISONS[kind](_standing(left, right))


def _standing(left: Value, right: Value) -> int:
    if isinstance(left, str) or isinstance(right, str):
        return (str(left) > str(right)) - (str(left) < str(right))
    return (left > right) - (left < right)


def _comparable(left: Value, right: Value) -> bool:
    """Tell whether two values are of one kind; Integer and Float are both numbers."""
    types = {type_of(left), type_of(right)}
    return len(types) == 1 or types <= _NUMBERS


def _require(members: dict[str, object], names: set[str], where: str) -> None:
    for name in sorted(names - only_members(members, names).keys()):
        raise DefinitionError(f"{where}: a condition of type '{members['Type']}' needs {name}")
