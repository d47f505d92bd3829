from pathlib import Path

import pytest

from driver.host.files import write_atomically, write_if_changed


def test_what_fails_to_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text("old")
    with pytest.raises(TypeError):
        write_atomically(path, "not bytes")  # type: ignore[arg-type]
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_same_content_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "a" / "package.zip"
    assert write_if_changed(path, b"1")
    before = path.stat()
    assert not write_if_changed(path, b"1")
    assert path.stat() == before
    assert write_if_changed(path, b"2")
    assert path.read_bytes() == b"2"


def test_the_mode_is_as_asked(tmp_path: Path) -> None:
    path = tmp_path / "program"
    write_atomically(path, b"", mode=0o755)
    assert path.stat().st_mode & 0o777 == 0o755
