"""Conditions: typed comparison, In, Not, Or."""

import pytest

from localcloud.sagemaker.pipelines.conditions import holds, operands, parse_condition
from localcloud.sagemaker.pipelines.expressions import Environment, Literal
from localcloud.sagemaker.pipelines.reading import DefinitionError, StepError
from localcloud.sagemaker.pipelines.values import Value


def nothing(uri: str) -> object:
    raise AssertionError(uri)


ENVIRONMENT = Environment({"three": 3}, {}, {}, nothing)


def is_true(document: object) -> bool:
    return holds(parse_condition(document, "Step 'c'"), ENVIRONMENT)


def compare(kind: str, left: object, right: object) -> dict[str, object]:
    return {"Type": kind, "LeftValue": left, "RightValue": right}


@pytest.mark.parametrize(
    ("left", "right", "standing"),
    [
        (1, 2, -1),
        (2, 2, 0),
        (3, 2, 1),
        (2, 2.0, 0),
        (1.5, 1, 1),
        ("a", "b", -1),
        ("b", "b", 0),
        ("1", "3", -1),
    ],
)
def test_numbers_and_strings_are_ordered(left: Value, right: Value, standing: int) -> None:
    assert is_true(compare("Equals", left, right)) is (standing == 0)
    assert is_true(compare("NotEquals", left, right)) is (standing != 0)
    assert is_true(compare("GreaterThan", left, right)) is (standing > 0)
    assert is_true(compare("GreaterThanOrEqualTo", left, right)) is (standing >= 0)
    assert is_true(compare("LessThan", left, right)) is (standing < 0)
    assert is_true(compare("LessThanOrEqualTo", left, right)) is (standing <= 0)


def test_booleans_are_equal_or_not() -> None:
    assert is_true(compare("Equals", True, True))
    assert not is_true(compare("Equals", True, False))
    assert is_true(compare("NotEquals", True, False))


@pytest.mark.parametrize(
    ("kind", "left", "right"),
    [
        ("Equals", 1, "1"),
        ("Equals", True, 1),
        ("NotEquals", True, 1),
        ("Equals", "true", True),
        ("LessThan", "a", 1),
        ("LessThan", True, False),
    ],
)
def test_values_that_cannot_be_compared_fail_the_step(kind: str, left: Value, right: Value) -> None:
    with pytest.raises(StepError, match=rf"Condition of type \[{kind}\] is not supported between"):
        is_true(compare(kind, left, right))


def test_operands_are_expressions() -> None:
    assert is_true(compare("Equals", {"Get": "Parameters.three"}, 3))


def test_in_looks_for_a_value_of_the_same_kind() -> None:
    assert is_true({"Type": "In", "QueryValue": {"Get": "Parameters.three"}, "Values": [1, 3.0]})
    assert not is_true({"Type": "In", "QueryValue": 1, "Values": ["1", True]})
    assert not is_true({"Type": "In", "QueryValue": 1, "Values": []})
    assert is_true({"Type": "In", "Value": 1, "In": [{"Get": "Parameters.three"}, 1]})
    assert is_true({"Type": "NotIn", "Value": 1, "In": [2]})
    assert not is_true({"Type": "NotIn", "QueryValue": 1, "Values": [1]})


def test_not_and_or_combine_conditions() -> None:
    yes, no = compare("Equals", 1, 1), compare("Equals", 1, 2)
    assert is_true({"Type": "Not", "Condition": no})
    assert is_true(
        {"Type": "Or", "Conditions": [no, {"Type": "Not", "Condition": {"Type": "Not", "Condition": yes}}]}
    )
    assert not is_true({"Type": "Or", "Conditions": [no, no]})
    assert not is_true({"Type": "Or", "Conditions": []})


def test_what_a_condition_compares_is_found_at_any_depth() -> None:
    inside = {"Type": "Not", "Condition": {"Type": "In", "QueryValue": 1, "Values": [2, 3]}}
    condition = parse_condition({"Type": "Or", "Conditions": [inside, compare("Equals", 4, 5)]}, "Step 'c'")
    assert list(operands(condition)) == [Literal(number) for number in (1, 2, 3, 4, 5)]


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("Equals", "Expecting start of Json Object"),
        ({"Type": "Unlike", "LeftValue": 1, "RightValue": 1}, "unknown condition type 'Unlike'"),
        ({"Type": ["Equals"]}, "unknown condition type"),
        ({"Type": "Equals", "LeftValue": 1}, "needs RightValue"),
        ({"Type": "Equals", "LeftValue": 1, "RightValue": 1, "Strict": True}, "unknown property 'Strict'"),
        ({"Type": "In", "Value": 1, "Values": [1]}, "unknown property 'Value'"),
        ({"Type": "NotIn", "QueryValue": 1, "In": [1]}, "unknown property 'QueryValue'"),
        ({"Type": "In", "QueryValue": 1, "Values": 1}, "Expecting start of Json Array"),
        # The words of the service: aws/sagemaker-python-sdk issue 2746.
        ({"Type": "Not", "Expression": {}}, "Cannot parse object, unknown property 'Expression'."),
        ({"Type": "Or", "Conditions": {}}, "Expecting start of Json Array"),
    ],
)
def test_what_is_no_condition_is_refused(document: object, reason: str) -> None:
    with pytest.raises(DefinitionError, match=reason):
        is_true(document)
