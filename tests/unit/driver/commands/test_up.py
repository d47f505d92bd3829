from collections.abc import Callable
from dataclasses import replace

import pytest

from driver.commands.up import Up
from driver.deployments.workspace import Workspace
from driver.host.console import Console
from driver.model.exceptions import (
    BusyError,
    CredentialsError,
    InterruptedByUserError,
    TerraformError,
    WrongUseError,
)
from driver.model.values import Deployment
from driver.settings.backend import Backend
from driver.terraform.events import Phase, ResourceEvent
from tests.unit.driver.fake_context import FakeStateStore
from tests.unit.driver.fakes import AWS, LOCAL, OUTPUTS, WORKFLOWS, FakeTarget, World, state_of


def up(world: World) -> None:
    Up(world.context())(assume_yes=True)


def test_it_packs_initializes_and_applies_once(world: World) -> None:
    up(world)
    assert world.built == ["built"]
    assert world.terraform.calls == ["init", f"apply {LOCAL.endpoint_url}"]
    assert world.workspace.deployment() == LOCAL
    assert world.workspace.all_outputs() == OUTPUTS
    assert "2 added" in world.screen.text


@pytest.mark.parametrize(
    ("default", "pipelines", "told"),
    [
        ("geospatial", OUTPUTS["pipelines"], "next: invoke run-pipeline\n"),
        ("", OUTPUTS["pipelines"], "next: invoke run-pipeline --pipeline geocoding\n"),
        ("", {}, ""),
    ],
)
def test_the_next_command_that_it_names_works(
    world: World, default: str, pipelines: object, told: str
) -> None:
    world.terraform.outputs = {**OUTPUTS, "pipelines": pipelines, "default_pipeline": default}
    up(world)
    assert told in world.screen.text
    assert ("next:" in world.screen.text) == bool(told)


def test_a_second_time_nothing_changes_and_it_says_so(world: World) -> None:
    up(world)
    up(world)
    assert "nothing changed" in world.screen.text


def test_terraform_is_not_asked_where_it_would_find_everything_as_it_has_left_it(world: World) -> None:
    world.target.changed = 7
    up(world)
    world.terraform.calls.clear()
    up(world)
    assert world.terraform.calls == []
    assert "Terraform was not asked" in world.screen.text
    Up(world.context())(assume_yes=True, refresh=True)
    assert world.terraform.calls == ["init", f"apply {LOCAL.endpoint_url}"]


def _another_change(world: World) -> None:
    world.target.changed = 8


def _another_source(world: World) -> None:
    world.terraform.source = "another"


def _another_state(world: World) -> None:
    world.workspace.state_path.write_text(state_of("main"))


def _silence(world: World) -> None:
    world.target.changed = None


def _broken_record(world: World) -> None:
    world.workspace.records.path("applied.json").write_text('{"fingerprint": ')


def _part_kept(world: World) -> None:
    world.workspace.keep_only(["data"])


@pytest.mark.parametrize(
    "change", [_another_change, _another_source, _another_state, _silence, _broken_record, _part_kept]
)
def test_terraform_is_asked_where_anything_may_have_changed(
    world: World, change: Callable[[World], None]
) -> None:
    world.target.changed = 7
    up(world)
    change(world)
    world.terraform.calls.clear()
    up(world)
    assert world.terraform.calls == ["init", f"apply {LOCAL.endpoint_url}"]


def test_what_is_edited_while_terraform_works_is_applied_the_next_time(world: World) -> None:
    world.target.changed = 7
    world.terraform.edited = "edited meanwhile"
    up(world)
    world.terraform.calls.clear()
    up(world)
    assert world.terraform.calls == ["init", f"apply {LOCAL.endpoint_url}"]


@pytest.mark.parametrize(("changed", "asked"), [(7, False), (8, True)])
def test_what_a_quick_apply_did_not_look_at_is_looked_at_the_next_time(
    world: World, changed: int, *, asked: bool
) -> None:
    world.target.changed = 7
    up(world)
    world.terraform.source, world.target.changed = "another", changed
    Up(world.context())(assume_yes=True, is_quick=True)
    world.terraform.calls.clear()
    up(world)
    assert bool(world.terraform.calls) is asked


class MovingStateStore(FakeStateStore):
    """A state store that moves the state to S3: then an apply has no fingerprint."""

    def __init__(self, world: World) -> None:
        super().__init__(world.workspace)
        self._world = world

    def settle(self, console: Console, *, assume_yes: bool) -> None:
        workspace = self._world.workspace
        workspace.records.keep_backend(Backend("states", "sagestep", "us-west-2"))
        workspace.state_path.rename(workspace.remote_copy_path)
        self._world.terraform.source = "in S3"


def test_after_the_state_has_moved_to_s3_terraform_is_asked(world: World) -> None:
    world.target.changed = 7
    up(world)
    world.terraform.calls.clear()
    world.state_store = MovingStateStore(world)
    up(world)
    assert world.terraform.calls == ["init", f"apply {LOCAL.endpoint_url}"]


def test_after_an_apply_that_failed_terraform_is_asked(world: World) -> None:
    world.target.changed = 7
    up(world)
    world.terraform.failure = TerraformError("failed")
    with pytest.raises(TerraformError):
        Up(world.context())(assume_yes=True, refresh=True)
    world.terraform.failure = None
    world.terraform.calls.clear()
    up(world)
    assert world.terraform.calls == ["init", f"apply {LOCAL.endpoint_url}"]


def test_each_resource_is_told_with_its_seconds(world: World) -> None:
    up(world)
    assert "created aws_sqs_queue.dlq  25 s" in world.screen.text


