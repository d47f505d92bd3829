"""Policy documents: read, and their statements told apart by where they stand."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

_STATEMENT = frozenset(
    {
        "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource",
        "Condition",
    }
)  # fmt: skip
_DOCUMENT = frozenset({"Version", "Id", "Statement"})
_DECODER = json.JSONDecoder()
_SPACE = " \t\r\n"

Conditions = Mapping[str, Mapping[str, Sequence[str]]]
"""Operators, their keys, and the values of these."""


class PolicyError(Exception):
    """A document is no policy."""


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a document, as the policy simulator counts: behind the bracket, from line and column 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; of an element and its opposite, one is given, the other is None."""

    index: int
    sid: str
    allows: bool
    actions: Sequence[str] | None
    not_actions: Sequence[str] | None
    resources: Sequence[str] | None
    not_resources: Sequence[str] | None
    principals: Mapping[str, Sequence[str]] | None
    not_principals: Mapping[str, Sequence[str]] | None
    conditions: Conditions
    start: Position
    end: Position
    has_variables: bool


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Policy:
    """A policy; one and the same object is compiled once.

    Parameters
    ----------
    id, type
        What the simulator calls it: ``role_name_policy``, ``IAM Policy``.
    """

    id: str
    type: str
    statements: tuple[Statement, ...] = field(repr=False)


def parse_policy(policy_id: str, kind: str, text: str) -> Policy:
    """Read a policy document.

    Raises
    ------
    PolicyError
        It is no JSON, or has no statements that could be evaluated.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PolicyError(f"The policy is not in the valid JSON format: {error}") from error
    if not isinstance(document, dict):
        raise PolicyError("The policy is not a JSON object.")
    for name in document:
        if name not in _DOCUMENT:
            raise PolicyError(f"The policy has the unknown element '{name}'.")
    version = document.get("Version", "2008-10-17")
    if version not in ("2008-10-17", "2012-10-17"):
        raise PolicyError(f"The policy has the unknown Version '{version}'.")
    found = [
        _statement(index, members, text, span, has_variables=version == "2012-10-17")
        for index, (members, span) in enumerate(_statements(text))
    ]
    if not found:
        raise PolicyError("The policy has no Statement.")
    return Policy(policy_id, kind, tuple(found))


def _statements(text: str) -> Iterator[tuple[object, tuple[int, int]]]:
    """Yield the statements of a document that is a JSON object, and where each stands."""
    at = _after(text, text.index("{") + 1)
    while text[at] != "}":
        key, at = _DECODER.raw_decode(text, at)
        at = _after(text, at, ":")
        value, end = _DECODER.raw_decode(text, at)
        if key == "Statement" and isinstance(value, list):
            at = _after(text, at + 1)
            for item in value:
                _, stop = _DECODER.raw_decode(text, at)
                yield item, (at, stop)
                at = _after(text, stop, ",")
        elif key == "Statement":
            yield value, (at, end)
        at = _after(text, end, ",")


def _after(text: str, at: int, separator: str = "") -> int:
    """Give the place of what follows: behind white space, and behind a separator where there is one."""
    while text[at] in _SPACE or text[at] == separator:
        at += 1
    return at


def _statement(
    index: int, members: object, text: str, span: tuple[int, int], *, has_variables: bool
) -> Statement:
    if not isinstance(members, dict):
        raise PolicyError("A Statement is not a JSON object.")
    for name in members:
        if name not in _STATEMENT:
            raise PolicyError(f"A Statement has the unknown element '{name}'.")
    if (effect := members.get("Effect")) not in ("Allow", "Deny"):
        raise PolicyError(f"Effect must be Allow or Deny, and is '{effect}'.")
    if ("Action" in members) is ("NotAction" in members):
        raise PolicyError("A Statement must have Action or NotAction.")
    names_somebody = "Principal" in members or "NotPrincipal" in members
    names_something = "Resource" in members or "NotResource" in members
    if ("Resource" in members) is ("NotResource" in members) and (names_something or not names_somebody):
        raise PolicyError("A Statement must have Resource or NotResource.")
    if "Principal" in members and "NotPrincipal" in members:
        raise PolicyError("A Statement must not have both Principal and NotPrincipal.")
    return Statement(
        index=index,
        sid=str(members.get("Sid", "")),
        allows=effect == "Allow",
        actions=_given(members, "Action"),
        not_actions=_given(members, "NotAction"),
        resources=_given(members, "Resource"),
        not_resources=_given(members, "NotResource"),
        principals=_principals(members, "Principal"),
        not_principals=_principals(members, "NotPrincipal"),
        conditions=_conditions(members.get("Condition", {})),
        start=_position(text, span[0] + 1),
        end=_position(text, span[1]),
        has_variables=has_variables,
    )


def _given(members: Mapping[str, object], name: str) -> list[str] | None:
    """Read an element that must not be empty; None where it is not given."""
    values = _texts(members[name], name) if name in members else None
    if values == []:
        raise PolicyError(f"{name} must not be empty.")
    return values


def _texts(value: object, name: str) -> list[str]:
    values = [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]
    if len(values) != (len(value) if isinstance(value, list) else 1):
        raise PolicyError(f"{name} must be a string or a list of strings.")
    return values


def _principals(members: Mapping[str, object], name: str) -> Mapping[str, Sequence[str]] | None:
    value = members.get(name)
    if value == "*":
        return {"AWS": ["*"]}
    if name not in members:
        return None
    if not isinstance(value, dict) or not value:
        raise PolicyError(f"{name} must be '*' or an object.")
    return {kind: _texts(names, name) for kind, names in value.items()}


def _conditions(value: object) -> Conditions:
    if not isinstance(value, dict) or not all(isinstance(keys, dict) for keys in value.values()):
        raise PolicyError("Condition must be an object of operators with their keys.")
    return {
        operator: {key: _values(values) for key, values in keys.items()} for operator, keys in value.items()
    }


def _values(value: object) -> list[str]:
    """Read the values of a condition's key; numbers and Booleans are written as texts."""
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str | int | float) for item in values):
        raise PolicyError("A value of Condition must be a string, a number or a Boolean.")
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in values]


def _position(text: str, at: int) -> Position:
    line = text.rfind("\n", 0, at) + 1
    return Position(text.count("\n", 0, at) + 1, at - line + 1)
