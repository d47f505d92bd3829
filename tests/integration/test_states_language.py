"""The states language in JSONPath: Choice states, intrinsic functions, what fails by ``States.Runtime``."""

import pytest

from tests.integration.machines import Run, machine
from tests.integration.wire import Cloud, Document

pytestmark = pytest.mark.integration

ENTERED = "An error occurred while executing the state 'first' (entered at the event id #2). "


def choose(cloud: Cloud, rule: Document, given: Document, **fields: object) -> Run:
    """Run a Choice of one rule, whose Default leads to another state."""
    state = {"Type": "Choice", "Choices": [rule | {"Next": "yes"}], **fields}
    states: list[tuple[str, Document]] = [
        ("first", state),
        ("yes", {"Type": "Pass", "Result": "yes"}),
        ("no", {"Type": "Pass", "Result": "no"}),
    ]
    return machine(cloud, *(states if fields else states[:2])).start(given)


@pytest.mark.parametrize("rule", [{"StringEquals": "x"}, {"NumericGreaterThan": 1}, {"IsNull": True}])
def test_a_variable_that_does_not_exist_fails_the_execution(cloud: Cloud, rule: Document) -> None:
    run = choose(cloud, {"Variable": "$.nobody.at.all", **rule}, {}, Default="no")
    invalid = "Invalid path '$.nobody.at.all': The choice state's condition path references an invalid value."
    assert run.failure() == ("States.Runtime", ENTERED + invalid)


def test_what_a_variable_is_compared_with_must_exist_too(cloud: Cloud) -> None:
    run = choose(cloud, {"Variable": "$.x", "NumericEqualsPath": "$.y"}, {"x": 1}, Default="no")
    error, cause = run.failure()
    assert (error, "Invalid path '$.y'" in cause) == ("States.Runtime", True)


@pytest.mark.parametrize(("given", "taken"), [({}, "no"), ({"x": None}, "yes")])
def test_whether_a_variable_exists_can_be_asked(cloud: Cloud, given: Document, taken: str) -> None:
    assert (
        choose(cloud, {"Variable": "$.x", "IsPresent": True}, given, Default="no").end()["output"]
        == f'"{taken}"'
    )


def test_a_choice_without_a_way_out_fails_the_execution(cloud: Cloud) -> None:
    run = choose(cloud, {"Variable": "$.x", "NumericEquals": 1}, {"x": 2})
    nowhere = "Failed to transition out of the state. The state does not point to a next state."
    assert run.failure() == ("States.Runtime", ENTERED + nowhere)


def call(cloud: Cloud, function: str, given: Document) -> Run:
    return machine(cloud, ("first", {"Type": "Pass", "Parameters": {"got.$": function}})).start(given)


@pytest.mark.parametrize(
    ("function", "given", "got"),
    [
        (r"States.Format('{} \{\} \'{}\' \\', $.a, $.b)", {"a": 1, "b": "x"}, r"1 {} 'x' " + "\\"),
        (r"States.Format('\{\"n\": {}\}', $.a)", {"a": [1, "x"]}, '{"n": [1, x]}'),
        (r"States.Format($.template, 'in')", {"template": r"\{{}\}"}, "{in}"),
        ("States.Format('{0} of {!r}')", {}, "{0} of {!r}"),
        ("States.Format('{}\nand {}', 1, 2)", {}, "1\nand 2"),
        (r"States.StringToJson('\{\"a\": 1\}')", {}, {"a": 1}),
        ("States.StringSplit('a,b', ',')", {}, ["a", "b"]),
    ],
)
def test_texts_of_functions_have_the_escapes_of_the_language(
    cloud: Cloud, function: str, given: Document, got: object
) -> None:
    assert call(cloud, function, given).output() == {"got": got}


def test_a_function_with_too_few_arguments_fails_by_its_name(cloud: Cloud) -> None:
    error, cause = call(cloud, "States.Format('{} and {}', 'one')", {}).failure()
    assert error == "States.IntrinsicFailure"
    assert "The number of arguments do not match the occurrences of {}" in cause
