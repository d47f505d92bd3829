import json

from hypothesis import given
from hypothesis import strategies as st

from driver.terraform.differences import differences

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def step(name: str, **more: object) -> dict[str, object]:
    return {"Name": name, "Type": "Training", **more}


def told(before: object, after: object) -> tuple[str, ...]:
    return differences(json.dumps(before), json.dumps(after))


def test_a_step_is_called_by_its_name_wherever_it_stands() -> None:
    before = {
        "Version": "1",
        "Steps": [step("train", Arguments={"HyperParameters": {"C": "1"}}), step("old")],
    }
    after = {"Version": "1", "Steps": [step("new"), step("train", Arguments={"HyperParameters": {"C": "2"}})]}
    assert told(before, after) == (
        '~ Steps[train].Arguments.HyperParameters.C: "1" → "2"',
        '- Steps[old]: {"Name": "old", "Type": "Training"}',
        '+ Steps[new]: {"Name": "new", "Type": "Training"}',
    )


def test_an_order_that_changes_is_told() -> None:
    assert told([step("a"), step("b")], [step("b"), step("a")]) == ("~ : in another order",)


def test_lists_of_what_has_no_names_are_told_by_their_places() -> None:
    assert told({"a": ["x", "y"]}, {"a": ["x", "z", "w"]}) == ('~ a[1]: "y" → "z"', '+ a[2]: "w"')


def test_a_script_is_told_by_its_lines() -> None:
    before, after = "import csv\nC = 1\nprint(C)\n", "import csv\nC = 2\nprint(C)\n"
    assert differences(before, after) == ("@@ -2 +2 @@", "- C = 1", "+ C = 2")


def test_what_is_no_text_has_none() -> None:
    assert differences(None, "x") == differences("x", 5) == ()


def test_of_many_lines_the_rest_is_counted() -> None:
    lines = differences("{}", json.dumps({str(number): number for number in range(50)}))
    assert lines[-1] == "… and 10 more"
    assert len(lines) == 41


@given(values, values)
def test_there_are_differences_where_there_are_any(before: object, after: object) -> None:
    lines = told(before, after)
    assert not (before == after and lines)
    if (
        isinstance(before, dict | list)
        and type(before) is type(after)
        and json.dumps(before) != json.dumps(after)
    ):
        assert lines or before == after