def test_the_state_of_an_earlier_local_cloud_is_removed_before_terraform_sees_it(world: World) -> None:
    world.deploy(replace(LOCAL, instance="an earlier one"))
    up(world)
    assert "2 resources, was removed" in world.screen.text
    assert "2 added" in world.screen.text


def test_the_state_of_this_local_cloud_is_kept(world: World) -> None:
    world.deploy(LOCAL)
    up(world)
    assert "removed" not in world.screen.text


def test_another_account_is_refused_before_terraform_looks_there(world: World) -> None:
    world.deploy(AWS)
    world.target.deployment = replace(AWS, account_id="999999999999")
    with pytest.raises(CredentialsError, match="123456789012"):
        up(world)
    assert world.terraform.calls == ["init"]
    assert world.workspace.deployment() == AWS


def test_another_region_is_refused(world: World) -> None:
    world.deploy(AWS)
    world.target.deployment = replace(AWS, region="eu-west-1")
    with pytest.raises(WrongUseError, match="eu-west-1"):
        up(world)


def test_what_was_asked_is_remembered_even_if_terraform_fails(world: World) -> None:
    """Else `down` would not know where the half of it that exists is."""
    world.terraform.failure = TerraformError("failed")
    with pytest.raises(TerraformError):
        up(world)
    assert world.workspace.deployment() == LOCAL


def test_a_failing_start_of_the_target_ends_terraform_too(world: World) -> None:
    class Broken(FakeTarget):
        def start(self) -> Deployment:
            raise KeyboardInterrupt

    world.target = Broken()
    with pytest.raises(KeyboardInterrupt):
        up(world)
    assert world.terraform.calls[-1] == "interrupt"


def test_a_disposable_target_is_emptied_if_creations_were_cut_off(world: World) -> None:
    world.terraform.failure = InterruptedByUserError("interrupted", cut_off=("aws_iam_role.lambda",))
    with pytest.raises(InterruptedByUserError, match="starts an empty one"):
        up(world)
    assert world.target.stopped == 1


@pytest.mark.parametrize(("cut_off", "disposable"), [((), True), (("aws_iam_role.lambda",), False)])
def test_otherwise_an_interruption_leaves_the_target_alone(
    world: World, cut_off: tuple[str, ...], disposable: bool
) -> None:
    world.target.is_disposable = disposable
    world.terraform.failure = InterruptedByUserError("interrupted", cut_off=cut_off)
    with pytest.raises(InterruptedByUserError):
        up(world)
    assert world.target.stopped == 0


def cut_off(world: World) -> None:
    """Leave what an `invoke up` leaves that was killed in the middle of a creation."""
    world.deploy(world.target.deployment)
    world.workspace.creations.on_event(ResourceEvent(Phase.STARTED, "aws_iam_role.lambda", "create"))


def test_after_a_kill_in_the_middle_of_a_creation_the_local_cloud_begins_anew(world: World) -> None:
    cut_off(world)
    up(world)
    assert world.target.stopped == 1
    assert "interrupted while it created aws_iam_role.lambda" in world.screen.text
    up(world)
    assert world.target.stopped == 1


def test_after_a_kill_elsewhere_the_user_is_told_what_may_exist_until_it_is_created(world: World) -> None:
    world.target = FakeTarget(AWS, is_disposable=False)
    cut_off(world)
    world.terraform.failure = TerraformError("EntityAlreadyExists")
    for _ in range(2):
        with pytest.raises(TerraformError):
            up(world)
    assert world.screen.text.count("delete that one") == 2
    world.terraform.failure = None
    up(world)
    up(world)
    assert world.screen.text.count("delete that one") == 3
    assert world.target.stopped == 0


def test_two_at_once_are_refused(world: World) -> None:
    with world.workspace.lock("invoke up"), pytest.raises(BusyError, match="process"):
        up(world)
    assert world.terraform.calls == []


def test_the_next_step_names_the_target(world: World) -> None:
    world.workspace = Workspace(world.workspace.directory.with_name("aws"))
    world.terraform.workspace = world.workspace
    world.target.deployment = AWS
    up(world)
    assert "invoke run-pipeline --target aws" in world.screen.text


@pytest.mark.parametrize(
    ("limits", "targeted"), [(None, [()]), (["aws_sqs_queue.dlq"], [("aws_sqs_queue.dlq",)])]
)
def test_it_can_be_limited_once_it_is_known_what_is_where(
    world: World, limits: list[str] | None, targeted: list[tuple[str, ...]]
) -> None:
    asked: list[Deployment] = []

    def narrow(deployment: Deployment) -> list[str] | None:
        asked.append(deployment)
        return limits

    Up(world.context())(assume_yes=True, narrow=narrow)
    assert asked == [LOCAL]
    assert world.terraform.targeted == targeted


@pytest.mark.parametrize(("endpoint", "is_told"), [(None, True), ("http://127.0.0.1:4566", False)])
def test_the_pipelines_are_named_and_on_aws_that_images_are_to_be_pushed(
    world: World, endpoint: str | None, is_told: bool
) -> None:
    world.target.deployment = replace(AWS, endpoint_url=endpoint)
    world.terraform.outputs = {**OUTPUTS, **WORKFLOWS}
    up(world)
    assert ("invoke image, which pushes them" in world.screen.text) is is_told
    assert "pipeline geospatial (default): Turns coordinates into addresses" in world.screen.text


def test_where_nothing_is_to_be_done_terraform_is_not_asked(world: World) -> None:
    world.deploy()
    Up(world.context())(assume_yes=True, narrow=lambda _: [])
    assert world.terraform.targeted == []
    assert "nothing was changed" in world.screen.text
    assert world.workspace.outputs().bucket_name == OUTPUTS["bucket_name"]
