"""Several hosts geocode what one would: each a part, and the parts together are the same to the byte."""

import random
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from .conftest import container_module

coordinates = container_module("coordinates")
gathering = container_module("gathering")
gazetteer = container_module("gazetteer")
geocode = container_module("geocode")
shares = container_module("shares")

HEADER = b"Longitude,Latitude,name\n"
PLAIN = HEADER + b"".join(b"%d.5,%d,place %d\n" % (number % 180, number % 90, number) for number in range(40))
QUOTED = HEADER + b"".join(
    b'%d,%d,"two\nlines, ""quoted"" and\r\n\n long %s"\n' % (number, number, b"x" * number)
    for number in range(9)
)
FILES = {
    "plain": PLAIN,
    "crlf": PLAIN.replace(b"\n", b"\r\n"),
    "quoted": QUOTED,
    "quotes that are none": HEADER + b'1,2,5"\n3,4,"a\nb"\n' * 7,
    "carriage returns alone": PLAIN.replace(b"\n", b"\r"),
    "both": PLAIN.replace(b"\n1", b"\r1"),
    "a mark, empty lines, no end": b"\xef\xbb\xbf\n\n" + PLAIN.replace(b"\n2", b"\n\n\n2").rstrip(b"\n"),
    "uneven rows": HEADER + b"1\n1,2,3,4\n\n,,\n" * 6,
    "header alone": HEADER,
    "header without an end": HEADER.rstrip(b"\n"),
    "a long header": b'"Long\nitude",Longitude,Latitude,' + b"x" * 300 + b"\n1,2,3\n",
}


@pytest.fixture(autouse=True)
def places(monkeypatch: pytest.MonkeyPatch) -> None:
    found = gazetteer.Gazetteer([(1.0, 2.0)], [gazetteer.Place("Somewhere", "", "GAB")])
    monkeypatch.setattr(gazetteer, "load", lambda: found)


def part(files: list[Path], number: int, hosts: int) -> Any:
    spans = shares.spans_of(files, number, hosts)
    return geocode.Part(files, spans, ("Longitude", "Latitude"), has_header=number == 0)


def written(files: list[Path], hosts: int, target: Path) -> tuple[bytes, int]:
    """Give what so many hosts write, and how many rows they count."""
    content, rows = b"", 0
    for number in range(hosts):
        rows += part(files, number, hosts).write(target)
        content += target.read_bytes()
    return content, rows


def outcome(files: list[Path], hosts: int, target: Path) -> object:
    try:
        return written(files, hosts, target)
    except coordinates.CoordinatesError as error:
        return str(error)


def as_files(folder: Path, contents: Iterable[bytes]) -> list[Path]:
    files = [folder / f"{number}.csv" for number, _ in enumerate(contents)]
    for file, content in zip(files, contents, strict=True):
        file.write_bytes(content)
    return files


@pytest.mark.parametrize("name", FILES)
def test_ranges_of_a_file_make_the_same_as_the_file(tmp_path: Path, name: str) -> None:
    files = as_files(tmp_path, [FILES[name]])
    one = written(files, 1, tmp_path / "one")
    for hosts in (2, 3, 5, 17):
        assert written(files, hosts, tmp_path / "part") == one, f"{hosts} hosts"


@pytest.mark.parametrize("hosts", [2, 3, 8])
def test_files_of_a_folder_are_one_table(tmp_path: Path, hosts: int) -> None:
    files = as_files(tmp_path, [PLAIN, QUOTED, HEADER, PLAIN.rstrip(b"\n")])
    content, rows = written(files, hosts, tmp_path / "part")
    assert (content, rows) == written(files, 1, tmp_path / "one")
    assert (rows, content.count(b"Longitude")) == (40 + 9 + 0 + 40, 1)


def test_any_file_is_cut_between_its_rows(tmp_path: Path) -> None:
    chance = random.Random(7)  # noqa: S311 - the same files each time
    for _ in range(100):
        pieces = chance.choices([b"1,2,a", b'"', b"\n", b"\r\n", b"\r", b",", b'3,4,"b\nc"\n'], k=40)
        files = as_files(tmp_path, [HEADER + b"".join(pieces)])
        made = [outcome(files, hosts, tmp_path / "part") for hosts in (1, 3)]
        assert made[0] == made[1], files[0].read_bytes()


def test_a_fault_in_a_later_part_names_its_line(tmp_path: Path) -> None:
    files = as_files(tmp_path, [PLAIN + b"1,2,\xff\n"])
    with pytest.raises(coordinates.CoordinatesError, match="Line 42 is not UTF-8"):
        part(files, 3, 4).write(tmp_path / "part")


def test_files_must_have_the_same_columns(tmp_path: Path) -> None:
    files = as_files(tmp_path, [PLAIN, b"Latitude,Longitude\n1,2\n"])
    with pytest.raises(
        coordinates.CoordinatesError, match=r"1\.csv has other columns than 0\.csv: Latitude, Lon"
    ):
        written(files, 2, tmp_path / "part")


def test_the_first_host_puts_the_parts_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = as_files(tmp_path, [QUOTED, PLAIN])
    one, rows = written(files, 1, tmp_path / "one")
    monkeypatch.setattr(geocode, "_PROCESSING", tmp_path)
    monkeypatch.setattr(gathering, "PORT", 0)
    with gathering.Gathering("127.0.0.1", 3) as others:
        monkeypatch.setattr(gathering, "PORT", others.port)
        counts: dict[int, int] = {}

        def work(number: int) -> None:
            counts[number] = geocode.hand_over(part(files, number, 4), "127.0.0.1", number)

        hosts = [threading.Thread(target=work, args=(number,), daemon=True) for number in (3, 1, 2)]
        for host in hosts:
            host.start()
        target = tmp_path / "output" / "results_0.csv"
        assert geocode.write_result(part(files, 0, 4), target, others) == rows
        for host in hosts:
            host.join(60.0)
    assert target.read_bytes() == one
    assert sorted(counts) == [1, 2, 3]


@pytest.mark.parametrize("length", [4, 24])  # within what precedes the part, and within the part
def test_a_part_that_is_cut_off_leaves_no_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    files = as_files(tmp_path, [PLAIN])
    monkeypatch.setattr(gathering, "PORT", 0)
    with gathering.Gathering("127.0.0.1", 1) as others:
        monkeypatch.setattr(gathering, "PORT", others.port)
        with gathering._connected("127.0.0.1") as connection:
            connection.sendall((gathering._HEAD.pack(1, 5, 100) + b"half")[:length])
        target = tmp_path / "output" / "results_0.csv"
        with pytest.raises(ConnectionError, match="before it had sent its part"):
            geocode.write_result(part(files, 0, 2), target, others)
    assert not target.exists()
