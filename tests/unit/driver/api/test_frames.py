"""DataFrames of results; pandas is a development dependency."""

from pathlib import Path

import pytest

from driver.api.frames import frame_of_file, frame_of_tables
from driver.executions.results import read_result_file
from driver.executions.workflow.output import Table
from driver.model.exceptions import WrongUseError
from driver.model.values import ResultTable

pytest.importorskip("pandas")


@pytest.mark.parametrize(
    "content",
    [
        (
            "Longitude,Latitude,reverse_geo.label,reverse_geo.postal_code,reverse_geo.status\n"
            "13.4,52.5,Dresden,01067,Valid\n"
        ),
        "13.4,52.5,1,DE,Dresden,,,01067,,Valid\n",
    ],
    ids=["with a header", "without"],
)
def test_a_csv_file_has_the_names_that_the_driver_shows(tmp_path: Path, content: str) -> None:
    path = tmp_path / "results_0.csv"
    path.write_text(content)
    frame = frame_of_file(read_result_file(path, 0))
    (row,) = frame[["label", "postal_code", "status"]].to_numpy().tolist()
    assert row == ["Dresden", "01067", "Valid"]
    assert frame.iloc[0, 0] == 13.4


def test_a_list_of_objects_in_json_is_a_table_and_other_files_are_none(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text('[{"a": 1, "b": "x"}, {"a": 2}]')
    assert frame_of_file(ResultTable(path, (), (), 0))["a"].tolist() == [1, 2]
    for other in (b'{"a": 1}', b"[1, 2]", b'{"a": 1}\n{"a": 2}\n', b"\xff"):
        path.write_bytes(other)
        with pytest.raises(WrongUseError, match=r"result\.json is no table"):
            frame_of_file(ResultTable(path, (), (), 0))


def test_a_list_of_an_output_is_named_where_there_are_several() -> None:
    models = Table("models", ("name", "accuracy"), (("a", 0.5), ("b", 0.75)))
    assert frame_of_tables([models], "", "run")["accuracy"].tolist() == [0.5, 0.75]
    others = [models, Table("files", ("uri",), (("s3://b/k",),))]
    assert frame_of_tables(others, "files", "run")["uri"].tolist() == ["s3://b/k"]
    with pytest.raises(WrongUseError, match=r"more than one table\. It has models, files"):
        frame_of_tables(others, "", "run")
    with pytest.raises(WrongUseError, match=r"no such table\. It has models"):
        frame_of_tables([models], "gone", "run")
    with pytest.raises(WrongUseError, match=r"no such table\. A table is a list of objects"):
        frame_of_tables([], "", "run")
