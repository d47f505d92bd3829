from pathlib import Path

import pytest

from driver.host.files import files_below, write_atomically, write_if_changed


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


def test_files_below_a_folder_are_those_that_terraform_sees(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "folder", tmp_path / "elsewhere"
    for name in ("folder/b.py", "folder/__pycache__/b.pyc", "elsewhere/sub/c.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (folder / "a").symlink_to(elsewhere, target_is_directory=True)
    (elsewhere / "back").symlink_to(folder, target_is_directory=True)
    (folder / "gone").symlink_to(tmp_path / "nothing")
    found = [path.relative_to(folder).as_posix() for path in files_below(folder)]
    assert found == ["a/sub/c.py", "b.py"]
    assert list(files_below(tmp_path / "nothing")) == []
