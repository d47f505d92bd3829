import json
from dataclasses import replace
from datetime import timedelta

import pytest

from driver.executions.deployed import Deployed
from driver.executions.names import Kind
from driver.executions.trace import Outcome, Trace
from driver.inspection.reading import read_definition, read_trace
from driver.model.exceptions import WrongUseError
from driver.model.status import Status
from tests.unit.driver.fakes import (
    FAULT,
    ID,
    NOON,
    PIPELINE,
    RUNS,
    STATE_MACHINE,
    STEP,
    World,
    execution,
    step,
)
from tests.unit.driver.histories import JOB, REASON, History, mapped, training

TRAIN = f"{RUNS.replace('run-pipeline', 'train')}:run-1"
PIPELINE_EXECUTION = f"{PIPELINE}/execution/{ID}"


@pytest.fixture
def deployed(world: World) -> Deployed:
    world.deploy(workflows=True)
    return world.context().deployed


def read(world: World, deployed: Deployed, history: History, arn: str = TRAIN) -> Trace:
    world.state_machines.histories[arn] = history.events
    world.now = 100
    return read_trace(deployed, arn)


def outcomes(trace: Trace) -> list[tuple[str, str]]:
    return [(span.place, span.outcome.value) for span in trace.spans]


def test_a_workflow_that_was_retried_is_one_span_with_its_attempts(world: World, deployed: Deployed) -> None:
    definition = {"StartAt": "Defaults", "States": {"Defaults": {"Type": "Pass"}}}
    world.state_machines.definitions[TRAIN] = definition
    trace = read(world, deployed, training(failures=2))
    assert (trace.name, trace.kind, trace.subject) == ("run-1", Kind.WORKFLOW, "sagestep-train")
    assert (trace.status, trace.outcome, trace.input) == ("SUCCEEDED", Outcome.SUCCEEDED, "{}")
    assert (trace.started, trace.ended) == (NOON, NOON + timedelta(seconds=4.5))
    assert trace.definition == definition
    assert json.loads(trace.output)["TrainingJobName"] == "sagestep-train-run-1"
    train = trace.spans[1]
    assert (train.name, train.kind, train.attempts, train.resource_arn) == ("Train", "Task", 3, JOB)
    assert (train.started, train.ended) == (NOON, NOON + timedelta(seconds=4))
    assert train.reason == ""


def test_a_failure_that_was_caught_is_told_from_the_one_that_ended_it(
    world: World, deployed: Deployed
) -> None:
    trace = read(world, deployed, training(failures=3))
    assert outcomes(trace) == [
        ("Defaults", "succeeded"),
        ("Train", "caught"),
        ("NotifyFailure", "succeeded"),
        ("Failed", "failed"),
    ]
    assert trace.spans[1].reason == f"States.TaskFailed: sagestep-train-run-1: {REASON}"
    assert (trace.outcome, trace.error) == (Outcome.FAILED, "States.TaskFailed")
    assert REASON in trace.cause


def test_a_failure_that_nothing_caught_ends_with_the_execution(world: World, deployed: Deployed) -> None:
    trace = read(world, deployed, training(failures=3, caught=False))
    assert outcomes(trace)[-1] == ("Train", "failed")
    assert trace.spans[-1].ended == trace.ended


def test_the_iterations_of_a_map_are_branches(world: World, deployed: Deployed) -> None:
    trace = read(world, deployed, mapped())
    assert outcomes(trace) == [
        ("Models", "succeeded"),
        ("Models[0] / Train", "caught"),
        ("Models[1] / Train", "succeeded"),
        ("Best", "succeeded"),
    ]
    assert trace.spans[1].branch == ("Models[0]",)


def test_an_iteration_that_fails_ends_what_is_in_it_though_the_execution_goes_on(
    world: World, deployed: Deployed
) -> None:
    history = History()
    history.add("ExecutionStarted")
    history.add("MapStateEntered", name="Models")
    started = history.add("MapStateStarted")
    first = history.add("MapIterationStarted", name="Models", index=0)
    history.add("TaskStateEntered", name="Train")
    history.add("TaskScheduled")
    history.add("MapIterationStarted", after=started, name="Models", index=1)
    history.add("TaskStateEntered", name="Train")
    history.add("TaskScheduled")
    history.add("TaskFailed", at=2, error="E", cause="c")
    history.add("MapIterationFailed", at=2, name="Models", index=1)
    history.add("MapIterationAborted", after=first, at=3, name="Models", index=0)
    trace = read(world, deployed, history)
    assert outcomes(trace) == [
        ("Models", "running"),
        ("Models[0] / Train", "stopped"),
        ("Models[1] / Train", "failed"),
    ]
    assert [span.ended for span in trace.spans] == [
        None,
        NOON + timedelta(seconds=3),
        NOON + timedelta(seconds=2),
    ]


