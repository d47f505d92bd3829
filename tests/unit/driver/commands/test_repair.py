"""The newest good copy of a broken state is taken in; what that leaves open is said."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from driver.commands.down import Down
from driver.commands.repair import Repair, Repaired
from driver.commands.up import Up
from driver.host.disk_space import Free, free_bytes
from driver.model.exceptions import BrokenFileError, CredentialsError, NoRoomError, TerraformError
from driver.terraform.events import Phase, ResourceEvent
from driver.terraform.state import StateHead
from driver.terraform.state_copies import KEPT, StateCopies
from tests.unit.driver.fake_context import FakeStateStore
from tests.unit.driver.fakes import AWS, LOCAL, World

LINEAGE = "0f8c2f0e-1111"


def state(serial: int, *names: str, lineage: str = LINEAGE, arn: str = "") -> str:
    instance = {"attributes": {"arn": arn}}
    resources = [
        {"mode": "managed", "type": "aws_sqs_queue", "name": name, "instances": [instance]} for name in names
    ]
    document = {"version": 4, "terraform_version": "1.11.4", "serial": serial, "lineage": lineage}
    return json.dumps(document | {"outputs": {}, "resources": resources})


def cut_off(text: str) -> str:
    return text[: len(text) - 20]


def repair(world: World, *, is_disposable: bool = True) -> Repaired:
    return Repair(world.workspace, world.screen.console, world.state_store, is_disposable)()


def addresses(world: World) -> list[str]:
    return [resource.address for resource in world.workspace.resources()]


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def begun(world: World, *names: str) -> None:
    for name in names:
        for phase in (Phase.STARTED, Phase.FINISHED):
            world.workspace.creations.on_event(ResourceEvent(phase, f"aws_sqs_queue.{name}", "create"))


@pytest.fixture
def copies(world: World) -> StateCopies:
    """Copies of three ages: the driver's, Terraform's, and what Terraform could not write."""
    world.workspace.directory.mkdir()
    found = world.workspace.copies
    found.keep(state(3, "a"))
    write(world.workspace.directory / "terraform.tfstate.backup", state(4, "a", "b"))
    write(found.errored_path, state(6, "a", "b", "c"))
    return found


def test_the_highest_serial_of_the_same_lineage_wins(world: World, copies: StateCopies) -> None:
    world.workspace.state_path.write_text(cut_off(state(6, "a", "b", "c")))
    other = copies.directory / "20300101-another-deployment.tfstate"
    write(other, state(99, "x", lineage="another"))
    assert repair(world) == Repaired()
    assert addresses(world) == ["aws_sqs_queue.a", "aws_sqs_queue.b", "aws_sqs_queue.c"]
    assert "errored.tfstate, serial 6, less than a minute old, 3 resources" in world.screen.text
    assert not copies.errored_path.exists()
    [aside] = world.workspace.directory.glob("terraform.tfstate.broken-*")
    assert aside.name in world.screen.text
    assert aside.read_text() == cut_off(state(6, "a", "b", "c"))


@pytest.mark.parametrize(("gone", "serial"), [((), 6), (("errored",), 4), (("errored", "backup"), 3)])
def test_each_kind_of_copy_is_taken(
    world: World, copies: StateCopies, gone: tuple[str, ...], serial: int
) -> None:
    world.workspace.state_path.write_text(cut_off(state(6, "a", "b", "c")))
    if "errored" in gone:
        copies.errored_path.unlink()
    if "backup" in gone:
        (world.workspace.directory / "terraform.tfstate.backup").unlink()
    repair(world)
    assert json.loads(world.workspace.state_path.read_text())["serial"] == serial


def test_a_copy_that_is_not_whole_is_none(world: World, copies: StateCopies) -> None:
    world.workspace.state_path.write_text("")
    copies.errored_path.write_text(cut_off(state(6, "a", "b", "c")))
    repair(world)
    assert addresses(world) == ["aws_sqs_queue.a", "aws_sqs_queue.b"]


def test_a_state_that_can_be_read_takes_in_only_what_is_newer(world: World, copies: StateCopies) -> None:
    world.workspace.state_path.write_text(state(7, "a"))
    repair(world)
    assert addresses(world) == ["aws_sqs_queue.a"]
    assert world.screen.text == ""
    world.workspace.state_path.write_text(state(5, "a"))
    repair(world)
    assert len(addresses(world)) == 3
    assert "state has serial 5" in world.screen.text


def test_another_lineage_is_never_taken_in(world: World, copies: StateCopies) -> None:
    mine = state(1, "mine", lineage="mine")
    world.workspace.state_path.write_text(mine)
    repair(world)
    assert world.workspace.state_path.read_text() == mine
    world.workspace.state_path.write_text(cut_off(mine))
    assert repair(world, is_disposable=False).is_state_lost
    assert world.workspace.state_path.read_text() == cut_off(mine)


def test_without_a_head_the_lineage_is_that_of_the_copy_written_last(
    world: World, copies: StateCopies
) -> None:
    old = copies.directory / "20200101-another-deployment.tfstate"
    write(old, state(99, "x", lineage="another"))
    os.utime(old, (1, 1))
    found = copies.newest(StateHead())
    assert found
    assert (found.lineage, found.serial) == (LINEAGE, 6)


def test_the_age_is_told(world: World, copies: StateCopies) -> None:
    for ago, words in ((timedelta(minutes=5), "5 minutes old"), (timedelta(hours=50), "2 days old")):
        write(copies.errored_path, state(6, "a", "b", "c"))
        world.workspace.state_path.write_text(cut_off(state(6, "a", "b", "c")))
        later = datetime.now(UTC) + ago
        now = lambda later=later: later  # noqa: E731
        Repair(world.workspace, world.screen.console, world.state_store, is_disposable=True, now=now)()
        assert words in world.screen.text


def test_only_a_few_backups_are_kept_and_none_twice(world: World) -> None:
    world.workspace.directory.mkdir()
    copies = world.workspace.copies
    for serial in range(KEPT + 3):
        copies.keep(state(serial, "a"))
        copies.keep(state(serial, "a"))
    copies.keep(cut_off(state(99, "a")))
    kept = [json.loads(path.read_text())["serial"] for path in sorted(copies.directory.glob("*.tfstate"))]
    assert kept == list(range(3, KEPT + 3))


def test_what_terraform_created_later_than_the_copy_is_named_on_aws(world: World) -> None:
    world.target.deployment, world.target.is_disposable = AWS, False
    world.deploy(AWS)
    world.workspace.copies.keep(state(3, "main", "dlq"))
    begun(world, "main", "later")
    world.workspace.state_path.write_text(cut_off(state(9, "main", "dlq", "later")))
    up(world)
    assert "created aws_sqs_queue.later later than that copy" in world.screen.text
    assert world.target.stopped == 0


def test_a_local_cloud_that_holds_more_than_the_copy_begins_anew(world: World) -> None:
    world.deploy()
    world.workspace.copies.keep(state(3, "main", "dlq"))
    begun(world, "main", "later")
    world.workspace.state_path.write_text(cut_off(state(9, "main", "dlq", "later")))
    up(world)
    assert "started again, empty" in world.screen.text
    assert world.target.stopped == 1
    assert "2 added" in world.screen.text


def test_on_aws_a_lost_state_is_for_whoever_deployed_to_repair(world: World) -> None:
    world.target.deployment, world.target.is_disposable = AWS, False
    world.deploy(AWS)
    broken = cut_off(state(9, "main"))
    world.workspace.state_path.write_text(broken)
    for command in (up, down, up):
        with pytest.raises(BrokenFileError, match="lost") as raised:
            command(world)
        assert str(world.workspace.state_path) in raised.value.next_step
        assert world.workspace.state_path.read_text() == broken
    assert world.terraform.calls == []


def test_a_state_of_another_account_is_not_deployed_over_though_its_record_is_gone(world: World) -> None:
    world.target.deployment, world.target.is_disposable = AWS, False
    world.deploy(AWS)
    world.workspace.records.path("deployment.json").unlink()
    world.workspace.state_path.write_text(state(1, "a", arn="arn:aws:sqs:us-west-2:999999999999:a"))
    with pytest.raises(CredentialsError, match="999999999999"):
        up(world)


def test_down_ends_the_local_cloud_where_the_disk_has_no_room(world: World) -> None:
    world.deploy()
    down(world, free=lambda _: 1000)
    assert world.target.stopped == 1
    assert world.terraform.calls == []
    assert "1,000 bytes are free" in world.screen.text
    assert "2 resources, is lost" in world.screen.text


def test_down_ends_the_local_cloud_where_the_disk_becomes_full(world: World) -> None:
    world.deploy()
    world.terraform.failure = NoRoomError("no space left")
    down(world)
    assert world.target.stopped == 1
    assert not world.workspace.directory.exists()


def test_what_is_to_be_kept_is_never_given_up(world: World) -> None:
    world.deploy()
    with pytest.raises(NoRoomError):
        down(world, keep="bucket", free=lambda _: 1000)
    world.workspace.state_path.write_text("{")
    with pytest.raises(BrokenFileError):
        down(world, keep="bucket")
    assert world.target.stopped == 0


def test_on_aws_a_full_disk_destroys_nothing(world: World) -> None:
    world.target.deployment, world.target.is_disposable = AWS, False
    world.deploy(AWS)
    with pytest.raises(NoRoomError, match="1,000 bytes are free"):
        down(world, free=lambda _: 1000)
    assert world.terraform.calls == []


def test_another_failure_of_terraforms_stops_nothing(world: World) -> None:
    world.deploy()
    world.terraform.failure = TerraformError("denied")
    with pytest.raises(TerraformError):
        down(world)
    assert world.target.stopped == 0


def test_up_makes_nothing_where_the_disk_has_no_room(world: World) -> None:
    world.no_room = NoRoomError("full")
    with pytest.raises(NoRoomError):
        up(world)
    assert world.target.checked == []
    assert world.terraform.calls == []


def up(world: World) -> None:
    Up(world.context())(assume_yes=True)


def down(world: World, keep: str = "", free: Free = free_bytes) -> None:
    Down(world.context(), free)(assume_yes=True, keep=keep)


def test_the_deployment_is_known_again(world: World) -> None:
    world.deploy()
    world.workspace.records.path("deployment.json").write_text("")
    repair(world)
    assert world.workspace.deployment() == LOCAL
    assert "the driver uses its copy" in world.screen.text


def test_a_state_in_s3_that_went_with_its_cloud_stops_nobody(world: World) -> None:
    class Gone(FakeStateStore):
        def refresh(self) -> None:
            raise TerraformError("no answer")

        def clear(self) -> None:
            raise TerraformError("no answer")

    world.deploy()
    world.state_store = Gone(world.workspace)
    Down(world.context())(assume_yes=True)
    assert world.target.stopped == 1
    with pytest.raises(TerraformError):
        repair(world, is_disposable=False)
