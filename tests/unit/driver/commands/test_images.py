import pytest

from driver.commands.images import ImageRequest, Images
from driver.commands.up import Up
from driver.model.exceptions import EnvironmentNotReadyError, WrongUseError
from tests.unit.driver.documents import Program
from tests.unit.driver.fakes import AWS, World

URI = "123456789012.dkr.ecr.us-west-2.amazonaws.com/sagestep-scikit:latest"


def test_images_are_shown_and_told_to_the_local_cloud(world: World) -> None:
    Images(world.context())(ImageRequest())
    assert "scikit: scikit-learn, with programs" in world.screen.text
    assert "not made yet (Python >=3.11)" in world.screen.text
    assert '"*/*-scikit:*"' in (world.workspace.directory / "images.toml").read_text("utf-8")


def test_the_image_that_stands_for_a_uri_is_shown_in_full(world: World) -> None:
    Images(world.context())(ImageRequest(uri=URI))
    assert "train        python train.py" in world.screen.text
    assert "Dockerfile" in world.screen.text


def test_as_a_document(world: World) -> None:
    program = Program()
    Images(world.context(program.console))(ImageRequest(name="scikit", clean=True))
    document = program.document("images")
    assert [image["name"] for image in document["images"]] == ["scikit"]


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (ImageRequest(name="nobody"), "There is no image 'nobody'"),
        (ImageRequest(uri="host/nobody:1"), "No image stands for host/nobody:1"),
    ],
)
def test_what_there_is_not_is_refused(world: World, request_: ImageRequest, text: str) -> None:
    with pytest.raises(WrongUseError, match=text):
        Images(world.context())(request_)


def test_build_makes_the_environments_of_the_project_or_the_one_that_is_named(world: World) -> None:
    Images(world.context())(ImageRequest(build=True))
    assert world.environments == ["scikit"]
    Images(world.context())(ImageRequest(name="scikit", build=True))
    assert world.environments == ["scikit", "scikit"]


def test_up_makes_the_environments_and_goes_on_where_it_cannot(world: World) -> None:
    Up(world.context())(assume_yes=True)
    assert world.environments == ["scikit"]
    world.no_environment = EnvironmentNotReadyError("It cannot be made.", "lines of pip", "Connect.")
    Up(world.context())(assume_yes=True)
    assert "! It cannot be made. Connect." in world.screen.text


def test_on_aws_no_environment_is_made(world: World) -> None:
    world.target.is_disposable = False
    world.target.deployment = AWS
    Up(world.context())(assume_yes=True)
    assert world.environments == []
    assert not (world.workspace.directory / "images.toml").exists()
