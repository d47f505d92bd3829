from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import Workbook

from driver.executions.fan_out.items import check_items, read_items
from driver.model.exceptions import CoordinatesError, WrongUseError
from driver.model.values import DeployedPipeline
from driver.tables.reading import Reading

PIPELINE = DeployedPipeline(arn="arn", name="shop-churn", parameter_names=["C"])


def test_items_are_rows_of_csv_or_members_of_an_array(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("input,C\ns3://b/k,1\ns3://b/l,2\n")
    (tmp_path / "a.json").write_text('[{"input": "s3://b/k", "C": "1"}]')
    assert read_items(tmp_path / "a.csv") == [
        {"input": "s3://b/k", "C": "1"},
        {"input": "s3://b/l", "C": "2"},
    ]
    assert read_items(tmp_path / "a.json") == [{"input": "s3://b/k", "C": "1"}]


def test_tables_of_items_are_read_as_people_have_them(tmp_path: Path) -> None:
    told: list[str] = []
    (tmp_path / "a.csv").write_bytes("\ufeffinput;C\r\ns3://b/ü, v;0,1\r\n;\r\n".encode("utf-16-le"))
    assert read_items(tmp_path / "a.csv", tell=told.append) == [{"input": "s3://b/ü, v", "C": "0,1"}]
    assert told == ["a.csv read with: UTF-16, semicolons between the cells"]
    workbook = Workbook()
    workbook.active.append(["input", "C"])
    workbook.active.append(["s3://b/k", 0.5])
    workbook.save(tmp_path / "a.xlsx")
    assert read_items(tmp_path / "a.xlsx") == [{"input": "s3://b/k", "C": "0.5"}]
    (tmp_path / "b.csv").write_text("input,x;C,y\n1,2;3,4\n")
    with pytest.raises(CoordinatesError, match=r"b\.csv cannot be used"):
        read_items(tmp_path / "b.csv")
    assert read_items(tmp_path / "b.csv", Reading(delimiter="semicolon")) == [
        {"input,x": "1,2", "C,y": "3,4"}
    ]
    (tmp_path / "a.json").write_text('[{"C": "1"}]')
    with pytest.raises(WrongUseError, match="no table"):
        read_items(tmp_path / "a.json", Reading(delimiter=";"))


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.csv", "C,C\n1,2\n", "its header has C more than once"),
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
    check_items([{"input": "s3://b/k", "C": "1"}], "churn", PIPELINE, {})
    with pytest.raises(WrongUseError, match="no parameter 'D'"):
        check_items([{"D": "1"}], "churn", PIPELINE, {})
    with pytest.raises(WrongUseError, match="Item 2: C is 1"):
        check_items([{"C": "1"}, {"C": 1}], "churn", PIPELINE, {})


def test_an_item_needs_an_input_unless_its_parameters_are_given() -> None:
    needing = replace(PIPELINE, parameters={"data": "${input_uri}"}, parameter_names=["data"])
    for items, settings in (
        ([{"input": "s3://b/k"}], {}),
        ([{"data": "s3://b/k"}], {}),
        ([{}], {"data": "x"}),
    ):
        check_items(items, "churn", needing, settings)
    with pytest.raises(WrongUseError, match="Item 2 has no input"):
        check_items([{"input": "s3://b/k"}, {}], "churn", needing, {})
