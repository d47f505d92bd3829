from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from driver.commands.image import PushImages
from driver.host.programs import HostPrograms
from driver.model.exceptions import EnvironmentNotReadyError, NotDeployedError, WorkFailedError, WrongUseError
from driver.model.values import DeployedImage, Outputs
from driver.settings.project import Project
from tests.unit.driver.fakes import AWS, OUTPUTS, ROOT, World

REGISTRY = "000000000000.dkr.ecr.us-west-2.amazonaws.com"
URI = f"{REGISTRY}/sagestep-scikit:latest"


@dataclass
class Docker(HostPrograms):
    """Programs of which docker is one, where some commands fail."""

    failing: tuple[str, ...] = ()
    is_there: bool = True
    commands: list[list[str]] = field(default_factory=list)
    passwords: list[str] = field(default_factory=list)

    def find(self, name: str) -> bool:
        return self.is_there and name == "docker"

    def run(self, command: Sequence[str]) -> int:
        self.commands.append(list(command))
        return 7 if command[1] in self.failing else 0

    def ask(self, command: Sequence[str], text: str = "") -> tuple[int, str]:
        self.commands.append(list(command))
        self.passwords += [text] if text else []
        return (1, "no engine") if command[1] in self.failing else (0, "27")


def push(world: World, docker: Docker, name: str | None = None, project: Path = ROOT) -> None:
    world.programs = docker
    context = world.context()
    PushImages(replace(context, settings=replace(context.settings, project=Project(project))))(name)


@pytest.fixture
def on_aws(world: World) -> World:
    world.deploy(AWS, workflows=True)
    world.target.deployment = AWS
    return world


def test_the_image_is_built_for_sagemaker_and_pushed_where_workflows_take_it(on_aws: World) -> None:
    docker = Docker()
    push(on_aws, docker)
    assert [command[1] for command in docker.commands] == ["version", "buildx", "login", "push"]
    build = " ".join(docker.commands[1])
    assert "--platform linux/amd64" in build
    assert "--provenance=false --output type=docker" in build
    assert build.endswith(f"--tag {URI} {ROOT / 'resources/images/scikit'}")
    assert docker.commands[2][-1] == URI.partition("/")[0]
    assert docker.passwords == ["secret"]
    assert "secret" not in str(docker.commands)
    assert f"pushed {URI}" in on_aws.screen.text


@pytest.mark.parametrize(
    ("docker", "error", "words"),
    [
        (Docker(is_there=False), EnvironmentNotReadyError, "no Docker"),
        (Docker(failing=("version",)), EnvironmentNotReadyError, "no engine"),
        (Docker(failing=("buildx",)), WorkFailedError, "could not build"),
        (Docker(failing=("login",)), WorkFailedError, "cannot log in"),
        (Docker(failing=("push",)), WorkFailedError, "could not push"),
    ],
)
def test_what_docker_cannot_do_is_told(
    on_aws: World, docker: Docker, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        push(on_aws, docker)


def test_locally_no_image_is_needed(world: World) -> None:
    world.deploy(workflows=True)
    with pytest.raises(WrongUseError, match="--target aws"):
        push(world, Docker())


@pytest.fixture
def project(tmp_path: Path, on_aws: World) -> Path:
    """A project of three images, of which the last has no Dockerfile; the first two are deployed."""
    for name in ("first", "second", "third"):
        folder = tmp_path / "project/resources/images" / name
        folder.mkdir(parents=True)
        (folder / "image.yaml").write_text("")
        if name != "third":
            (folder / "Dockerfile").write_text("FROM scratch\n")
    images = {
        name: {"uri": f"{REGISTRY}/x-{name}:latest", "repository_url": f"{REGISTRY}/x-{name}"}
        for name in ("first", "second")
    }
    on_aws.workspace.keep_outputs({**OUTPUTS, "images": images})
    return tmp_path / "project"


def test_each_image_goes_into_its_own_repository(on_aws: World, project: Path) -> None:
    docker = Docker()
    push(on_aws, docker, project=project)
    assert [command[1] for command in docker.commands] == [
        *("version", "buildx", "buildx", "login", "push", "push")
    ]
    assert docker.commands[2][-2:] == [
        f"{REGISTRY}/x-second:latest",
        str(project / "resources/images/second"),
    ]
    assert docker.commands[-1][-1] == f"{REGISTRY}/x-second:latest"
    assert "image third has no Dockerfile" in on_aws.screen.text


def test_one_image_is_pushed_where_it_is_named(on_aws: World, project: Path) -> None:
    docker = Docker()
    push(on_aws, docker, "second", project)
    assert [command[-1] for command in docker.commands if command[1] == "push"] == [
        f"{REGISTRY}/x-second:latest"
    ]


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("fourth", WrongUseError, "no image 'fourth' in the project. It has first, second, third"),
        ("third", WrongUseError, "no Dockerfile in resources/images/third"),
    ],
)
def test_an_image_that_cannot_be_built_is_not_asked_of_docker(
    on_aws: World, project: Path, name: str, error: type[Exception], words: str
) -> None:
    docker = Docker()
    with pytest.raises(error, match=words):
        push(on_aws, docker, name, project)
    assert docker.commands == []


def test_an_image_that_was_added_since_has_no_repository_yet(on_aws: World, project: Path) -> None:
    (project / "resources/images/third/Dockerfile").write_text("FROM scratch\n")
    docker = Docker()
    with pytest.raises(NotDeployedError, match=r"repository for the image third\. Those .*: first, second"):
        push(on_aws, docker, project=project)
    assert docker.commands == []


def test_a_deployment_of_an_older_version_has_one_image() -> None:
    outputs = Outputs.read({**OUTPUTS, "image_uri": "r/x:latest", "image_repository_url": "r/x"})
    assert outputs.images == {"scikit": DeployedImage("r/x:latest", "r/x")}


def test_programs_of_this_machine_are_run() -> None:
    programs = HostPrograms()
    assert programs.find("sh")
    assert not programs.find("no-such-program")
    assert programs.ask(["sh", "-c", "cat; exit 3"], "hello") == (3, "hello")
    assert programs.run(["sh", "-c", "exit 4"]) == 4
