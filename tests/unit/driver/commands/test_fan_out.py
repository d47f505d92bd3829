"""Fan-outs on fakes: what is started, what is shown, and how the commands end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from driver.api.pipeline import Pipeline
from driver.api.session import Session
from driver.api.workflow import Workflow
from driver.aws.history import HistoryEvent
from driver.commands.executions import Attach, Stop
from driver.commands.fan_out import FanOutPipeline, FanOutRequest, FanOutWorkflow, Redrive
from driver.commands.logs import LogRequest, Logs
from driver.commands.run_pipeline import RunRequest
from driver.executions.following import leaving
from driver.executions.starting import SAMPLE_KEY
from driver.model.exceptions import (
    DeadlineExceededError,
    ExecutionFailedError,
    InterruptedByUserError,
    NotDeployedError,
    WorkflowInputError,
    WrongUseError,
)
from driver.model.status import StateMachineStatus
from driver.model.values import MapRun, StateMachineExecution
from tests.unit.driver.fake_services import FakePipelines, FakeStateMachines
from tests.unit.driver.fakes import NOON, OUTPUTS, STATE_MACHINE, WORKFLOWS, World

MACHINE = STATE_MACHINE.replace("run-pipeline", "fan-out")
ACCESS = [f"s3://{OUTPUTS['bucket_name']}/samplefiles/*"]


@dataclass
class FanOuts(FakeStateMachines):
    """A state machine whose executions end after ten seconds."""

    end: StateMachineStatus = StateMachineStatus.SUCCEEDED
    inputs: dict[str, Mapping[str, object]] = field(default_factory=dict)
    redriven: list[str] = field(default_factory=list)
    looks: list[float] = field(default_factory=list)
    began: float = 0

    def start(self, state_machine_arn: str, name: str, inputs: Mapping[str, object]) -> str:
        arn = f"{state_machine_arn.replace('stateMachine', 'execution')}:{name}"
        self.inputs[arn], self.began = json.loads(json.dumps(dict(inputs))), self.pipelines.clock()
        return arn

    def redrive(self, arn: str) -> None:
        self.redriven.append(arn)
        self.end, self.began = StateMachineStatus.SUCCEEDED, self.pipelines.clock()

    def stop(self, arn: str) -> None:
        self.stops.append(arn)
        self.end, self.began = StateMachineStatus.ABORTED, -100

    def describe(self, arn: str) -> StateMachineExecution:
        self.looks.append(self.pipelines.clock())
        if self.pipelines.clock() - self.began < 10:
            return StateMachineExecution(arn, StateMachineStatus.RUNNING, NOON)
        is_failure = self.end is StateMachineStatus.FAILED
        found = StateMachineExecution(arn, self.end, NOON, NOON + timedelta(seconds=10))
        error = "States.ExceedToleratedFailureThreshold"
        return replace(found, error=error, cause="exceeded") if is_failure else found

    def map_run(self, execution_arn: str) -> MapRun | None:
        ended = self.pipelines.clock() - self.began >= 10
        failed = int(ended and self.end is not StateMachineStatus.SUCCEEDED)
        done, arn = 2 - failed if ended else 0, execution_arn.replace(":execution:", ":mapRun:")
        return MapRun(arn, self.end, 2, 0, 0 if ended else 2, done, failed, 0)


@pytest.fixture
def machines(world: World) -> FanOuts:
    world.deploy()
    outputs = {**OUTPUTS, "fan_out_state_machine_arn": MACHINE, "fan_out_access": ACCESS}
    world.workspace.keep_outputs(outputs)
    machines = FanOuts(FakePipelines(lambda: world.now, world.storage.objects))
    world.pipelines, world.state_machines = machines.pipelines, machines
    return machines


def inputs(folder: Path) -> list[str]:
    for name in "ab":
        (folder / f"{name}.csv").write_text("Longitude,Latitude\n1,2\n")
    return [str(folder)]


def items_of(world: World, key: object) -> list[dict[str, str]]:
    items: list[dict[str, str]] = json.loads(world.storage.objects[f"{OUTPUTS['bucket_name']}/{key}"])
    return items


def test_each_file_is_an_item_and_numbers_are_shown(world: World, machines: FanOuts, tmp_path: Path) -> None:
    FanOutPipeline(world.context())(RunRequest(inputs(tmp_path)), FanOutRequest("", 7, "1"), 60)
    [given] = machines.inputs.values()
    assert given["max_concurrency"] == 7
    assert (given["tolerated_failure_count"], given["tolerated_failure_percentage"]) == (1, 100)
    uris = [item["input"] for item in items_of(world, given["key"])]
    assert [uri.rpartition("/")[2] for uri in uris] == ["a.csv", "b.csv"]
    assert all(uri.removeprefix("s3://") in world.storage.objects for uri in uris)
    said = world.screen.text
    assert "pending 0, running 2, succeeded 0, failed 0" in said
    assert "SUCCEEDED after 10 s: pending 0, running 0, succeeded 2, failed 0" in said


def test_each_input_has_an_item_for_each_combination_of_lists(
    world: World, machines: FanOuts, tmp_path: Path
) -> None:
    names = [f"parameter_vej_input_config={name}" for name in ("one", "two")]
    FanOutPipeline(world.context())(RunRequest(inputs(tmp_path), settings=names), FanOutRequest(), 60)
    [given] = machines.inputs.values()
    found = [
        (item["input"][-5:], item["parameter_vej_input_config"]) for item in items_of(world, given["key"])
    ]
    assert found == [("a.csv", "one"), ("a.csv", "two"), ("b.csv", "one"), ("b.csv", "two")]


def test_a_prefix_is_listed_by_the_state_machine(world: World, machines: FanOuts) -> None:
    prefix = f"s3://{OUTPUTS['bucket_name']}/samplefiles/many/"
    with pytest.raises(WrongUseError, match="holds no items"):
        FanOutPipeline(world.context())(RunRequest([prefix]), FanOutRequest(), 60)
    stored = {f"{prefix.removeprefix('s3://')}a.csv": "1,2"}
    world.storage.objects |= stored
    FanOutPipeline(world.context())(RunRequest([prefix]), FanOutRequest(), 60)
    [given] = machines.inputs.values()
    assert (given["reader"], given["key"]) == ("Objects", "samplefiles/many/")
    assert world.storage.objects == stored
    again = RunRequest([prefix], settings=[f"parameter_vej_input_config={name}" for name in "ab"])
    with pytest.raises(WrongUseError, match="do not go together"):
        FanOutPipeline(world.context())(again, FanOutRequest(), 60)


def test_more_failures_than_are_tolerated_are_an_error_and_can_be_redriven(
    world: World, machines: FanOuts, tmp_path: Path
) -> None:
    machines.end = StateMachineStatus.FAILED
    with pytest.raises(ExecutionFailedError, match="ended FAILED") as raised:
        FanOutPipeline(world.context())(RunRequest(inputs(tmp_path)), FanOutRequest(), 60)
    assert "exceeded" in raised.value.why
    assert "invoke redrive --execution fan-out/" in raised.value.next_step
    [arn] = machines.inputs
    Redrive(world.context())(arn, 60)
    assert machines.redriven == [arn]
    with pytest.raises(WrongUseError, match="is no fan-out"):
        Redrive(world.context())("nightly", 60)


def test_a_fan_out_goes_on_after_the_deadline_and_is_attached_and_stopped(
    world: World, machines: FanOuts, tmp_path: Path
) -> None:
    with pytest.raises(DeadlineExceededError, match="did not end within 3 seconds"):
        FanOutPipeline(world.context())(RunRequest(inputs(tmp_path)), FanOutRequest(), 3)
    [arn] = machines.inputs
    Stop(world.context())(arn, 60)
    assert machines.stops == [arn]
    assert "ABORTED after 10 s" in world.screen.text
    Stop(world.context())(arn, 60)
    assert "has ended already" in world.screen.text
    with pytest.raises(ExecutionFailedError, match="ended ABORTED"):
        Attach(world.context())(arn, 60, 5)


def test_what_a_fan_out_cannot_heed_is_refused(world: World, machines: FanOuts, tmp_path: Path) -> None:
    direct = RunRequest(inputs(tmp_path), is_direct=True)
    for run, request in ((direct, FanOutRequest()), (RunRequest(inputs(tmp_path)), FanOutRequest("a.csv"))):
        with pytest.raises(WrongUseError, match="A fan-out does not take --"):
            FanOutPipeline(world.context())(run, request, 60)
    assert machines.inputs == {}


def test_a_fan_out_without_items_is_refused(world: World, machines: FanOuts) -> None:
    takes_none = {"name": "sagestep-own", "arn": "arn", "parameters": {}, "parameter_names": ["Address"]}
    world.workspace.keep_outputs({**world.workspace.all_outputs(), "pipelines": {"own": takes_none}})
    with pytest.raises(WrongUseError, match="There is one item"):
        FanOutPipeline(world.context())(RunRequest(pipeline="own"), FanOutRequest(), 60)
    assert machines.inputs == {}


def test_an_unknown_parameter_is_refused_before_anything_is_uploaded(
    world: World, machines: FanOuts, tmp_path: Path
) -> None:
    run = RunRequest(inputs(tmp_path), settings=["size=1", "size=2"])
    with pytest.raises(WrongUseError, match="has no parameter 'size'"):
        FanOutPipeline(world.context())(run, FanOutRequest(), 60)
    assert world.storage.objects == {}


@dataclass(frozen=True)
class OwnItems:
    """Fans a pipeline out that has no input, and whose parameters have no defaults."""

    world: World
    folder: Path

    def __call__(self, items: str | list[str], settings: list[str]) -> None:
        """Start it with the lines of a table, or with items in S3."""
        own = {"name": "sagestep-own", "arn": "arn:own", "parameter_names": ["Count", "Exact"]}
        self.world.workspace.keep_outputs({**self.world.workspace.all_outputs(), "pipelines": {"own": own}})
        declared = [{"Name": "Count", "Type": "Integer"}, {"Name": "Exact", "Type": "Boolean"}]
        self.world.pipelines.definitions["sagestep-own"] = {"Parameters": declared}
        path = self.folder / "items.csv"
        if isinstance(items, list) and items:
            path.write_text("\n".join(items))
            items = str(path)
        run = RunRequest(pipeline="own", settings=settings)
        FanOutPipeline(self.world.context()).start(run, FanOutRequest(str(items or "")))


@pytest.fixture
def own_items(world: World, machines: FanOuts, tmp_path: Path) -> OwnItems:
    return OwnItems(world, tmp_path)


@pytest.mark.parametrize(
    ("lines", "settings", "said"),
    [
        (["Count", "1", "2"], [], ["without a value and a default: Exact"]),
        (
            ["Count,Exact", "1,true", "abc,false", "3,no"],
            [],
            [
                'Item 2: Count: expected a whole number (Integer), not "abc"',
                'Item 3: Exact: expected true or false (Boolean), not "no"',
            ],
        ),
        (["Count", "1"], ["Exact=1"], ['Exact: expected true or false (Boolean), not "1"']),
        (
            [],
            ["Count=1", "Count=x", "Exact=true"],
            ['Item 2: Count: expected a whole number (Integer), not "x"'],
        ),
    ],
)
def test_parameters_of_items_are_checked_against_the_definition(
    machines: FanOuts, own_items: OwnItems, lines: list[str], settings: list[str], said: list[str]
) -> None:
    with pytest.raises(WrongUseError, match="Pipeline own cannot be started") as raised:
        own_items(lines, settings)
    assert raised.value.why.splitlines() == said
    assert (machines.inputs, own_items.world.storage.objects) == ({}, {})


def test_items_that_fill_every_parameter_are_started(machines: FanOuts, own_items: OwnItems) -> None:
    own_items(["Count", "1", "2"], ["Exact=true"])
    assert len(machines.inputs) == 1


def test_items_that_the_state_machine_reads_may_have_the_missing_parameters(
    machines: FanOuts, own_items: OwnItems
) -> None:
    uri = f"s3://{OUTPUTS['bucket_name']}/samplefiles/items.csv"
    own_items(uri, ["Exact=true"])
    with pytest.raises(WrongUseError, match="Exact: expected true or false"):
        own_items(uri, ["Exact=1"])
    assert len(machines.inputs) == 1


def test_the_kind_of_a_fan_out_is_told_once(world: World, machines: FanOuts, tmp_path: Path) -> None:
    FanOutPipeline(world.context())(RunRequest(inputs(tmp_path), name="nightly"), FanOutRequest(), 60)
    assert "fan-out nightly: SUCCEEDED" in world.screen.text
    machines.end = StateMachineStatus.FAILED
    with pytest.raises(ExecutionFailedError, match="Fan-out nightly ended FAILED"):
        FanOutPipeline(world.context())(RunRequest(inputs(tmp_path), name="nightly"), FanOutRequest(), 60)
    with pytest.raises(DeadlineExceededError, match="Fan-out hourly did not end"):
        FanOutPipeline(world.context())(RunRequest(inputs(tmp_path), name="hourly"), FanOutRequest(), 3)
    [*_, arn] = machines.inputs
    with (
        pytest.raises(InterruptedByUserError, match="You left fan-out hourly"),
        leaving(world.context().deployed, arn, "fan-out"),
    ):
        raise KeyboardInterrupt


def test_the_items_of_a_fan_out_are_not_listed(world: World, machines: FanOuts, tmp_path: Path) -> None:
    pipeline = Pipeline(Session(world.context()), "geospatial")
    arn = pipeline.fan_out(inputs(tmp_path), name="nightly").arn
    machines.histories[arn] = []
    for name in ("nightly-0", "nightly-1-r1", "nightly"):
        machines.histories[f"{STATE_MACHINE.replace('stateMachine', 'execution')}:{name}"] = []
    recent = world.context().deployed.recent(10)
    assert sorted(execution.arn.split(":", 6)[6] for execution in recent) == [
        "sagestep-fan-out:nightly",
        "sagestep-run-pipeline:nightly",
    ]


def test_items_of_a_workflow_find_the_sample_that_is_their_default(world: World, machines: FanOuts) -> None:
    world.deploy(workflows=True)
    world.workspace.keep_outputs({**OUTPUTS, **WORKFLOWS, "fan_out_state_machine_arn": MACHINE})
    words = [f"hyperparameters.n-estimators={number}" for number in (3, 4)]
    FanOutWorkflow(world.context())("train", "", words, FanOutRequest(), 60)
    [given] = machines.inputs.values()
    assert len(items_of(world, given["key"])) == 2
    assert f"{OUTPUTS['bucket_name']}/{SAMPLE_KEY}" in world.storage.objects


def test_attach_does_not_take_a_folder(world: World, machines: FanOuts, tmp_path: Path) -> None:
    arn = machines.start(MACHINE, "nightly", {})
    with pytest.raises(WrongUseError, match="does not take --output"):
        Attach(world.context())(arn, 60, 5, str(tmp_path))


def test_a_redrive_is_not_looked_at_at_once(world: World, machines: FanOuts) -> None:
    """DescribeExecution is eventually consistent: right after, it may still say FAILED."""
    arn = machines.start(MACHINE, "nightly", {})
    began = machines.pipelines.clock()
    Redrive(world.context())(arn, 60)
    assert machines.looks[0] > began


def test_a_deployment_of_an_earlier_version_has_no_fan_out(world: World, tmp_path: Path) -> None:
    world.deploy()
    with pytest.raises(NotDeployedError, match="no fan-out in this deployment"):
        FanOutPipeline(world.context())(RunRequest(inputs(tmp_path)), FanOutRequest(), 60)
    assert world.storage.objects == {}


def test_python_starts_a_fan_out_reads_its_items_and_redrives_it(
    world: World, machines: FanOuts, tmp_path: Path
) -> None:
    machines.end = StateMachineStatus.FAILED
    pipeline = Pipeline(Session(world.context()), "geospatial")
    lists = {"parameter_vej_input_config": [{"a": 1}, "b"]}
    execution = pipeline.fan_out(inputs(tmp_path), parameters=lists, tolerated_failures=1, name="nightly")
    [(arn, given)] = machines.inputs.items()
    assert (execution.arn, execution.short_name) == (arn, "fan-out/nightly")
    assert [item["parameter_vej_input_config"] for item in items_of(world, given["key"])] == 2 * [
        '{"a": 1}',
        "b",
    ]
    assert given["tolerated_failure_count"] == 1
    assert execution.items() == []
    execution.redrive()
    assert machines.redriven == [arn]
    with pytest.raises(WrongUseError, match="up to 25 letters"):
        pipeline.fan_out(inputs(tmp_path), name="x" * 26)
    with pytest.raises(WrongUseError, match="parameter_vej_input_config is empty"):
        pipeline.fan_out(inputs(tmp_path), parameters={"parameter_vej_input_config": []})
    with pytest.raises(WrongUseError, match="--max-concurrency is '-1'"):
        pipeline.fan_out(inputs(tmp_path), max_concurrency=-1)
    with pytest.raises(WrongUseError, match="Only pipelines leave a result file"):
        execution.result()


def test_python_fans_a_workflow_out(world: World, machines: FanOuts, tmp_path: Path) -> None:
    world.deploy(workflows=True)
    world.workspace.keep_outputs({**OUTPUTS, **WORKFLOWS, "fan_out_state_machine_arn": MACHINE})
    workflow = Workflow(Session(world.context()), "train")
    items = [{"hyperparameters": {"n-estimators": number}} for number in ("3", "4")]
    execution = workflow.fan_out(items, inputs={"instance_type": "ml.m5.large"}, batch_size=2, name="nightly")
    [(arn, given)] = machines.inputs.items()
    assert (execution.arn, given["batch_size"]) == (arn, 2)
    assert '"inputs": {"instance_type": "ml.m5.large"}' in json.dumps(given["run"])
    assert json.dumps(items_of(world, given["key"])) == json.dumps(items)
    with pytest.raises(WrongUseError, match="--batch-size is '101'"):
        workflow.fan_out(items, batch_size=101)
    with pytest.raises(WorkflowInputError, match="instance_typo"):
        workflow.fan_out([{"instance_typo": "x"}])


def test_logs_tell_why_items_failed(world: World, machines: FanOuts, tmp_path: Path) -> None:
    machines.end = StateMachineStatus.FAILED
    with pytest.raises(ExecutionFailedError):
        FanOutPipeline(world.context())(RunRequest(inputs(tmp_path)), FanOutRequest(), 60)
    [arn] = machines.inputs
    folder = f"{OUTPUTS['bucket_name']}/outputfiles/fan-out/{arn.rpartition(':')[2]}"
    given = {"item": {"input": "s3://b/k"}, "index": 1, "name": "run-1", "run": {"pipeline": "p"}}
    child = {"Input": json.dumps(given), "Status": "FAILED", "Error": "States.TaskFailed", "Cause": "broke"}
    world.storage.objects[f"{folder}/FAILED_0.json"] = json.dumps([child])
    files = {"FAILED": [{"Key": f"{folder.partition('/')[2]}/FAILED_0.json", "Size": 1}]}
    world.storage.objects[f"{folder}/manifest.json"] = json.dumps({"ResultFiles": files})
    machines.histories[arn] = [
        (0, HistoryEvent(1, 0, "ExecutionStarted", NOON)),
        (0, HistoryEvent(2, 1, "ExecutionFailed", NOON + timedelta(seconds=10))),
    ]
    Logs(world.context())(LogRequest(arn, errors=True))
    assert "ERROR execution run-1-1 FAILED: States.TaskFailed: broke" in world.screen.text
