"""The conditions of Choice states and Condition steps, put into a few words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

_TYPES = ("String", "Numeric", "Boolean", "Timestamp")
# The order matters: what ends with `GreaterThanEquals` also ends with `Equals`.
_COMPARISONS = (
    ("GreaterThanEquals", ">="),
    ("LessThanEquals", "<="),
    ("GreaterThan", ">"),
    ("LessThan", "<"),
    ("Equals", "="),
    ("Matches", "matches"),
)
_PRESENT = {
    "IsPresent": "present",
    "IsNull": "null",
    "IsNumeric": "a number",
    "IsString": "text",
    "IsBoolean": "true or false",
    "IsTimestamp": "a timestamp",
}
_OF_STEPS = {
    "Equals": "=",
    "NotEquals": "!=",
    "GreaterThan": ">",
    "GreaterThanOrEqualTo": ">=",
    "LessThan": "<",
    "LessThanOrEqualTo": "<=",
}


def describe_rule(rule: Mapping[str, object]) -> str:
    """Write when a rule of a Choice state holds, in JSONPath or JSONata; its Comment, if there is one."""
    comment = rule.get("Comment")
    return comment if isinstance(comment, str) and comment else _describe(rule)


def _describe(rule: Mapping[str, object]) -> str:
    if "Condition" in rule:
        return str(rule["Condition"]).removeprefix("{%").removesuffix("%}").strip()
    if isinstance(negated := rule.get("Not"), Mapping):
        return f"not {_inner(negated)}"
    for word, joined in (("And", " and ".join), ("Or", _either)):
        if isinstance(parts := rule.get(word), Sequence):
            return joined([_inner(part) for part in parts])
    variable = _short(rule.get("Variable", "input"))
    for name, value in rule.items():
        if name in _PRESENT:
            return f"{variable} {'is' if value is True else 'is not'} {_PRESENT[name]}"
        compared = _comparison(name)
        if compared:
            return f"{variable} {compared} {_value(value, is_path=name.endswith('Path'))}"
    return variable


def _inner(rule: object) -> str:
    """Write a part of a rule, in brackets where it has parts itself."""
    if not isinstance(rule, Mapping):
        return str(rule)
    text = _describe(rule)
    return f"({text})" if "And" in rule or "Or" in rule else text


def _either(texts: Sequence[str]) -> str:
    """Join alternatives; what one variable may be equal to is said of it once."""
    begin, equals, _ = texts[0].partition(" = ")
    same = f"{begin}{equals}"
    if equals and all(text.startswith(same) for text in texts):
        texts = [texts[0], *(text.removeprefix(same) for text in texts[1:])]
    return " or ".join(texts)


def _comparison(name: str) -> str:
    operator = name.removesuffix("Path")
    typed = next((operator.removeprefix(word) for word in _TYPES if operator.startswith(word)), "")
    return dict(_COMPARISONS).get(typed, "")


def _short(path: object) -> str:
    """Leave out what every JSONPath begins with."""
    return str(path).removeprefix("$.") or str(path)


def _value(value: object, *, is_path: bool) -> str:
    return _short(value) if is_path else json.dumps(value, ensure_ascii=False)


def describe_conditions(conditions: Sequence[object]) -> str:
    """Write when a Condition step is true: when all of its conditions hold.

    They have the forms of the SageMaker Python SDK (`sagemaker/workflow/conditions.py`).
    """
    return " and ".join(_describe_condition(condition) for condition in conditions)


def _describe_condition(condition: object) -> str:
    if not isinstance(condition, Mapping):
        return str(condition)
    kind = condition.get("Type")
    if kind == "Or" and isinstance(parts := condition.get("Conditions"), Sequence):
        return f"({' or '.join(_describe_condition(part) for part in parts)})"
    if kind == "Not":
        return f"not {_describe_condition(condition.get('Condition'))}"
    if kind == "In":
        asked, values = condition.get("QueryValue"), condition.get("Values", ())
        return f"{_operand(asked)} in {', '.join(map(_operand, values))}"
    left, right = _operand(condition.get("LeftValue")), _operand(condition.get("RightValue"))
    return f"{left} {_OF_STEPS.get(str(kind), str(kind))} {right}"


def _operand(value: object) -> str:
    """Write a value or where it comes from, such as `Steps.Evaluate.…`."""
    if isinstance(value, Mapping):
        if "Get" in value:
            return str(value["Get"]).removeprefix("Parameters.").removeprefix("Steps.")
        if isinstance(parsed := value.get("Std:JsonGet"), Mapping):
            return str(parsed.get("Path", "JsonGet"))
        if isinstance(joined := value.get("Std:Join"), Mapping):
            return str(joined.get("On", "")).join(_operand(part) for part in joined.get("Values", ()))
    return json.dumps(value, ensure_ascii=False)
