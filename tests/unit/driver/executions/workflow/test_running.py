from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from driver.commands.executions import Attach, Executions, Stop
from driver.commands.run_workflow import Request, RunWorkflow
from driver.executions.starting import SAMPLE_KEY
from driver.model.exceptions import (
    DeadlineExceededError,
    ExecutionFailedError,
    InterruptedByUserError,
    NoAnswerError,
    NotDeployedError,
    WorkflowInputError,
    WrongUseError,
)
from tests.unit.driver.documents import Program
from tests.unit.driver.fakes import AWS, BUCKET, RUNS, World
from tests.unit.driver.histories import REASON, History, mapped, training

RESOURCES = Path(__file__).resolve().parents[5] / "resources"
TRAIN = RUNS.replace("run-pipeline", "train")


def run(world: World, workflow: str = "train", *, timeout: float = 60, **request: Any) -> None:
    command = RunWorkflow(world.context())
    command(Request(workflow, **request), timeout)


def started(world: World) -> tuple[str, dict[str, object]]:
    ((arn, inputs),) = world.state_machines.started_with.items()
    return arn, inputs


@pytest.fixture
def deployed(world: World) -> World:
    """A deployment where the next execution of any workflow trains well."""
    world.deploy(workflows=True)
    world.state_machines.next_history = training().events
    return world


def play(world: World, history: History, name: str = "run-1") -> None:
    """Let an execution of the workflow train have begun."""
    world.state_machines.histories[f"{TRAIN}:{name}"] = history.events


def test_nothing_need_be_given_the_sample_is_uploaded_once(deployed: World) -> None:
    run(deployed)
    arn, inputs = started(deployed)
    assert arn.startswith(f"{TRAIN}:run-")
    assert len(arn.rpartition(":")[2]) <= 32
    assert inputs == {}
    assert deployed.storage.objects == {f"{BUCKET}/{SAMPLE_KEY}": (RESOURCES / "wine.csv").read_text()}
    assert deployed.screen.text.count("uploaded the sample data") == 1
    run(deployed)
    assert deployed.screen.text.count("uploaded the sample data") == 1


def test_the_output_ends_it(deployed: World) -> None:
    run(deployed)
    text = deployed.screen.text
    assert "✓ Train (Task)  2.0 s" in text
    assert "SUCCEEDED after 2.5 s" in text
    assert text.endswith("\n\nTrainingJobName  sagestep-train-run-1\né                1\n")


def test_a_program_gets_the_output_as_a_document(deployed: World) -> None:
    program = Program()
    RunWorkflow(deployed.context(program.console))(Request("train"), 60)
    document = program.document("run")
    assert document["output"] == {"TrainingJobName": "sagestep-train-run-1", "é": 1}
    assert (document["status"], document["seconds"], document["files"]) == ("SUCCEEDED", 2.5, [])


def test_a_look_is_one_request_and_a_second_passes_before_each(deployed: World) -> None:
    run(deployed)
    times = [time for time, _ in deployed.pipelines.asked]
    assert times == [1.0, 2.0, 3.0]


def test_a_long_history_is_read_page_by_page(deployed: World) -> None:
    play(deployed, mapped())
    deployed.state_machines.page = 4
    Attach(deployed.context())("train/run-1", 60, 5)
    times = [time for time, _ in deployed.pipelines.asked]
    assert times == [float(second) for second in range(len(times))]
    assert len(times) == 6
    assert "Models[0]: succeeded" in deployed.screen.text
    assert "best  {}" in deployed.screen.text


def test_inputs_are_settled_before_anything_is_uploaded_or_started(deployed: World) -> None:
    with pytest.raises(WorkflowInputError, match="instance_count"):
        run(deployed, settings=["instance_count=many"])
    with pytest.raises(WrongUseError, match="train_many"):
        run(deployed, "trian")
    assert not deployed.storage.objects
    assert not deployed.state_machines.started_with


def test_settings_take_the_place_of_inputs(deployed: World) -> None:
    run(deployed, inputs='{"instance_count": 1}', settings=["instance_count=2", "hyperparameters.n=3"])
    assert started(deployed)[1] == {"instance_count": 2, "hyperparameters": {"n": "3"}}


def test_a_file_of_ones_own_is_uploaded_and_used(deployed: World, tmp_path: Path) -> None:
    data = tmp_path / "my data.csv"
    data.write_text("a,target\n1,0\n")
    run(deployed, "train-many", data=data)
    arn, inputs = started(deployed)
    folder = f"workflows/data/{arn.rpartition(':')[2]}"
    assert inputs == {"training_data": f"s3://{BUCKET}/{folder}/"}
    assert deployed.storage.objects == {f"{BUCKET}/{folder}/my_data.csv": data.read_text()}


