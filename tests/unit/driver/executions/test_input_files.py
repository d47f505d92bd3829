import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from driver.executions.input_files import gathered
from driver.model.exceptions import CoordinatesError, WrongUseError
from tests.unit.driver.fakes import FakeStorage, Screen

STORED = {
    "ours/in/b.csv": "b",
    "ours/in/a.CSV": "a",
    "ours/in/deep/c.csv": "c",
    "ours/in/readme.txt": "no",
    "ours/inner/d.csv": "d",
    "ours/data": "e",
}


def gather(*words: str, stored: dict[str, str] | None = None) -> list[tuple[str, str]]:
    """Return the name and the content of every file that was gathered."""
    storage = FakeStorage(dict(STORED if stored is None else stored))
    with gathered(words, storage, Screen().console) as files:
        return [(file.name, file.path.read_text()) for file in files]


def test_a_folder_means_the_csv_files_directly_in_it(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "notes.txt", "deep/c.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    expected = [(str(tmp_path / name), name) for name in ("a.csv", "b.csv")]
    assert gather(str(tmp_path)) == expected
    assert gather(str(tmp_path / "notes.txt"), str(tmp_path))[0] == (str(tmp_path / "notes.txt"), "notes.txt")


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("s3://ours/in", ["in/a.CSV", "in/b.csv", "in/deep/c.csv"]),
        ("s3://ours/in/", ["in/a.CSV", "in/b.csv", "in/deep/c.csv"]),
        ("s3://ours/in/b.csv", ["in/b.csv"]),
        ("s3://ours/data", ["data"]),
        ("s3://ours", ["in/a.CSV", "in/b.csv", "in/deep/c.csv", "inner/d.csv"]),
    ],
)
def test_an_address_means_the_object_or_the_csv_objects_below_it(word: str, names: Sequence[str]) -> None:
    found = gather(word)
    assert [name for name, _ in found] == [f"s3://ours/{name}" for name in names]
    assert [text for _, text in found] == [STORED[f"ours/{name}"] for name in names]


def test_what_was_fetched_is_removed_at_the_end() -> None:
    with gathered(["s3://ours/data"], FakeStorage(dict(STORED)), Screen().console) as files:
        path = files[0].path
        assert path.is_file()
    assert not path.exists()


def test_a_folder_or_prefix_without_a_csv_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CoordinatesError, match=f"no CSV file in {tmp_path}"):
        gather(str(tmp_path))
    with pytest.raises(CoordinatesError, match="under s3://ours/nowhere/"):
        gather("s3://ours/nowhere/")
    with pytest.raises(WrongUseError, match="names no bucket"):
        gather("s3://")


class Untouched(FakeStorage):
    def download(self, bucket: str, key: str, path: Path, on_bytes: Callable[[int], None]) -> None:
        pytest.fail(f"{key} is downloaded")


def test_very_many_are_refused_before_anything_is_fetched() -> None:
    storage = Untouched({f"ours/{number}.csv": "" for number in range(10_001)})
    with (
        pytest.raises(WrongUseError, match="10001 files"),
        gathered(["s3://ours"], storage, Screen().console),
    ):
        pass


def test_standard_input_is_a_file_like_others(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a")
    words = ["-", str(tmp_path / "a.csv")]
    with gathered(words, None, Screen().console, io.BytesIO(b"piped")) as files:
        assert [(file.name, file.path.read_text()) for file in files] == [
            ("standard input", "piped"),
            (words[1], "a"),
        ]
        kept = files[0].path
    assert not kept.exists()


class Terminal(io.BytesIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_is_not_waited_for() -> None:
    with (
        pytest.raises(WrongUseError, match="Nothing is sent to standard input"),
        gathered(["-"], None, Screen().console, Terminal()),
    ):
        pass


def test_standard_input_cannot_be_read_twice() -> None:
    with (
        pytest.raises(WrongUseError, match="twice"),
        gathered(["-", "-"], None, Screen().console, io.BytesIO()),
    ):
        pass


def test_a_folder_means_packed_files_and_workbooks_too_but_not_those_of_an_open_excel(tmp_path: Path) -> None:
    for name in ("a.csv.gz", "b.TSV", "c.xlsx", "~$c.xlsx", "d.gz"):
        (tmp_path / name).write_text(name)
    assert [text for _, text in gather(str(tmp_path))] == ["a.csv.gz", "b.TSV", "c.xlsx"]
