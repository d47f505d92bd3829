from pathlib import Path

import pytest

from driver.executions.coordinates import check_coordinates_file
from driver.model.exceptions import CoordinatesError


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    path = tmp_path / "excel.csv"
    path.write_bytes(b"\xef\xbb\xbfLongitude,Latitude\r\n13.4,52.5\r\n")
    assert check_coordinates_file(path) == 1


def test_another_encoding_is_said(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes("Longitude,Latitude,Name\n13.4,52.5,Köpenick\n".encode("latin-1"))
    with pytest.raises(CoordinatesError, match="not UTF-8"):
        check_coordinates_file(path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(CoordinatesError, match="No such file"):
        check_coordinates_file(tmp_path / "nothing.csv")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(CoordinatesError, match="directory"):
        check_coordinates_file(tmp_path)
