from pathlib import Path

import pytest

from driver.commands.sync import Sync
from driver.model.exceptions import NotDeployedError, TerraformError
from driver.settings.project import Project
from driver.settings.settings import Settings
from tests.unit.driver.fakes import World


class Enough(Exception):  # noqa: N818 - ends the watching, as Ctrl-C does
    pass


@pytest.fixture
def project(world: World, tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    (folder / "resources").mkdir(parents=True)
    (folder / "lambda_src").mkdir()
    (folder / "resources/a.json").write_text("{}")
    world.settings = Settings(Project(folder), tmp_path / ".sagestep")
    world.deploy()
    return folder


def quick(world: World) -> int:
    return sum(call.startswith("quick apply") for call in world.terraform.calls)


def test_the_source_is_applied_without_asking_for_each_resource(world: World, project: Path) -> None:
    Sync(world.context())(assume_yes=True, watch=False)
    assert quick(world) == 1
    assert "took" in world.screen.text


def test_nothing_deployed_says_what_to_run(world: World) -> None:
    with pytest.raises(NotDeployedError, match="invoke up"):
        Sync(world.context())(assume_yes=True, watch=False)


def test_each_change_is_applied_and_a_failure_waits_for_the_next(world: World, project: Path) -> None:
    looks = iter(range(4))

    def sleep(_: float) -> None:
        match next(looks):
            case 1:
                world.terraform.failure = TerraformError("Terraform failed.", "A comma is missing.")
                (project / "resources/a.json").write_text("{,}")
            case 2:
                world.terraform.failure = None
                (project / "resources/b.json").write_text("{}")
            case 3:
                raise Enough

    with pytest.raises(Enough):
        Sync(world.context(), sleep)(assume_yes=True, watch=True)
    assert quick(world) == 3
    assert "A comma is missing." in world.screen.errors
