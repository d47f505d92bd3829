import json
import os
import resource
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from driver.deployments.portable_files import Places, check_portable, take_portable, write_portable
from driver.deployments.snapshot_archive import Snapshot, read_snapshot, unpack_archive, write_archive
from driver.deployments.snapshots import Snapshots
from driver.deployments.workspace import Workspace
from driver.model.exceptions import BrokenFileError, NoRoomError, WrongUseError
from tests.unit.driver.fakes import OUTPUTS

SNAPSHOT = Snapshot(
    "one", "2026-11-01T00:00:00+00:00", "0.1.0", "us-west-2", {"name_prefix": "p"}, "enforce", 7
)


def archive(folder: Path, name: str = "one") -> Path:
    source = folder / "source"
    (source / "cloud/parts").mkdir(parents=True, exist_ok=True)
    (source / "terraform.tfstate").write_text("{}")
    (source / "cloud/parts/1").write_bytes(bytes(range(256)) * 20)
    path = folder / f"{name}.snapshot.zip"
    write_archive(path, SNAPSHOT, source)
    return path


def test_a_snapshot_is_unpacked_as_it_was_and_belongs_to_its_owner(tmp_path: Path) -> None:
    path = archive(tmp_path)
    assert path.stat().st_mode & 0o77 == 0
    snapshot = unpack_archive(path, tmp_path / "there")
    assert (tmp_path / "there/cloud/parts/1").read_bytes() == bytes(range(256)) * 20
    assert (snapshot.name, snapshot.resources, len(snapshot.files)) == ("one", 7, 2)
    assert read_snapshot(path) == snapshot
    assert snapshot.age_in_days(datetime(2026, 11, 3, tzinfo=UTC)) == 2


@pytest.mark.parametrize("tenth", range(10))
@pytest.mark.parametrize("how", ["cut", "changed"])
def test_a_snapshot_that_was_cut_or_changed_is_refused_and_not_unpacked(
    tmp_path: Path, tenth: int, how: str
) -> None:
    path = archive(tmp_path)
    content, at = path.read_bytes(), path.stat().st_size * tenth // 10
    changed = content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]
    path.write_bytes(content[:at] if how == "cut" else changed)
    try:
        unpack_archive(path, tmp_path / "there")
    except BrokenFileError:
        assert not (tmp_path / "there").exists()
    else:  # a byte of the archive that says nothing, such as a time
        assert how == "changed"
        assert (tmp_path / "there/cloud/parts/1").read_bytes() == bytes(range(256)) * 20


@pytest.mark.parametrize("name", ["more", "../outside", "/tmp/outside"])
def test_files_that_do_not_belong_to_a_snapshot_are_refused(tmp_path: Path, name: str) -> None:
    path = archive(tmp_path)
    with zipfile.ZipFile(path, "a") as more:
        more.writestr(name, "more")
    with pytest.raises(BrokenFileError, match="other files"):
        unpack_archive(path, tmp_path / "there")
    _name_file(path, name)
    with pytest.raises(BrokenFileError, match="changed" if name == "more" else "outside"):
        unpack_archive(path, tmp_path / "there")
    assert not (tmp_path / "there").exists()


def _name_file(path: Path, name: str) -> None:
    """Let the manifest name a file of an archive, too."""
    with zipfile.ZipFile(path) as whole:
        values = json.loads(whole.read("snapshot.json"))
        contents = {info: whole.read(info) for info in whole.namelist() if info != "snapshot.json"}
    values["files"][name] = "0" * 64
    with zipfile.ZipFile(path, "w") as again:
        again.writestr("snapshot.json", json.dumps(values))
        for one, content in contents.items():
            again.writestr(one, content)


@pytest.mark.parametrize(
    "name", [".", "cloud/./parts/2", "cloud//parts/2", "terraform.tfstate/2", "cloud/.."]
)
def test_files_that_cannot_lie_in_one_folder_are_refused(tmp_path: Path, name: str) -> None:
    path = archive(tmp_path)
    with zipfile.ZipFile(path, "a") as more:
        more.writestr(name, "more")
    _name_file(path, name)
    with pytest.raises(BrokenFileError, match=r"outside|in another file"):
        unpack_archive(path, tmp_path / "there")
    assert not (tmp_path / "there").exists()


def test_a_snapshot_for_which_there_is_no_room_is_not_unpacked(tmp_path: Path) -> None:
    path = archive(tmp_path)
    content = path.read_bytes()
    at = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 1)  # the second file of the directory
    huge = (4_000_000_000).to_bytes(4, "little")  # its size (APPNOTE.TXT of ZIP, 4.3.12)
    path.write_bytes(content[: at + 24] + huge + content[at + 28 :])
    with pytest.raises(NoRoomError, match="needs 4,0"):
        unpack_archive(path, tmp_path / "there", free=lambda _: 3_000_000_000)
    assert not (tmp_path / "there").exists()


