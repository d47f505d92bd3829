import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from driver.commands.run_several import RunSeveral
from driver.executions.input_files import InputFile
from driver.executions.preparing import Asked
from driver.model.exceptions import CoordinatesError, ExecutionFailedError, InterruptedByUserError
from driver.model.status import StateMachineStatus, Status
from driver.model.values import StateMachineExecution, StoredObject
from tests.unit.driver.fake_services import FakePipelines, FakeStateMachines
from tests.unit.driver.fakes import OUTPUTS, FakeStorage, World, execution, run
from tests.unit.driver.orders import order

SECONDS = {"a": 5, "b": 9, "c": 2, "d": 1}  # how long each file's execution takes
FAILING = {"b"}
STUCK = {"d"}


class Machines(FakeStateMachines):
    """A state machine whose executions take their file's time and end as it says."""

    listings = 0
    most_at_once = 0

    def start(self, state_machine_arn: str, name: str, inputs: Mapping[str, object]) -> str:
        parameters = inputs["parameters"]
        assert isinstance(parameters, dict)
        source = json.loads(parameters["parameter_vej_input_config"])["DataSourceConfig"]["S3Data"]["S3Uri"]
        file = Path(source).stem
        now, pipeline = self.pipelines.clock(), f"pipeline{file}"
        self.pipelines.plays(execution(pipeline, Status.SUCCEEDED))
        self.pipelines.start("", name, parameters)
        running = run(name, StateMachineStatus.RUNNING, pipeline=pipeline)
        self.plays(running, since=now)
        if file in FAILING:
            end = replace(
                running, status=StateMachineStatus.FAILED, error="States.TaskFailed", cause=f"{file} broke"
            )
            self.plays(end, since=now + SECONDS[file])
        elif file not in STUCK:
            self.plays(replace(running, status=StateMachineStatus.SUCCEEDED), since=now + SECONDS[file])
        return running.arn

    def executions(self, state_machine_arn: str, status: StateMachineStatus | None = None) -> object:  # type: ignore[override]
        self.listings += 1
        found: list[StateMachineExecution] = list(super().executions(state_machine_arn, status))
        at_once = sum(not execution.status.is_terminal for execution in found)
        self.most_at_once = max(self.most_at_once, at_once)
        return iter(found)


@pytest.fixture
def machines(world: World) -> Machines:
    world.deploy(world.target.deployment)
    world.workspace.keep_outputs(OUTPUTS)
    machines = Machines(FakePipelines(lambda: world.now, world.storage.objects))
    world.pipelines, world.state_machines = machines.pipelines, machines
    return machines


class Refusing(FakeStorage):
    """A bucket that does not take one of the files."""

    def upload(self, path: Path, bucket: str, key: str, on_bytes: Callable[[int], None]) -> None:
        if path.stem == "c":
            raise OSError(28, "No space left on device", str(path))
        super().upload(path, bucket, key, on_bytes)


class Left(FakeStorage):
    """A bucket whose user presses Ctrl-C when the first result is about to be fetched."""

    def newest(self, bucket: str, prefix: str) -> StoredObject | None:
        raise KeyboardInterrupt


def files(folder: Path, names: str) -> list[InputFile]:
    made = []
    for name in names:
        path = folder / f"{name}.csv"
        path.write_text("Longitude,Latitude\n-149.9,61.2\n13.4,52.5\n")
        made.append(InputFile(path.name, path))
    return made


def several(world: World, inputs: list[InputFile], *, parallel: int = 2, timeout: float = 60) -> None:
    command = RunSeveral(world.context())
    command(Asked(order(world), inputs), timeout, parallel)


def test_all_have_their_results_and_no_more_run_at_once_than_may(
    world: World, machines: Machines, tmp_path: Path
) -> None:
    several(world, files(tmp_path, "ac"), parallel=1)
    assert "2 of 2 succeeded: 4 rows" in world.screen.text
    assert machines.most_at_once == 1
    assert len(world.workspace.runs()) == 2
    assert "Uploading" not in world.screen.text


def test_one_failure_does_not_hide_the_others_results(
    world: World, machines: Machines, tmp_path: Path
) -> None:
    with pytest.raises(ExecutionFailedError) as raised:
        several(world, files(tmp_path, "abc"), parallel=3)
    assert "1 input of 3 without a result" in str(raised.value)
    assert "b.csv: " in str(raised.value)
    assert "b broke" in str(raised.value)
    assert "2 of 3 succeeded: 4 rows" in world.screen.text
    assert re.search(r"a\.csv +succeeded +2 +[0-9.]+ s +run-\S+/results_0\.csv", world.screen.text)


def test_a_look_is_one_request_however_many_run(world: World, machines: Machines, tmp_path: Path) -> None:
    several(world, files(tmp_path, "ac"), parallel=2)
    assert machines.listings <= max(SECONDS["a"], SECONDS["c"]) + 1


def test_one_that_does_not_end_in_time_is_left_running(
    world: World, machines: Machines, tmp_path: Path
) -> None:
    with pytest.raises(ExecutionFailedError, match="did not end within 4 seconds and is still running"):
        several(world, files(tmp_path, "dc"), timeout=4)
    assert "1 of 2 succeeded" in world.screen.text
    assert machines.stops == []


def test_a_bad_file_is_named_before_anything_is_uploaded(
    world: World, machines: Machines, tmp_path: Path
) -> None:
    inputs = files(tmp_path, "abc")
    inputs[1].path.write_text("Longitude,Latitude\n500,1\n")
    inputs[2].path.write_text("nothing\n")
    with pytest.raises(CoordinatesError) as raised:
        several(world, inputs)
    assert "2 files of 3 cannot be used; nothing was uploaded" in str(raised.value)
    assert all(name in str(raised.value) for name in ("b.csv", "c.csv"))
    assert world.storage.objects == {}


def test_an_upload_that_fails_is_that_files_failure(world: World, machines: Machines, tmp_path: Path) -> None:
    inputs = files(tmp_path, "ac")
    world.storage = Refusing(world.storage.objects)
    with pytest.raises(ExecutionFailedError, match="No space left on device"):
        several(world, inputs)
    assert "1 of 2 succeeded" in world.screen.text


def test_whoever_leaves_is_told_what_goes_on(world: World, machines: Machines, tmp_path: Path) -> None:
    world.storage = Left(world.storage.objects)
    with pytest.raises(InterruptedByUserError) as raised:
        several(world, files(tmp_path, "acb"))
    assert "You left 2 executions" in str(raised.value)
    assert "Ended: 0. Not started: 1." in str(raised.value)
