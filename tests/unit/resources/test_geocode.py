"""The geocoding program: what it finds, what it leaves, what it says."""

from pathlib import Path
from typing import Any

import pytest

from .conftest import ROOT, Job, container_module

coordinates = container_module("coordinates")
gazetteer = container_module("gazetteer")
geocode = container_module("geocode")
shares = container_module("shares")

SAMPLE = ROOT / "resources" / "sample_coordinates.csv"
RESULT = "processing/output/results_0.csv"


def test_every_row_gets_its_place(job: Job) -> None:
    job.put("processing/input/sample.csv", SAMPLE.read_text(encoding="utf-8"))
    done = job.geocode()
    assert done.returncode == 0, done.stdout + done.stderr
    assert job.read("output/message") == "200 rows geocoded"
    _, *given = SAMPLE.read_text(encoding="utf-8").splitlines()
    header, *rows = job.read(RESULT).splitlines()
    assert header.startswith("Longitude,Latitude,reverse_geo.address_number,")
    assert all(row.startswith(start) for row, start in zip(rows, given, strict=True))
    assert all(row.endswith(",Valid Data") for row in rows)


def test_a_missing_column_is_the_reason_and_leaves_no_result(job: Job) -> None:
    job.put("processing/input/a.csv", "Longitude,lat\n1,2\n")
    done = job.geocode()
    assert done.returncode == 1, done.stderr
    reason = "The file has no column 'Latitude'. Its columns are: Longitude, lat."
    assert job.read("output/message") == reason
    assert f"Geocoding failed: {reason}" in done.stdout
    assert not (job.ml / RESULT).exists()


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a result goes; there is one place in the world, so that tests need not wait for the others."""
    places = gazetteer.Gazetteer([(-149.9, 61.2)], [gazetteer.Place("Anchorage", "Alaska", "USA")])
    monkeypatch.setattr(gazetteer, "load", lambda: places)
    return tmp_path / "output" / "results_0.csv"


def whole(file: Path, *columns: str) -> Any:
    """Give all of a file as a part."""
    return geocode.Part([file], shares.spans_of([file], 0, 1), columns or ("Longitude", "Latitude"))


def test_columns_are_those_that_are_named(tmp_path: Path, target: Path) -> None:
    (tmp_path / "a.csv").write_text("lat,lon\n61.2,-149.9\n", encoding="utf-8")
    assert geocode.write_result(whole(tmp_path / "a.csv", "lon", "lat"), target) == 1
    assert target.read_text(encoding="utf-8").endswith(
        '\n61.2,-149.9,,USA,"Anchorage, Alaska, USA",Anchorage,,,Alaska,Valid Data\n'
    )


def test_rows_before_a_fault_are_no_result(tmp_path: Path, target: Path) -> None:
    (tmp_path / "a.csv").write_text('Longitude,Latitude\n1,2\n3,"4\n', encoding="utf-8")
    with pytest.raises(coordinates.CoordinatesError, match="starts in line 3 is never closed"):
        geocode.write_result(whole(tmp_path / "a.csv"), target)
    assert not target.exists()


def test_a_job_that_is_stopped_leaves_no_result(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.csv").write_text("Longitude,Latitude\n1,2\n", encoding="utf-8")
    seen = []

    def stop() -> None:
        seen.append(target.exists())
        raise SystemExit(143)

    monkeypatch.setattr(gazetteer, "load", stop)
    with pytest.raises(SystemExit):
        geocode.write_result(whole(tmp_path / "a.csv"), target)
    assert seen == [True]
    assert not target.exists()


def test_an_input_that_is_not_one_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(coordinates.CoordinatesError, match="The input has no file"):
        geocode.find_input(tmp_path, is_folder=False)
    (tmp_path / "folder").mkdir()
    for number in range(6):
        (tmp_path / "folder" / f"{number}.csv").touch()
    with pytest.raises(coordinates.CoordinatesError, match=r"there are 6: folder/0\.csv, .*4\.csv, …"):
        geocode.find_input(tmp_path, is_folder=False)
    assert len(geocode.find_input(tmp_path, is_folder=True)) == 6
