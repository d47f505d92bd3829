import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

import driver
from driver.api import Workflow
from driver.executions.workflow.schema import read_schema
from driver.model.exceptions import (
    DeadlineExceededError,
    ExecutionFailedError,
    NotDeployedError,
    WorkFailedError,
    WorkflowInputError,
    WrongUseError,
)
from tests.unit.driver.fakes import RUNS, World
from tests.unit.driver.histories import REASON, History, training

RESOURCES = Path(__file__).resolve().parents[3] / "resources"
TRAIN = RUNS.replace("run-pipeline", "train")


@pytest.fixture
def deployed(world: World) -> World:
    world.deploy(workflows=True)
    world.state_machines.next_history = training().events
    return world


@pytest.fixture
def train(deployed: World) -> Workflow:
    found = deployed.context().deployed
    schema = read_schema(RESOURCES / "workflows", "train", deployed.workspace.all_outputs())
    return Workflow(found, schema, RESOURCES)


def test_a_workflow_is_executed_and_its_output_waited_for(deployed: World, train: Workflow) -> None:
    execution = train.execute({"instance_count": 2}, name="my-run")
    assert execution.arn == f"{TRAIN}:my-run"
    assert deployed.state_machines.started_with[execution.arn] == {"instance_count": 2}
    assert len(deployed.storage.objects) == 1
    assert execution.output(wait=False) is None
    assert execution.output() == {"TrainingJobName": "sagestep-train-run-1", "é": 1}
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


def test_without_a_deployment_it_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAGESTEP_HOME", str(tmp_path))
    with pytest.raises(NotDeployedError, match="invoke up"):
        driver.Workflow.attach("train", target="local")


def test_nothing_of_it_is_loaded_before_it_is_used() -> None:
    code = (
        "import sys, driver.cli.command; assert not {'boto3', 'jsonschema', 'rich'} & set(sys.modules);"
        "driver.Execution; assert 'driver.api' in sys.modules"
    )
    root = RESOURCES.parent
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
    with pytest.raises(AttributeError, match="nothing"):
        getattr(driver, "not" + "hing")