def test_data_that_cannot_be_used_is_refused(deployed: World, tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    with pytest.raises(WorkflowInputError, match="no such file"):
        run(deployed, data=data)
    data.write_text("")
    with pytest.raises(WorkflowInputError, match="takes no data"):
        run(deployed, "deploy_model", data=data)
    with pytest.raises(WorkflowInputError, match="given twice"):
        run(deployed, data=data, settings=["training_data=s3://b-b/x"])


def test_a_failed_job_is_told_by_its_state_and_its_reason(deployed: World) -> None:
    deployed.state_machines.next_history = training(failures=3).events
    with pytest.raises(ExecutionFailedError) as raised:
        run(deployed)
    error = raised.value
    assert "ended FAILED" in error.what
    assert error.why.splitlines()[0] == (f"State Train: States.TaskFailed: sagestep-train-run-1: {REASON}")
    assert "{" not in error.why
    assert "`invoke logs --execution train/run-" in error.next_step


def test_the_last_lines_of_its_log_are_told_without_colours(deployed: World) -> None:
    deployed.state_machines.next_history = training(failures=3).events
    lines = [f"line {number}" for number in range(20)]
    deployed.logs.write("/aws/sagemaker/TrainingJobs", "sagestep-train-run-1/algo-1", *lines)
    deployed.logs.write(
        "/aws/sagemaker/TrainingJobs", "sagestep-train-run-1/algo-1", "\x1b[31mKeyError: 3\x1b[0m"
    )
    with pytest.raises(ExecutionFailedError) as raised:
        run(deployed)
    told = raised.value.why.splitlines()
    assert told[-11:-8] == ["The last lines of the log of sagestep-train-run-1:", "  line 11", "  line 12"]
    assert told[-1] == "  KeyError: 3"


def test_the_last_lines_name_their_instance_where_there_are_several(deployed: World) -> None:
    deployed.state_machines.next_history = training(failures=3).events
    for host in ("algo-1", "algo-2"):
        deployed.logs.write("/aws/sagemaker/TrainingJobs", f"sagestep-train-run-1/{host}-1", f"from {host}")
    with pytest.raises(ExecutionFailedError) as raised:
        run(deployed)
    assert raised.value.why.splitlines()[-2:] == ["  algo-1: from algo-1", "  algo-2: from algo-2"]


def test_an_end_that_says_more_than_its_states_is_told_too(deployed: World) -> None:
    history = training(failures=1)
    history = History(history.events[:-5])
    history.add("ExecutionTimedOut", at=2, error="States.Timeout", cause="too long")
    deployed.state_machines.next_history = history.events
    with pytest.raises(ExecutionFailedError) as raised:
        run(deployed)
    assert raised.value.why.splitlines()[-1] == "States.Timeout: too long"
    assert "TIMED_OUT" in raised.value.what


def test_on_aws_the_logs_have_addresses(world: World) -> None:
    world.deploy(AWS, workflows=True)
    world.target.deployment = AWS
    world.state_machines.next_history = training(failures=3).events
    with pytest.raises(ExecutionFailedError) as raised:
        run(world)
    assert "console.aws.amazon.com" in raised.value.next_step


def test_the_deadline_tells_how_to_come_back(deployed: World) -> None:
    deployed.state_machines.next_history = training().events[:5]
    with pytest.raises(DeadlineExceededError, match="invoke attach --execution train/run-"):
        run(deployed, timeout=3)


def test_leaving_tells_how_to_come_back(deployed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(deployed.state_machines, "history", interrupt)
    with pytest.raises(InterruptedByUserError, match="invoke stop --execution train/run-"):
        run(deployed)
    assert deployed.state_machines.stops == []


def test_a_target_that_stops_answering_tells_how_to_come_back(
    deployed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_gone(*_: object) -> None:
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:4566/")

    monkeypatch.setattr(deployed.state_machines, "history", is_gone)
    with pytest.raises(NoAnswerError) as raised:
        run(deployed)
    assert "invoke attach --execution train/run-" in raised.value.next_step
    assert "starts the local cloud again" in raised.value.next_step


def test_an_endpoint_says_what_comes_next(deployed: World) -> None:
    history = History()
    history.add("ExecutionStarted")
    history.add("ExecutionSucceeded", output='{"endpoint_name": "sagestep-endpoint"}')
    deployed.state_machines.next_history = history.events
    run(deployed, "end_to_end")
    assert "next: invoke predict" in deployed.screen.text


def test_a_deployment_without_workflows_says_what_to_run(world: World) -> None:
    world.deploy()
    with pytest.raises(NotDeployedError, match="invoke up"):
        run(world)


def test_the_newest_execution_may_be_a_workflows(deployed: World) -> None:
    play(deployed, training())
    deployed.now = 10
    Attach(deployed.context())(None, 60, 5)
    assert "workflow train/run-1: SUCCEEDED" in deployed.screen.text


def test_a_workflow_is_meant_before_its_parts(deployed: World) -> None:
    whole = History()
    whole.add("ExecutionStarted", at=-1)
    whole.add("ExecutionSucceeded", at=5, output='{"whole": true}')
    arn = f"{RUNS.replace('run-pipeline', 'end-to-end')}:run-1"
    deployed.state_machines.histories[arn] = whole.events
    play(deployed, training())
    deployed.now = 10
    attach = Attach(deployed.context())
    attach(None, 60, 5)
    assert "whole  true" in deployed.screen.text


def test_executions_of_workflows_are_listed_with_their_reasons(deployed: World) -> None:
    play(deployed, training(failures=3))
    deployed.now = 10
    Executions(deployed.context())(10)
    assert "train/run-1  workflow" in deployed.screen.text
    assert REASON in deployed.screen.text


def test_stopping_a_workflow_waits_until_it_has_stopped(deployed: World) -> None:
    play(deployed, History(training().events[:6]))
    stop = Stop(deployed.context())
    stop("train/run-1", 60)
    assert deployed.state_machines.stops == [f"{TRAIN}:run-1"]
    assert "execution train/run-1: ABORTED" in deployed.screen.text
    stop("train/run-1", 60)
    assert "has ended already: ABORTED" in deployed.screen.text
    with pytest.raises(ExecutionFailedError, match="was stopped"):
        Attach(deployed.context())("train/run-1", 60, 5)
