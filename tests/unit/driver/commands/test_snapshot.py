from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from driver.commands.snapshot import ManageSnapshots, SnapshotRequest
from driver.commands.snapshot_transfer import LoadSnapshot
from driver.commands.up import Up
from driver.deployments.portable_files import STATE, Places, take_portable
from driver.deployments.snapshot_archive import Snapshot, write_archive
from driver.model.exceptions import (
    BrokenFileError,
    ConfirmationRequiredError,
    NotDeployedError,
    WrongUseError,
)
from driver.settings.backend import Backend
from driver.terraform.target_records import LOADING, OUTPUTS
from tests.unit.driver.documents import Program
from tests.unit.driver.fake_context import FakeContext
from tests.unit.driver.fakes import World


@pytest.fixture
def folder(world: World, tmp_path: Path) -> Path:
    """A folder with an old snapshot, a new one, and a file that is none."""
    world.settings = replace(world.settings, home=tmp_path)
    folder = tmp_path / "snapshots"
    for name, created in (("old", "2020-01-01T00:00:00+00:00"), ("new", "2999-01-01T00:00:00+00:00")):
        source = tmp_path / "source"
        source.mkdir(parents=True, exist_ok=True)
        snapshot = Snapshot(name, created, "0.1.0", "us-west-2", {}, "enforce", 84)
        write_archive(folder / f"{name}.snapshot.zip", snapshot, source)
    (folder / "broken.snapshot.zip").touch()
    return folder


def manage(world: World, *words: str, **flags: str | bool) -> None:
    request = SnapshotRequest(*words, **flags)  # type: ignore[arg-type]
    ManageSnapshots(FakeContext(world.settings, world.screen.console, {}, world=world))(request)


def names(folder: Path) -> Sequence[str]:
    return sorted(path.name.partition(".")[0] for path in folder.glob("*.zip"))


def test_snapshots_are_listed_with_size_and_age(world: World, folder: Path) -> None:
    manage(world, "list")
    for words in ("old", "days", "84 resources", "cannot be read"):
        assert words in world.screen.text
    assert names(folder) == ["broken", "new", "old"]


def test_a_list_that_is_empty_because_of_an_age_says_so(world: World, folder: Path) -> None:
    manage(world, "list", older_than="9000w")
    assert "no snapshot is older than 9000w" in world.screen.text
    assert names(folder) == ["broken", "new", "old"]


def test_a_program_gets_the_list_as_a_document(world: World, folder: Path) -> None:
    program = Program()
    request = SnapshotRequest("list")
    ManageSnapshots(FakeContext(world.settings, program.console, {}, world=world))(request)
    found = program.document("snapshot")["snapshots"]
    assert [(one["name"], one["resources"]) for one in found] == [("new", 84), ("old", 84), ("broken", None)]


def test_only_what_is_older_is_deleted_and_it_is_named_before(world: World, folder: Path) -> None:
    manage(world, "delete", older_than="30d", assume_yes=True)
    assert names(folder) == ["broken", "new"]
    assert "old" in world.screen.text
    manage(world, "delete", "broken", assume_yes=True)
    assert names(folder) == ["new"]


def test_nothing_is_deleted_without_a_yes(world: World, folder: Path) -> None:
    with pytest.raises(ConfirmationRequiredError):
        manage(world, "delete", "old")
    assert names(folder) == ["broken", "new", "old"]


@pytest.mark.parametrize(
    ("request_", "flags", "words"),
    [
        (["make"], {}, "not known"),
        (["save"], {}, "needs a name"),
        (["load"], {}, "needs a name"),
        (["save", "old"], {}, "already"),
        (["save", "../x"], {}, "cannot be named"),
        (["delete"], {}, "not clear which"),
        (["list"], {"older_than": "1y"}, "no age"),
        (["load", "old"], {"sha256": "0" * 64}, "another file"),
        (["save", "one"], {"is_replacing": True}, "save` does not take --replace"),
        (["delete", "old"], {"sha256": "0" * 64}, "delete` does not take --sha256"),
        (["load", "old"], {"older_than": "3d"}, "load` does not take --older-than"),
    ],
)
def test_what_cannot_be_done_is_refused(
    world: World, folder: Path, request_: list[str], flags: dict[str, str | bool], words: str
) -> None:
    with pytest.raises(WrongUseError, match=words):
        manage(world, *request_, **flags)
    assert names(folder) == ["broken", "new", "old"]


def test_a_state_in_s3_has_no_snapshot_and_the_table_to_remove_is_named(world: World, folder: Path) -> None:
    backend = Backend("states", "key", "us-west-2", endpoint="http://127.0.0.1:4566")
    world.settings = replace(world.settings, backend=backend)
    with pytest.raises(WrongUseError, match="state lies in S3") as raised:
        manage(world, "save", "other")
    assert "`[backend]`" in raised.value.next_step


def test_a_snapshot_elsewhere_is_not_deleted(world: World, folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.zip"
    copy.write_bytes((folder / "old.snapshot.zip").read_bytes())
    with pytest.raises(WrongUseError, match="not deleted"):
        manage(world, "delete", str(copy), assume_yes=True)


@pytest.mark.parametrize("name", ["broken", "none", "./none.zip"])
def test_what_is_no_snapshot_is_not_loaded(world: World, folder: Path, name: str) -> None:
    with pytest.raises(BrokenFileError):
        manage(world, "load", name, assume_yes=True)


class Interrupted(LoadSnapshot):
    """A load whose process is killed once the state of Terraform is there."""

    is_killed = True

    @property
    def cloud(self) -> Any:
        return SimpleNamespace(prepare=lambda *_: None)

    def _take(self, snapshot: Snapshot, folder: Path, port: int) -> None:
        take_portable(folder, Places.of(self.settings, port), self.workspace)
        if self.is_killed:
            raise KeyboardInterrupt
        self.workspace.records.forget(LOADING)


def test_a_load_that_was_killed_is_told_and_a_second_one_heals_it(
    world: World, folder: Path, tmp_path: Path
) -> None:
    archive, source = folder / "whole.snapshot.zip", tmp_path / "parts"
    source.mkdir()
    (source / STATE).write_text(
        '{"version": 4, "resources": [{"mode": "managed", "type": "a", "name": "b", "instances": [{}]}]}'
    )
    (source / OUTPUTS).write_text("{}")
    made = Snapshot("whole", "2999-01-01T00:00:00+00:00", "0.1.0", "us-west-2", {}, "enforce", 1)
    write_archive(archive, made, source)
    context = FakeContext(world.settings, world.screen.console, {}, world=world)
    load = Interrupted(context)
    with pytest.raises(KeyboardInterrupt):
        load(archive, replaces=False)
    for asked in (world.workspace.outputs, lambda: Up(context)(assume_yes=True)):
        with pytest.raises(NotDeployedError, match="loaded only in part") as caught:
            asked()
        assert "`invoke snapshot load whole` loads it again" in caught.value.next_step
    Interrupted.is_killed = False
    load(archive, replaces=False)
    world.workspace.check_loaded()
    with pytest.raises(WrongUseError, match="something is deployed"):
        load(archive, replaces=False)
