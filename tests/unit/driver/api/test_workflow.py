from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from driver.api.session import Session, silent
from driver.api.workflow import Workflow
from driver.model.exceptions import (
    DeadlineExceededError,
    ExecutionFailedError,
    WorkFailedError,
    WorkflowInputError,
    WrongUseError,
)
from tests.unit.driver.fakes import BUCKET, RUNS, World
from tests.unit.driver.histories import REASON, History, training

TRAIN = RUNS.replace("run-pipeline", "train")


@pytest.fixture
def deployed(world: World) -> World:
    world.deploy(workflows=True)
    world.state_machines.next_history = training().events
    return world


@pytest.fixture
def train(deployed: World) -> Workflow:
    return Workflow(Session(deployed.context(silent(None))), "train")


def test_a_workflow_is_executed_and_its_output_waited_for(deployed: World, train: Workflow) -> None:
    execution = train.execute({"instance_count": 2}, name="my-run")
    assert execution.arn == f"{TRAIN}:my-run"
    assert deployed.state_machines.started_with[execution.arn] == {"instance_count": 2}
    assert len(deployed.storage.objects) == 1
    assert execution.output(wait=False) is None
    output = {"TrainingJobName": "sagestep-train-run-1", "é": 1}
    assert execution.output() == execution.output(wait=False) == output
    assert repr(execution) == "<Execution train/my-run>"


def test_an_execution_tells_how_it_stands_and_what_happened(deployed: World, train: Workflow) -> None:
    execution = train.execute()
    described = execution.describe()
    assert (described.status, described.output, described.ended) == ("RUNNING", None, None)
    deployed.now = 10
    described = execution.describe()
    assert described.status == "SUCCEEDED"
    assert described.output["TrainingJobName"] == "sagestep-train-run-1"
    deployed.state_machines.page = 3
    assert [event.id for event in execution.events()] == list(range(1, 10))


def test_a_failure_names_state_and_reason(deployed: World, train: Workflow) -> None:
    deployed.state_machines.next_history = training(failures=3).events
    execution = train.execute()
    with pytest.raises(ExecutionFailedError, match=f"State Train: .*{REASON}"):
        execution.output()
    assert REASON in execution.describe().reason


def test_only_what_has_ended_is_downloaded(deployed: World, train: Workflow, tmp_path: Path) -> None:
    execution = train.execute()
    with pytest.raises(WrongUseError, match=r"still RUNNING.*Call wait first"):
        execution.download(tmp_path / "mine")
    assert not (tmp_path / "mine").exists()
    (path,) = execution.wait().download(tmp_path / "mine")
    assert "sagestep-train-run-1" in path.read_text()
    deployed.state_machines.next_history = training(failures=3).events
    with pytest.raises(ExecutionFailedError, match=REASON):
        train.execute().wait(check=False).download(tmp_path / "failed")


def test_waiting_has_an_end(deployed: World, train: Workflow) -> None:
    deployed.state_machines.next_history = training().events[:5]
    with pytest.raises(DeadlineExceededError, match="3 seconds"):
        train.execute().output(timeout=3)


def test_executions_are_found_by_status_and_name(deployed: World, train: Workflow) -> None:
    train.execute(name="one")
    deployed.now = 10
    deployed.state_machines.histories[f"{TRAIN}:two"] = History(training().events[:4]).events
    assert [found.name for found in train.executions("RUNNING")] == ["two"]
    assert len(train.executions()) == 2
    assert len(train.executions(limit=1)) == 1
    assert train.execution("one").arn == train.execution(f"{TRAIN}:one").arn == f"{TRAIN}:one"
    train.execution("two").stop()
    assert train.execution("two").describe().status == "ABORTED"
    with pytest.raises(WrongUseError, match="ABORTED"):
        train.executions("Running")


def test_what_cannot_be_started_is_refused_before_anything_is_done(deployed: World, train: Workflow) -> None:
    with pytest.raises(WorkflowInputError, match="instance_count"):
        train.execute({"instance_count": "x"})
    for name in ("", "two words", "x" * 33, "-x"):
        with pytest.raises(WrongUseError, match="cannot name"):
            train.execute(name=name)
    assert not deployed.storage.objects


def test_its_schema_is_a_copy(train: Workflow) -> None:
    train.schema["properties"].clear()
    assert "hyperparameters" in train.schema["properties"]
    assert repr(train) == "<Workflow train: Train a model>"


def test_errors_of_aws_are_told_in_the_drivers_words(
    deployed: World, train: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        error = {"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}
        raise ClientError(error, "StartExecution")  # type: ignore[arg-type]

    monkeypatch.setattr(deployed.state_machines, "start", refuse)
    with pytest.raises(WorkFailedError, match="too often"):
        train.execute()


def test_several_are_executed_side_by_side_and_waited_for(deployed: World, train: Workflow) -> None:
    first, second, third = train.execute_many([{"instance_count": n} for n in (1, 2, 1)], parallel=2)
    assert [one.status for one in (first, second, third)] == ["SUCCEEDED"] * 3
    assert deployed.state_machines.started_with[second.arn] == {"instance_count": 2}
    assert train.execute_many([]) == []
    with pytest.raises(WrongUseError, match="from 1 to 100"):
        train.execute_many([{}], parallel=0)
    with pytest.raises(WorkflowInputError, match="instance_count"):
        train.execute_many([{}, {"instance_count": "x"}])
    assert len(deployed.state_machines.started_with) == 3


def test_what_cannot_be_started_is_told_after_the_others_have_ended(
    deployed: World, train: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, count = deployed.state_machines.start, 0

    def refuse_the_second(*arguments: Any) -> str:
        nonlocal count
        count += 1
        if count == 2:
            raise WorkFailedError("StartExecution failed.", "too many")
        return start(*arguments)

    monkeypatch.setattr(deployed.state_machines, "start", refuse_the_second)
    with pytest.raises(ExecutionFailedError, match=r"1 execution of 3 .*input 2: .*too many.*train/run-"):
        train.execute_many([{}, {}, {}])
    assert [one.status for one in train.executions()] == ["SUCCEEDED"] * 2


def test_a_file_becomes_the_workflows_data(deployed: World, train: Workflow, tmp_path: Path) -> None:
    data = tmp_path / "my wine.csv"
    data.write_text("1,2\n")
    execution = train.execute(data=data, name="mine")
    (key,) = deployed.storage.objects
    assert key == f"{BUCKET}/workflows/data/mine/my_wine.csv"
    assert deployed.state_machines.started_with[execution.arn] == {
        "training_data": f"s3://{BUCKET}/workflows/data/mine/"
    }


def test_its_definition_is_drawn(deployed: World, train: Workflow) -> None:
    deployed.state_machines.definitions[train.arn] = {
        "StartAt": "Train",
        "States": {"Train": {"Type": "Pass"}},
    }
    assert "States" in train.definition
    assert "<svg" in train._repr_html_()