def test_a_choice_that_matches_nothing_is_what_failed(world: World, deployed: Deployed) -> None:
    history = History()
    history.add("ExecutionStarted")
    history.add("ChoiceStateEntered", name="Which", input='{"x": 1}')
    history.add("ExecutionFailed", at=1, error="States.NoChoiceMatched", cause="nothing fits")
    (span,) = read(world, deployed, history).spans
    assert (span.outcome, span.reason, span.input) == (
        Outcome.FAILED,
        "States.NoChoiceMatched: nothing fits",
        '{"x": 1}',
    )


def test_an_execution_that_still_runs_is_read_as_far_as_it_is(world: World, deployed: Deployed) -> None:
    trace = read(world, deployed, History(training().events[:6]))
    assert (trace.outcome, trace.ended, trace.output) == (Outcome.RUNNING, None, "")
    assert outcomes(trace)[-1] == ("Train", "running")
    assert trace.spans[-1].ended is None


def test_an_execution_that_was_stopped_stops_what_ran(world: World, deployed: Deployed) -> None:
    history = History(training().events[:6])
    history.add("ExecutionAborted", at=3, cause="by hand")
    trace = read(world, deployed, history)
    assert (trace.outcome, trace.cause) == (Outcome.STOPPED, "by hand")
    assert outcomes(trace)[-1] == ("Train", "stopped")


def test_a_redrive_takes_up_what_the_end_cut_off(world: World, deployed: Deployed) -> None:
    history = training(failures=3, caught=False)
    history.add("ExecutionRedriven", at=10)
    history.add("TaskScheduled", at=10, after=4)
    history.add("TaskSucceeded", at=11)
    history.add("TaskStateExited", at=11, name="Train", output="{}")
    trace = read(world, deployed, history)
    assert outcomes(trace)[-1] == ("Train", "succeeded")
    assert trace.spans[-1].ended == NOON + timedelta(seconds=11)


def test_a_long_history_is_read_page_by_page_without_waiting(world: World, deployed: Deployed) -> None:
    history = History()
    history.add("ExecutionStarted")
    for number in range(12_499):
        history.add("PassStateEntered", name=f"Pass {number % 50}", output="{}")
        history.add("PassStateExited", name=f"Pass {number % 50}")
    history.add("ExecutionSucceeded", output="{}")
    trace = read(world, deployed, history)
    assert len(trace.spans) == 12_499
    assert {span.outcome for span in trace.spans} == {Outcome.SUCCEEDED}
    assert len(world.pipelines.asked) == 25
    assert world.now == 100


def test_what_a_state_made_without_waiting_is_its_resource(world: World, deployed: Deployed) -> None:
    endpoint = "arn:aws:sagemaker:us-west-2:000000000000:endpoint/sagestep-wine"
    history = History()
    history.add("ExecutionStarted")
    for name, resource in (("Create", "createEndpoint"), ("Describe", "describeEndpoint")):
        history.add("TaskStateEntered", name=name)
        history.add("TaskScheduled")
        history.add("TaskSucceeded", resource=resource, output=json.dumps({"EndpointArn": endpoint}))
        history.add("TaskStateExited", name=name, output="{}")
    trace = read(world, deployed, history)
    assert [span.resource_arn for span in trace.spans] == [endpoint, ""]


