"""Archives that try to write elsewhere, and those that do not."""

import contextlib
import gzip
import io
import os
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.sagemaker.files import disk
from localcloud.sagemaker.files.archives import ArchiveError, unpack

Entry = tuple[str, bytes, str, bytes]
"""A member: its name, its type, what it links to, its content."""


def packed(*entries: Entry, mode: int = 0o644) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name, kind, target, body in entries:
            member = tarfile.TarInfo(name)
            member.type, member.linkname, member.size, member.mode = kind, target, len(body), mode
            archive.addfile(member, io.BytesIO(body))
    return content.getvalue()


def file(name: str, body: bytes = b"new") -> Entry:
    return name, tarfile.REGTYPE, "", body


def symlink(name: str, target: str) -> Entry:
    return name, tarfile.SYMTYPE, target, b""


def hardlink(name: str, target: str) -> Entry:
    return name, tarfile.LNKTYPE, target, b""


def folder(name: str) -> Entry:
    return name, tarfile.DIRTYPE, "", b""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder, beside which lies a file that nobody may change."""
    (tmp_path / "flag").write_text("old")
    (tmp_path / "outside").mkdir()
    (tmp_path / "model").mkdir()
    yield tmp_path / "model"
    outside = {
        str(path.relative_to(tmp_path)): path.read_bytes() if path.is_file() else b""
        for path in tmp_path.rglob("*")
        if not path.is_relative_to(tmp_path / "model")
    }
    assert outside == {"flag": b"old", "outside": b""}
    assert (tmp_path / "flag").stat().st_nlink == 1


def refusal(place: Path, *entries: Entry) -> str:
    with pytest.raises(ArchiveError) as caught:
        unpack(io.BytesIO(packed(*entries)), place, lambda: True)
    return str(caught.value)


def deep_links() -> list[Entry]:
    """CVE-2025-4517: links so deep that realpath gives up at PATH_MAX, and one that then leads outside."""
    entries, path, step = [], "", "d" * 247
    for letter in "abcdefghijklmnop":
        entries += [folder(f"{path}{step}"), symlink(f"{path}{letter}", step)]
        path += f"{step}/"
    chain = "/".join("abcdefghijklmnop")
    entries += [
        symlink(f"{chain}/{'l' * 254}", "../" * 16),
        symlink("escape", f"{chain}/{'l' * 254}/.."),
        hardlink("flaglink", "escape/flag"),
        file("flaglink"),
        file("escape/flag"),
    ]
    return entries


ATTACKS = {
    "above": [file("../flag")],
    "hidden above": [file("a/../../flag")],
    "absolute": [file("/tmp/flag")],
    "absolute of slashes": [file("//flag")],
    "a link to outside": [symlink("a", ".."), file("a/flag")],
    "a link to an absolute path": [symlink("a", "/"), file("a/flag")],
    "nested links": [folder("d"), symlink("d/a", "."), symlink("d/b", "a/../.."), file("d/b/flag")],
    "a folder made a link": [folder("d"), symlink("d", "../outside"), file("d/new")],
    "a link made a folder": [symlink("d", "../outside"), folder("d"), file("d/new")],
    "a file behind a link of its name": [symlink("a", "../flag"), file("a")],
    "a hard link to outside": [hardlink("a", "../flag"), file("a")],
    "a hard link through a link": [symlink("s", ".."), hardlink("a", "s/flag"), file("a")],
    "a hard link to an absolute path": [hardlink("a", "/etc/passwd")],
    "a hard link to nothing": [hardlink("a", "b")],
    "a hard link to a folder": [folder("d"), hardlink("a", "d")],
    "a hard link to the folder itself": [hardlink("a", ".")],
    "deep links": deep_links(),
    "a device": [("null", tarfile.CHRTYPE, "", b"")],
    "a disk": [("disk", tarfile.BLKTYPE, "", b"")],
    "a pipe": [("pipe", tarfile.FIFOTYPE, "", b"")],
    "a file and a folder": [file("a/b"), file("a")],
    "a folder below a file": [file("a"), file("a/b")],
}


@pytest.mark.parametrize("entries", ATTACKS.values(), ids=ATTACKS.keys())
def test_nothing_is_written_outside(place: Path, entries: list[Entry]) -> None:
    assert refusal(place, *entries).startswith("Its member '")
    assert not [path for path in place.rglob("*") if path.is_symlink()]


names = st.lists(st.sampled_from(["a", "b", "..", ".", "", "flag"]), min_size=1, max_size=4).map("/".join)
kinds = st.sampled_from([tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE])


@given(st.lists(st.tuples(names, kinds, names), max_size=8))
@settings(max_examples=200)
def test_no_archive_writes_outside(entries: list[tuple[str, bytes, str]]) -> None:
    archive = packed(*((name, kind, target, b"") for name, kind, target in entries))
    with tempfile.TemporaryDirectory() as folder:  # pytest's cost more with each that there is
        base = Path(folder)
        (base / "flag").write_text("old")
        (base / "model").mkdir()
        with contextlib.suppress(ArchiveError):
            unpack(io.BytesIO(archive), base / "model", lambda: True)
        assert sorted(path.name for path in base.iterdir()) == ["flag", "model"]
        assert (base / "flag").read_text() == "old"


def test_what_is_in_an_archive_comes_out(place: Path) -> None:
    entries = [
        folder("./"),
        folder("./code"),
        file("./code/inference.py", b"pass"),
        file("weights", b"0" * 3_000_000),
        file("twice", b"first"),
        file("twice", b"second"),
        hardlink("again", "weights"),
        file("new/folder/deep", b"deep"),
    ]
    before = os.umask(0o077)
    try:
        assert unpack(io.BytesIO(packed(*entries)), place, lambda: True)
    finally:
        os.umask(before)
    found = {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}
    assert found == {
        "code/inference.py": b"pass",
        "weights": b"0" * 3_000_000,
        "again": b"0" * 3_000_000,
        "twice": b"second",
        "new/folder/deep": b"deep",
    }
    assert (place / "weights").stat().st_mode & 0o7777 == 0o644


def test_modes_are_those_of_programs_and_data_and_no_others(place: Path) -> None:
    assert unpack(io.BytesIO(packed(file("run"), mode=0o6777)), place, lambda: True)
    assert (place / "run").stat().st_mode & 0o7777 == 0o755


def test_sparse_files_have_their_holes(place: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """An archive that GNU tar has written: PAX headers of the form 1.0."""
    header = b"2\n0\n5\n1000000\n5\n"
    body = header + b"\0" * (512 - len(header)) + b"begin" + b"e.nd."
    member = tarfile.TarInfo("GNUSparseFile.0/sparse")
    member.size = len(body)
    member.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": "sparse",
        "GNU.sparse.realsize": "1000005",
    }
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(member, io.BytesIO(body))
    assert unpack(io.BytesIO(content.getvalue()), place, lambda: True)
    assert (place / "sparse").read_bytes() == b"begin" + b"\0" * 999_995 + b"e.nd."


def damaged(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + b"broken" * 20 + content[middle + 120 :]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no archive",
        packed(file("a", b"1" * 9999))[:-20],
        gzip.compress(b"no archive" * 100),
        gzip.compress(b"\0" * 100),
        damaged(packed(file("a", b"".join(str(number).encode() for number in range(99_999))))),
    ],
    ids=["empty", "text", "cut short", "packed text", "packed zeros", "damaged"],
)
def test_what_is_no_archive_is_refused(place: Path, content: bytes) -> None:
    with pytest.raises(ArchiveError):
        unpack(io.BytesIO(content), place, lambda: True)


def test_a_header_that_claims_to_be_huge_takes_no_memory(place: Path) -> None:
    member = tarfile.TarInfo("././@PaxHeader")
    member.type, member.size = tarfile.XHDTYPE, 1 << 40
    content = gzip.compress(member.tobuf(tarfile.GNU_FORMAT) + b"\0" * 1024)
    with pytest.raises(ArchiveError, match="header"):
        unpack(io.BytesIO(content), place, lambda: True)


def test_what_the_disk_has_no_room_for_is_refused_before_it_is_written(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "RESERVE", 1 << 60)
    assert "No space left on device" in refusal(place, file("a"))
    assert (place / "a").exists() is False


def test_it_ends_once_it_is_not_wanted_any_more(place: Path) -> None:
    answers = iter([True, True, True, False])
    archive = io.BytesIO(packed(file("a", b"1" * 5_000_000), file("b")))
    assert not unpack(archive, place, lambda: next(answers, False))
    assert not (place / "b").exists()
