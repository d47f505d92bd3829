from dataclasses import replace
from pathlib import Path

import pytest

from driver.executions.fan_out.items import check_items, read_items
from driver.model.exceptions import WrongUseError
from driver.model.values import DeployedPipeline

PIPELINE = DeployedPipeline(arn="arn", name="churn", parameter_names=["C"])


def test_items_are_rows_of_csv_or_members_of_an_array(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("input,C\ns3://b/k,1\ns3://b/l,2\n")
    (tmp_path / "a.json").write_text('[{"input": "s3://b/k", "C": "1"}]')
    assert read_items(tmp_path / "a.csv") == [
        {"input": "s3://b/k", "C": "1"},
        {"input": "s3://b/l", "C": "2"},
    ]
    assert read_items(tmp_path / "a.json") == [{"input": "s3://b/k", "C": "1"}]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.json", "[]", "holds no items"),
        ("a.json", "{}", "holds no items"),
        ("a.json", "[1]", "holds no items"),
        ("a.json", "[", "cannot be read"),
        ("a.csv", "input,C\n", "holds no items"),
        ("a.csv", "input,C\n1\n", "line 2 has more or fewer"),
        ("a.csv", "input,C\n1,2,3\n", "line 2 has more or fewer"),
    ],
)
def test_a_file_without_items_is_refused(tmp_path: Path, name: str, content: str, why: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(WrongUseError) as raised:
        read_items(tmp_path / name)
    assert why in f"{raised.value.what} {raised.value.why}"


def test_a_file_of_items_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongUseError, match=r"none.csv cannot be read"):
        read_items(tmp_path / "none.csv")


def test_an_item_has_an_input_and_parameters_of_the_pipeline() -> None:
    check_items([{"input": "s3://b/k", "C": "1"}], PIPELINE, {})
    with pytest.raises(WrongUseError, match="no parameter 'D'"):
        check_items([{"D": "1"}], PIPELINE, {})
    with pytest.raises(WrongUseError, match="Item 2: C is 1"):
        check_items([{"C": "1"}, {"C": 1}], PIPELINE, {})


def test_an_item_needs_an_input_unless_its_parameters_are_given() -> None:
    needing = replace(PIPELINE, parameters={"data": "${input_uri}"}, parameter_names=["data"])
    for items, settings in (
        ([{"input": "s3://b/k"}], {}),
        ([{"data": "s3://b/k"}], {}),
        ([{}], {"data": "x"}),
    ):
        check_items(items, needing, settings)
    with pytest.raises(WrongUseError, match="Item 2 has no input"):
        check_items([{"input": "s3://b/k"}, {}], needing, {})
