"""Stacks for the tests: made on request, destroyed at the end."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from driver.commands.cached_snapshots import CachedSnapshots
from driver.commands.context import Context
from driver.host.console import Console
from driver.settings.settings import Settings
from tests.conftest import FROM_SNAPSHOT
from tests.integration.images import folder_for_programs, write_registry
from tests.integration.stack import UP_ENDED, Stack, free_port, local_cloud
from tests.integration.wire import Cloud, fail_step, get, join, lambda_step


@pytest.fixture(scope="session")
def new_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Stack]]:
    """Make stacks; each is destroyed at the end, however its test ended."""
    made: list[Stack] = []

    def make(env: str = "") -> Stack:
        stack = Stack(tmp_path_factory.mktemp("home"), free_port(), env=env)
        made.append(stack)
        return stack

    yield make
    for stack in made:
        stack.invoke("down", "--yes", expect=None)


@pytest.fixture(scope="session")
def deployed(new_stack: Callable[[], Stack], pytestconfig: pytest.Config) -> Stack:
    """The stack that most tests share: deployed once, by `invoke up`, or from a snapshot if so asked."""
    stack = new_stack()
    snapshots = _snapshots_of(stack) if pytestconfig.getoption(FROM_SNAPSHOT) else None
    if not (snapshots and snapshots.start()):
        stack.invoke("up")
        if snapshots:
            snapshots.keep()
    (stack.home / UP_ENDED).touch()
    return stack


def _snapshots_of(stack: Stack) -> CachedSnapshots:
    environment, console = stack.environment, Console(out=io.StringIO(), err=io.StringIO())
    return CachedSnapshots(Context(Settings.resolve(stack.project, {}, environment), console, environment))


@pytest.fixture(scope="session")
def ending(deployed: Stack) -> Stack:
    """The same stack, for the test that ends it: tests/conftest.py has that run last."""
    return deployed


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    folder = tmp_path_factory.mktemp("sagemaker")
    with local_cloud(folder, "--iam", "enforce", "--images", str(write_registry(folder))) as port:
        yield Cloud(folder, port)


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """A folder of this machine that programs in containers see, too."""
    with folder_for_programs() as folder:
        yield folder


@pytest.fixture(scope="session")
def echo(cloud: Cloud) -> str:
    """A function that answers with its event, and with the same once more as a text in `event`."""
    return cloud.function()


@pytest.fixture(scope="session")
def branching(cloud: Cloud, echo: str) -> str:
    """Two functions that wait for each other, a decision about their outputs, and what follows from it."""
    number, flag = get("Steps.left.OutputParameters['number']"), get("Steps.right.OutputParameters['flag']")
    meeting = {"folder": get("Parameters.folder"), "meet": 2}
    sentence = join(" ", get("Execution.PipelineName"), "counted", number, flag)
    branches = {
        "Conditions": [
            {"Type": "GreaterThan", "LeftValue": number, "RightValue": get("Parameters.limit")},
            {"Type": "Equals", "LeftValue": flag, "RightValue": True},
        ],
        "IfSteps": [
            lambda_step("tell", echo, {"event": "String"}, number=number, flag=flag, sentence=sentence)
        ],
        "ElseSteps": [fail_step("give-up", sentence)],
    }
    return cloud.create(
        lambda_step("left", echo, {"number": "Integer"}, number=3, **meeting),
        lambda_step("right", echo, {"flag": "Boolean"}, flag=True, **meeting),
        {"Name": "decide", "Type": "Condition", "Arguments": branches},
        parameters=[{"Name": "folder"}, {"Name": "limit", "Type": "Integer", "DefaultValue": 2}],
    )
