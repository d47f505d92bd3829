from pathlib import Path

import pytest

from driver.executions.tables import Reading, recognise
from driver.model.exceptions import CoordinatesError


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(CoordinatesError, match="No such file"):
        recognise(tmp_path / "nothing.csv", "nothing.csv", Reading())


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(CoordinatesError, match="directory"):
        recognise(tmp_path, "folder", Reading())
