"""Every file that the driver keeps or reads of Terraform's, in every way in which a file can be broken."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from driver.commands.down import Down
from driver.commands.executions import Executions
from driver.commands.outputs import ShowOutputs
from driver.commands.plan import PlanChanges
from driver.commands.status import ShowStatus
from driver.commands.up import Up
from driver.host.kept_files import read_text, set_aside
from driver.model.exceptions import BrokenFileError
from driver.terraform.events import Phase, ResourceEvent
from tests.unit.driver.fakes import AWS, LOCAL, World

FILES = (
    "terraform.tfstate",
    "deployment.json",
    "outputs.json",
    "kept.json",
    "backend.json",
    "creations.log",
)
# What a command has to read to do its work: all others do it without, as if nothing had happened.
READ: Mapping[str, frozenset[str]] = {
    "status": frozenset(FILES) - {"creations.log"},
    "outputs": frozenset({"outputs.json", "kept.json"}),
    "executions": frozenset({"deployment.json", "outputs.json", "kept.json"}),
}


def empty(path: Path) -> None:
    path.write_bytes(b"")


def half_written(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: max(path.stat().st_size // 2, 1)])


def another_type(path: Path) -> None:
    path.write_text('["a list"]')


def nothing(path: Path) -> None:
    path.write_text("null")


def other_members(path: Path) -> None:
    path.write_text(
        '{"version": 4, "resources": [1], "target": 5, "kept": 5, "pipelines": {}, "bucket_name": 5}'
    )


def nested_deeply(path: Path) -> None:
    path.write_text('{"a":' * 100_000)


def no_text(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00 no UTF-8")


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "something").touch()


def unreadable(path: Path) -> None:
    """Make a link to itself, which not even root can read."""
    path.unlink()
    path.symlink_to(path.name)


DAMAGE = (
    empty,
    half_written,
    another_type,
    nothing,
    other_members,
    nested_deeply,
    no_text,
    a_folder,
    unreadable,
)


@pytest.fixture
def broken(world: World) -> World:
    """A deployment with every file there is."""
    world.terraform.backups = True
    up(world)
    world.workspace.records.keep_only(["bucket"])
    world.workspace.creations.on_event(ResourceEvent(Phase.STARTED, "aws_iam_role.lambda", "create"))
    world.workspace.creations.on_event(ResourceEvent(Phase.FINISHED, "aws_iam_role.lambda", "create"))
    (world.workspace.directory / "backend.json").write_text('{"bucket": "states"}')
    return world


def up(world: World) -> None:
    Up(world.context())(assume_yes=True)


def down(world: World) -> None:
    Down(world.context())(assume_yes=True)


def status(world: World) -> None:
    ShowStatus(world.context())(all_resources=True)


def outputs(world: World) -> None:
    ShowOutputs(world.context())()


def executions(world: World) -> None:
    Executions(world.context())(10)


COMMANDS: Mapping[str, Callable[[World], None]] = {
    "status": status,
    "outputs": outputs,
    "executions": executions,
}


def prepared(world: World, name: str) -> Path:
    """Leave only that file in an unusual state: a part was kept, a creation noted, a backend recorded."""
    workspace = world.workspace
    if name != "kept.json":
        (workspace.directory / "kept.json").unlink()
    if name != "backend.json":
        (workspace.directory / "backend.json").unlink()
    if name != "creations.log":
        workspace.creations.forget()
    return workspace.directory / name


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("name", FILES)
def test_every_command_names_a_broken_file_and_its_cure(
    broken: World, name: str, damage: Callable[[Path], None]
) -> None:
    path = prepared(broken, name)
    damage(path)
    for command, run in COMMANDS.items():
        if name not in READ[command]:
            run(broken)
            continue
        with pytest.raises(BrokenFileError) as raised:
            run(broken)
        assert str(path) in raised.value.why
        assert "invoke up" in raised.value.next_step


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("name", FILES)
def test_up_says_what_is_broken_puts_it_aside_and_goes_on(
    broken: World, name: str, damage: Callable[[Path], None]
) -> None:
    path = prepared(broken, name)
    damage(path)
    if name == "creations.log" and damage in {empty, half_written}:
        return  # it is one of lines: those that are there count
    up(broken)
    assert broken.workspace.outputs()
    assert len(broken.workspace.resources()) == 2
    assert str(path) in broken.screen.text
    assert list(path.parent.glob(f"{name}.broken-*"))
    # Nothing was lost: what was deployed is known as before.
    assert broken.target.stopped == 0
    assert broken.workspace.deployment() == LOCAL
    status(broken)


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("name", FILES)
def test_down_destroys_what_there_is_and_stops_the_cloud(
    broken: World, name: str, damage: Callable[[Path], None]
) -> None:
    path = prepared(broken, name)
    damage(path)
    down(broken)
    assert broken.target.stopped == 1
    assert f"destroy {LOCAL.endpoint_url}" in broken.terraform.calls
    assert "destroyed 2 resources" in broken.screen.text


@pytest.mark.parametrize("damage", DAMAGE)
def test_plan_names_a_broken_state(broken: World, damage: Callable[[Path], None]) -> None:
    damage(prepared(broken, "terraform.tfstate"))
    plan = PlanChanges(broken.context())
    with pytest.raises(BrokenFileError):
        plan()


@pytest.mark.parametrize("damage", DAMAGE)
def test_without_any_copy_the_local_cloud_is_stopped_all_the_same(
    world: World, damage: Callable[[Path], None]
) -> None:
    world.deploy()
    damage(world.workspace.state_path)
    if damage is empty:
        return  # an empty state without a copy describes nothing
    down(world)
    assert world.target.stopped == 1
    assert world.terraform.calls == []
    assert "Terraform destroys nothing" in world.screen.text


def test_both_the_record_and_its_copy_may_be_broken(broken: World) -> None:
    path = prepared(broken, "deployment.json")
    half_written(path)
    half_written(path.parent / "state-backups/deployment.json")
    down(broken)
    assert broken.target.stopped == 1
    up(broken)
    assert broken.workspace.deployment() == LOCAL


def test_up_begins_anew_where_it_is_not_known_what_the_local_cloud_holds(broken: World) -> None:
    path = prepared(broken, "deployment.json")
    path.unlink()
    up(broken)
    assert "started again, empty" in broken.screen.text
    assert broken.target.stopped == 1
    assert "2 added" in broken.screen.text


def test_a_record_of_a_newer_version_is_no_broken_one(world: World) -> None:
    world.deploy()
    path = world.workspace.directory / "deployment.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"added later": 1}))
    assert world.workspace.deployment() == LOCAL
    world.workspace.keep_deployment(replace(AWS, variables={"geocoder": "processing"}))
    assert world.workspace.deployment() == replace(AWS, variables={"geocoder": "processing"})


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    path.write_text("{}")
    path.chmod(0)
    with pytest.raises(BrokenFileError, match="Permission denied"):
        read_text(path, "The record", "")


def test_of_what_was_put_aside_only_the_newest_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "state"
    asides = []
    for number in range(5):
        path.write_text(str(number))
        asides.append(set_aside(path))
    assert sorted(found.read_text() for found in tmp_path.iterdir()) == ["2", "3", "4"]
    assert all("state.broken-20" in found.name for found in asides)
