import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from driver.deployments.cloud_environment import CloudEnvironment
from driver.deployments.local_cloud import LocalCloud
from driver.deployments.workspace import Workspace
from driver.executions.readers import ANSWER_STEP
from driver.executions.watching import Watch
from driver.host.environments import Environments
from driver.host.interpreters import this_interpreter
from driver.model.status import StateMachineStatus, Status
from driver.settings.project import Project
from tests.unit.driver.fake_machine import Machine
from tests.unit.driver.fakes import FAULT, ID, PIPELINE, STEP, World, execution, step


@pytest.fixture(autouse=True)
def _no_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests says nothing of how wide a terminal is."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(Workspace(tmp_path / "local"))


@pytest.fixture
def watched(world: World) -> Callable[[str], Watch]:
    """Begins to watch an execution of a deployment that has workflows."""
    world.deploy(workflows=True)
    deployed = world.context().deployed
    return lambda arn: Watch(deployed, arn)


@pytest.fixture
def coordinates(tmp_path: Path) -> Path:
    path = tmp_path / "my places.csv"
    path.write_text("Longitude,Latitude\n-149.9,61.2\n13.4,52.5\n")
    return path


@pytest.fixture
def succeeding(world: World) -> World:
    """A deployment where the next execution succeeds within three seconds."""
    world.deploy()
    world.pipelines.plays(execution(ID, Status.EXECUTING), step(STEP, Status.EXECUTING))
    steps = step(STEP, Status.SUCCEEDED), step(ANSWER_STEP, Status.SUCCEEDED)
    world.pipelines.plays(execution(ID, Status.SUCCEEDED), *steps, since=2.5)
    output = {"pipelineExecutionArn": f"{PIPELINE}/execution/{ID}", "results": {"vej_status": "COMPLETED"}}
    world.state_machine_plays(StateMachineStatus.SUCCEEDED, since=2.4, output=json.dumps(output))
    return world


@pytest.fixture
def failing(world: World) -> World:
    """A deployment where the next execution fails in its first step."""
    world.deploy()
    world.pipelines.plays(execution(ID, Status.EXECUTING))
    failed = execution(ID, Status.FAILED, "Step failure: One or multiple steps failed.")
    world.pipelines.plays(failed, step(STEP, Status.FAILED, FAULT), since=1.5)
    cause = f"Step {STEP} failed: {FAULT}\nStep failure: One or multiple steps failed."
    world.state_machine_plays(
        StateMachineStatus.FAILED, since=1.6, error="PipelineExecutionFailed", cause=cause
    )
    return world


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def waits() -> list[str]:
    """What was shown while something was waited for."""
    return []


@pytest.fixture
def make_cloud(tmp_path: Path, machine: Machine, waits: list[str]) -> Callable[[], LocalCloud]:
    python = tmp_path / "localcloud/.venv/bin/python"
    python.parent.mkdir(parents=True)
    python.touch()
    environ = {"PATH": "/bin", "HOME": "/home/me", "AWS_SECRET_ACCESS_KEY": "secret", "PYTHONPATH": "/x"}

    @contextmanager
    def working(text: str) -> Iterator[None]:
        waits.append(text)
        yield

    cloud_environment = CloudEnvironment(
        tmp_path, Environments(tmp_path, environ), this_interpreter, working, is_checkout=True
    )

    def make() -> LocalCloud:
        return LocalCloud(
            tmp_path / "local",
            Project(tmp_path, tmp_path),
            cloud_environment,
            environ,
            machine,
            working=working,
            fetch_info=machine.info,
            clock=lambda: machine.now,
            sleep=machine.sleep,
        )

    return make
