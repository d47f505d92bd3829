import json
import resource
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from driver.deployments.portable_files import Places, take_portable, write_portable
from driver.deployments.snapshot_archive import Snapshot, read_snapshot, unpack_archive, write_archive
from driver.deployments.snapshots import Snapshots
from driver.deployments.workspace import Workspace
from driver.model.exceptions import BrokenFileError, WrongUseError
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
    with zipfile.ZipFile(path) as whole:
        values = json.loads(whole.read("snapshot.json"))
        contents = {info: whole.read(info) for info in whole.namelist() if info != "snapshot.json"}
    values["files"][name] = "0" * 64
    with zipfile.ZipFile(path, "w") as again:
        again.writestr("snapshot.json", json.dumps(values))
        for one, content in contents.items():
            again.writestr(one, content)
    with pytest.raises(BrokenFileError, match="changed" if name == "more" else "outside"):
        unpack_archive(path, tmp_path / "there")
    assert not (tmp_path / "there").exists()


@pytest.mark.parametrize("change", [{"format": 2}, {"files": []}, {"created": "today"}, {"unknown": 1}])
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