def test_what_a_killed_save_left_behind_goes_after_a_day(tmp_path: Path) -> None:
    old, new = tmp_path / ".a.snapshot.zip.1.new", tmp_path / ".b.snapshot.zip.2.new"
    old.touch()
    new.touch()
    os.utime(old, (0, 0))
    archive(tmp_path)
    assert not old.exists()
    assert new.exists()


@pytest.mark.parametrize("content", [None, b"", b"[]", b"{"])
@pytest.mark.parametrize("name", ["terraform.tfstate", "outputs.json"])
def test_a_snapshot_without_a_whole_state_is_refused(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    for one in ("terraform.tfstate", "outputs.json"):
        (tmp_path / one).write_text("{}")
    check_portable(tmp_path)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(BrokenFileError, match=name):
        check_portable(tmp_path)


@pytest.mark.parametrize(
    "text", ["s3://bucket/app/x", "/opt/app", "/app-data", "/app.zip", "src/app", "/appendix"]
)
def test_a_short_folder_is_not_found_within_other_texts(text: str) -> None:
    places = Places({"/app": "@project@", "127.0.0.1:80": "@address@"})
    assert places.hidden(text) == text
    assert places.hidden("http://127.0.0.1:8080/x") == "http://127.0.0.1:8080/x"


@pytest.mark.parametrize("text", ["/app", "/app/x.zip", '{"a": "/app/x"}', "PATH=/bin:/app/bin", "In /app."])
def test_a_folder_is_hidden_and_shown_as_that_of_another_machine(text: str) -> None:
    hidden = Places({"/app": "@project@"}).hidden(text)
    assert "/app" not in hidden
    assert Places({"/home/b": "@project@"}).shown(hidden) == text.replace("/app", "/home/b")


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"files": []},
        {"created": "today"},
        {"created": "2026-11-27T10:00:00"},
        {"unknown": 1},
        {"iam": "maybe"},
    ],
)
def test_a_manifest_of_another_version_or_form_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    path = archive(tmp_path)
    with zipfile.ZipFile(path) as whole:
        values = json.loads(whole.read("snapshot.json"))
    with zipfile.ZipFile(path, "w") as again:
        again.writestr("snapshot.json", json.dumps(values | change))
    with pytest.raises(BrokenFileError):
        read_snapshot(path)


def test_a_full_disk_leaves_no_half_snapshot(tmp_path: Path) -> None:
    archive(tmp_path).unlink()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
        with pytest.raises(OSError, match="large"):
            write_archive(tmp_path / "one.snapshot.zip", SNAPSHOT, tmp_path / "source")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_snapshots_are_listed_and_those_made_here_are_known(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    digest = snapshots.note(archive(tmp_path))
    (tmp_path / "two.snapshot.zip").write_bytes(b"no archive")
    assert [(one.name, one.snapshot is None) for one in snapshots.kept()] == [("one", False), ("two", True)]
    assert snapshots.is_made_here(digest)
    assert not snapshots.is_made_here("0" * 64)
    snapshots.delete(snapshots.kept()[0])
    assert [one.name for one in snapshots.kept()] == ["two"]
    assert not snapshots.is_made_here(digest)


@pytest.mark.parametrize("name", ["", "../one", ".one", "a b", "a" * 65])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(WrongUseError, match="cannot be named"):
        Snapshots(tmp_path).path(name)


def test_a_deployment_is_taken_without_the_folders_and_the_port_of_who_saved_it(tmp_path: Path) -> None:
    ours, theirs = Workspace(tmp_path / "ours/local"), Workspace(tmp_path / "theirs/local")
    ours.directory.mkdir(parents=True)
    package = str(tmp_path / "ours/packages/a.zip")
    state = {"version": 4, "serial": 3, "lineage": "l", "outputs": {}, "resources": [], "package": package}
    ours.state_path.write_text(json.dumps(state))
    (ours.directory / "definitions").mkdir()
    (ours.directory / "definitions/p.json").write_text('{"url":  "http://127.0.0.1:4566/0/q"}')
    ours.keep_outputs(OUTPUTS)
    here = Places({"127.0.0.1:4566": "@address@", str(tmp_path / "ours"): "@home@"})
    write_portable(ours, here, tmp_path / "archive")
    for path in (tmp_path / "archive").rglob("*.*"):
        assert not {"4566", str(tmp_path)} & {
            word for word in ("4566", str(tmp_path)) if word in path.read_text()
        }
    there = Places({"127.0.0.1:80": "@address@", str(tmp_path / "theirs"): "@home@"})
    take_portable(tmp_path / "archive", there, theirs)
    assert json.loads(theirs.state_path.read_text()) == state | {"package": package.replace("ours", "theirs")}
    assert theirs.outputs().queue_url == "http://127.0.0.1:80/000000000000/sagestep-callback"
    assert (theirs.directory / "definitions/p.json").read_text() == '{"url":  "http://127.0.0.1:80/0/q"}'
