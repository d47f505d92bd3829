from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from driver.commands.image import PushImage
from driver.host.programs import HostPrograms
from driver.model.exceptions import EnvironmentNotReadyError, NotDeployedError, WorkFailedError, WrongUseError
from tests.unit.driver.fakes import AWS, OUTPUTS, ROOT, WORKFLOWS, World

URI = str(WORKFLOWS["image_uri"])


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


def push(world: World, docker: Docker) -> None:
    world.programs = docker
    PushImage(world.context())()


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


def test_an_image_that_is_not_of_the_repository_is_not_pushed(on_aws: World) -> None:
    on_aws.workspace.keep_outputs({**OUTPUTS, **WORKFLOWS, "image_uri": "somewhere/else:1"})
    docker = Docker()
    with pytest.raises(NotDeployedError, match="somewhere/else:1"):
        push(on_aws, docker)
    assert docker.commands == []


def test_programs_of_this_machine_are_run() -> None:
    programs = HostPrograms()
    assert programs.find("sh")
    assert not programs.find("no-such-program")
    assert programs.ask(["sh", "-c", "cat; exit 3"], "hello") == (3, "hello")
    assert programs.run(["sh", "-c", "exit 4"]) == 4
