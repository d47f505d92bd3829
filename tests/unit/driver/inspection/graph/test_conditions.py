import pytest

from driver.inspection.graph.conditions import describe_conditions, describe_rule

SMALL = {"Variable": "$.n", "NumericLessThanEquals": 3}
A = {"Variable": "$.s", "StringEquals": "a"}
B = {"Variable": "$.s", "StringEquals": "b"}


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (SMALL, "n <= 3"),
        ({"Variable": "$.n", "NumericGreaterThanEqualsPath": "$.m"}, "n >= m"),
        ({"Variable": "$.t", "TimestampLessThan": "2026-01-01T00:00:00Z"}, 't < "2026-01-01T00:00:00Z"'),
        ({"Variable": "$.s", "StringMatches": "*.csv"}, 's matches "*.csv"'),
        ({"Variable": "$.b", "BooleanEquals": True}, "b = true"),
        ({"Variable": "$.x", "IsPresent": False}, "x is not present"),
        ({"Variable": "$.x", "IsNull": True}, "x is null"),
        ({"Variable": "$", "IsString": True}, "$ is text"),
        ({"And": [SMALL, {"Not": A}]}, 'n <= 3 and not s = "a"'),
        ({"And": [SMALL, {"Or": [A, SMALL]}]}, 'n <= 3 and (s = "a" or n <= 3)'),
        ({"Or": [A, B]}, 's = "a" or "b"'),
        ({"Condition": "{% $states.input.n > 3 %}"}, "$states.input.n > 3"),
        ({**A, "Comment": "is it small?"}, "is it small?"),
    ],
)
def test_a_rule_of_a_choice_in_words(rule: dict[str, object], words: str) -> None:
    assert describe_rule({**rule, "Next": "There"}) == words


def compared(kind: str, left: object, right: object) -> dict[str, object]:
    return {"Type": kind, "LeftValue": left, "RightValue": right}


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        ([compared("Equals", {"Get": "Parameters.mode"}, "full")], 'mode = "full"'),
        (
            [compared("GreaterThan", {"Get": "Steps.a.X"}, 1), compared("NotEquals", 1, 2)],
            "a.X > 1 and 1 != 2",
        ),
        ([{"Type": "In", "QueryValue": {"Get": "Parameters.m"}, "Values": ["a", "b"]}], 'm in "a", "b"'),
        ([{"Type": "Not", "Condition": compared("LessThan", 1, 2)}], "not 1 < 2"),
        (
            [{"Type": "Or", "Conditions": [compared("Equals", 1, 2), compared("Equals", 3, 4)]}],
            "(1 = 2 or 3 = 4)",
        ),
        (
            [compared("Equals", {"Std:Join": {"On": "-", "Values": [{"Get": "Parameters.a"}, 1]}}, "x")],
            'a-1 = "x"',
        ),
    ],
)
def test_the_conditions_of_a_step_in_words(conditions: list[object], words: str) -> None:
    assert describe_conditions(conditions) == words
