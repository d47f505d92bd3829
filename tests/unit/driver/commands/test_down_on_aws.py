from dataclasses import replace

import pytest

from driver.commands.down import Down
from driver.deployments.groups import NAMES, group_resources
from driver.model.exceptions import DeclinedError, TerraformError
from tests.unit.driver.fakes import AWS, Screen, World


def down(world: World, *, yes: bool = True, keep: str = "") -> None:
    Down(world.context())(assume_yes=yes, keep=keep)


def groups(world: World) -> list[str]:
    return [group.name for group in group_resources(world.workspace.resources())]


def test_account_and_region_are_shown_before_a_part_is_destroyed(world: World) -> None:
    world.target.deployment = AWS
    world.deploy(AWS, workflows=True)
    world.terraform.failure = TerraformError("no")
    with pytest.raises(TerraformError):
        down(world, keep="bucket")
    assert f"account {AWS.account_id}, region us-west-2" in world.screen.text


@pytest.mark.parametrize("answer", ["y", "", "yes please"])
def test_many_resources_on_aws_need_a_yes_typed_in_full(world: World, answer: str) -> None:
    world.target.deployment = AWS
    world.deploy(AWS, workflows=True)
    world.screen = Screen(["a", answer])
    with pytest.raises(DeclinedError, match="did not type yes"):
        down(world, yes=False)
    assert groups(world) == list(NAMES)
    number = len(world.workspace.resources())
    place = f"account {AWS.account_id}, region us-west-2"
    assert (
        world.screen.asked[-1] == f"Destroy all this? {number} resources in {place}. Only yes is accepted: "
    )
    world.screen = Screen(["a", "yes"])
    world.terraform.failure = TerraformError("it was asked to")
    with pytest.raises(TerraformError):
        down(world, yes=False)


def test_few_resources_on_aws_need_no_more_than_a_y(world: World) -> None:
    world.target.deployment = AWS
    world.deploy(AWS)
    world.screen = Screen(["a", "y"])
    down(world, yes=False)
    assert world.screen.asked[-1] == "Destroy all this? [y/N] "


def test_objects_and_images_may_be_deleted_only_once_that_was_agreed_to(world: World) -> None:
    world.target.deployment = AWS
    world.deploy(AWS, workflows=True)
    down(world)
    apply, destroy = (call for call in world.terraform.calls if call != "init")
    assert (apply, destroy) == ("apply None", "destroy None")
    held, _ = world.terraform.targeted
    assert {address.split(".")[-2] for address in held} == {"aws_s3_bucket", "aws_ecr_repository"}


@pytest.mark.parametrize(
    ("is_forbidden", "keep"), [(True, ""), (False, "bucket,images")], ids=["by a setting", "kept"]
)
def test_objects_and_images_that_may_not_go_stay(world: World, keep: str, *, is_forbidden: bool) -> None:
    deployment = replace(AWS, variables={"force_destroy": False}) if is_forbidden else AWS
    world.target.deployment = deployment
    world.deploy(deployment, workflows=True)
    down(world, keep=keep)
    assert not [call for call in world.terraform.calls if call.startswith("apply")]