def test_the_pipeline_that_the_state_machine_runs_is_its_child(world: World, deployed: Deployed) -> None:
    pipeline = {
        "Version": "2020-12-01",
        "Steps": [
            {
                "Name": "Decide",
                "Type": "Condition",
                "Arguments": {
                    "IfSteps": [{"Name": STEP, "Type": "Training", "Arguments": {}}],
                    "ElseSteps": [],
                },
            }
        ],
    }
    world.pipelines.definitions[PIPELINE_EXECUTION] = pipeline
    failed = replace(step(STEP, Status.FAILED, FAULT), attempts=2, resource_arn=JOB)
    waiting = replace(step("later", Status.STARTING), started=None)
    reused = replace(step("Decide", Status.SUCCEEDED), is_cached=True, output='{"Outcome": "True"}')
    world.pipelines.plays(execution(ID, Status.FAILED, "Step failure"), reused, failed, waiting)
    world.pipelines.started_with[PIPELINE_EXECUTION] = {"parameter_region": "us-west-2"}
    history = History()
    history.add("ExecutionStarted", input='{"parameters": {}}')
    history.add("TaskStateEntered", name="RunPipeline")
    history.add("TaskScheduled")
    answer = {"Payload": {"pipelineExecutionArn": PIPELINE_EXECUTION}, "StatusCode": 200}
    history.add("TaskSubmitted", output=json.dumps(answer))
    history.add("TaskFailed", error="PipelineExecutionFailed", cause="why")
    history.add("ExecutionFailed", error="PipelineExecutionFailed", cause="why")
    trace = read(world, deployed, history, f"{RUNS}:run-1")
    assert (trace.kind, trace.subject) == (Kind.STATE_MACHINE, "sagestep-run-pipeline")
    (child,) = trace.children
    assert (child.arn, child.name, child.kind) == (PIPELINE_EXECUTION, ID, Kind.PIPELINE)
    assert (child.subject, child.status, child.outcome) == ("sagestep-geospatial", "Failed", Outcome.FAILED)
    assert (child.input, child.cause) == ('{"parameter_region": "us-west-2"}', "Step failure")
    assert child.definition == pipeline
    decide, training_step = child.spans
    assert (decide.kind, decide.outcome, decide.output) == (
        "Condition",
        Outcome.CACHED,
        '{"Outcome": "True"}',
    )
    assert (training_step.kind, training_step.outcome) == ("Training", Outcome.FAILED)
    assert (training_step.attempts, training_step.resource_arn, training_step.reason) == (2, JOB, FAULT)
    assert [part.arn for part in trace.walk()] == [trace.arn, child.arn]


def test_nested_executions_are_children_and_one_that_aws_forgot_is_left_out(
    world: World, deployed: Deployed
) -> None:
    world.state_machines.histories[TRAIN] = training().events
    history = History()
    history.add("ExecutionStarted")
    for arn in (TRAIN, f"{TRAIN}-gone"):
        history.add("TaskStateEntered", name=f"Run {arn[-4:]}")
        history.add("TaskScheduled")
        history.add("TaskSubmitted", output=json.dumps({"ExecutionArn": arn}))
        history.add("TaskSucceeded")
        history.add("TaskStateExited", name=f"Run {arn[-4:]}")
    trace = read(world, deployed, history, f"{RUNS.replace('run-pipeline', 'end-to-end')}:run-1")
    assert [child.arn for child in trace.children] == [TRAIN]
    assert trace.spans[1].resource_arn == f"{TRAIN}-gone"


def test_an_execution_that_does_not_exist_is_the_users_slip(deployed: Deployed) -> None:
    with pytest.raises(WrongUseError, match="no execution"):
        read_trace(deployed, f"{TRAIN}-2")


@pytest.mark.parametrize(
    ("workflow", "key", "subject"),
    [
        (None, "sagestep-geospatial", "sagestep-geospatial"),
        ("run-pipeline", STATE_MACHINE, "sagestep-run-pipeline"),
        ("train-many", STATE_MACHINE.replace("run-pipeline", "train-many"), "sagestep-train-many"),
    ],
)
def test_definitions_are_there_without_any_execution(
    world: World, deployed: Deployed, workflow: str | None, key: str, subject: str
) -> None:
    document = {"Comment": subject}
    world.pipelines.definitions[key] = world.state_machines.definitions[key] = document
    assert read_definition(deployed, workflow=workflow) == (subject, document)


def test_a_workflow_that_there_is_not_has_no_definition(deployed: Deployed) -> None:
    with pytest.raises(WrongUseError, match="no workflow 'nonsense'"):
        read_definition(deployed, workflow="nonsense")
