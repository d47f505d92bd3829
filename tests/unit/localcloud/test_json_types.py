"""JSON values that fit a shape, and those that do not."""

from typing import Any

import pytest
from botocore.model import ListShape, MapShape, Shape, ShapeResolver

from localcloud.json_types import unknown_member, why_it_does_not_fit


def shape(kind: str, **model: bool) -> Shape:
    simple = {
        name: {"type": name} for name in ("string", "integer", "long", "double", "boolean", "timestamp")
    }
    part = {"shape": "string"}
    shapes: dict[str, Any] = simple | {
        "list": {"type": "list", "member": part, **model},
        "map": {"type": "map", "key": part, "value": part, **model},
        "structure": {"type": "structure", "members": {}},
    }
    made = ShapeResolver(shapes).get_shape_by_name(kind)
    assert isinstance(made, {"list": ListShape, "map": MapShape}.get(kind, Shape))
    return made


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("string", ""), ("integer", 3), ("integer", 3.0), ("long", 2**62), ("double", 1), ("double", "NaN"),
        ("boolean", False), ("timestamp", 1.5), ("list", ["x"]), ("map", {"a": "x"}), ("structure", {}),
    ],
)  # fmt: skip
def test_a_value_of_its_type_fits(kind: str, value: object) -> None:
    assert why_it_does_not_fit(shape(kind), value) is None


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("string", 7), ("string", ["x"]), ("integer", "3"), ("integer", True), ("integer", 3.5),
        ("integer", 2**31), ("integer", float("inf")), ("long", 2**63), ("double", "1.5"), ("double", True),
        ("boolean", "true"), ("boolean", 1), ("timestamp", True), ("list", {}), ("list", "x"),
        ("list", [None]), ("map", []), ("map", {"a": None}), ("structure", []), ("structure", "x"),
    ],
)  # fmt: skip
def test_a_value_of_another_type_does_not_fit(kind: str, value: object) -> None:
    assert kind in str(why_it_does_not_fit(shape(kind), value))


def test_a_whole_number_that_no_double_holds_does_not_fit() -> None:
    assert why_it_does_not_fit(shape("double"), -(10**300)) is None
    assert "double" in str(why_it_does_not_fit(shape("double"), 10**400))
    assert "double" in str(why_it_does_not_fit(shape("double"), -(10**400)))


@pytest.mark.parametrize(("kind", "value"), [("list", ["x", None]), ("map", {"a": None})])
def test_null_may_stand_in_what_is_sparse(kind: str, value: object) -> None:
    assert why_it_does_not_fit(shape(kind, sparse=True), value) is None


def test_null_stands_for_an_absent_value() -> None:
    assert why_it_does_not_fit(shape("integer"), None) is None


@pytest.mark.parametrize("value", [{}, {"a": None}, {"a": False}, {"a": []}, {"a": {"b": None}}, [], "a"])
def test_an_unknown_member_that_asks_for_nothing_is_ignored(value: object) -> None:
    assert unknown_member(shape("structure"), value) is None


def test_an_unknown_member_is_named() -> None:
    assert unknown_member(shape("structure"), {"a": None, "b": {"c": 1}}) == "b"
    assert unknown_member(shape("map"), {"b": "x"}) is None
