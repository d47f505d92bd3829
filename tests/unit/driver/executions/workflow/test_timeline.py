from driver.executions.timeline import Timeline
from driver.executions.trace import Change, ChangeKind, Outcome, Span
from driver.executions.view import describe_changes, describe_running
from driver.model.status import StateMachineStatus
from tests.unit.driver.histories import JOB, History, mapped, training


def told(history: History) -> tuple[Timeline, list[Change]]:
    timeline = Timeline()
    return timeline, [change for event in history.plain for change in timeline.add(event)]


def failures(timeline: Timeline) -> list[Span]:
    return [span for span in timeline.spans if span.has_failed]


def lines(history: History) -> list[str]:
    """What is said of a history if there is a look after each event."""
    timeline = Timeline()
    return [line.text for event in history.plain for line in describe_changes(tuple(timeline.add(event)))]


def test_a_task_that_succeeds_at_the_third_try_tells_each() -> None:
    said = lines(training(failures=2))
    assert said == [
        "✓ Defaults (Pass)  0.0 s",
        "· Train (Task): running",
        "· Train (Task): started sagestep-train-run-1",
        "! Train (Task): attempt 1 failed",
        "    States.TaskFailed: sagestep-train-run-1: AlgorithmError: ValueError: no such column",
        "· Train (Task): attempt 2",
        "· Train (Task): started sagestep-train-run-1",
        "! Train (Task): attempt 2 failed",
        "    States.TaskFailed: sagestep-train-run-1: AlgorithmError: ValueError: no such column",
        "· Train (Task): attempt 3",
        "· Train (Task): started sagestep-train-run-1",
        "✓ Train (Task)  4.0 s",
    ]


def test_what_a_retry_mended_is_no_failure() -> None:
    timeline, _ = told(training(failures=2))
    assert failures(timeline) == []
    assert timeline.status is StateMachineStatus.SUCCEEDED


def test_a_failure_that_is_caught_names_its_state_though_another_ends_the_execution() -> None:
    timeline, _ = told(training(failures=3))
    (failed,) = failures(timeline)
    assert (failed.name, failed.attempts, failed.resource_arn) == ("Train", 3, JOB)
    assert failed.log_group == "/aws/sagemaker/TrainingJobs"
    assert failed.outcome is Outcome.CAUGHT
    assert timeline.running == []


def test_branches_of_a_map_are_told_apart() -> None:
    timeline, changes = told(mapped())
    places = [change.span.place for change in changes if change.kind is ChangeKind.SUBMITTED]
    assert places == ["Models[0] / Train", "Models[1] / Train"]
    assert [failed.place for failed in failures(timeline)] == ["Models[0] / Train"]
    ends = [change.span for change in changes if change.kind is ChangeKind.ITERATION_ENDED]
    assert [(span.place, span.name) for span in ends] == [("Models[0]", ""), ("Models[1]", "")]


def test_after_a_map_states_are_outside_of_it_again() -> None:
    _, changes = told(mapped())
    left = [change.span.place for change in changes if change.kind is ChangeKind.EXITED]
    assert left == ["Models[0] / Train", "Models[1] / Train", "Models", "Best"]


def test_what_runs_is_named_with_its_job_and_maps_by_what_runs_in_them() -> None:
    timeline = Timeline()
    for event in mapped().plain[:7]:
        timeline.add(event)
    assert describe_running(timeline.running) == "Models[0] / Train (sagestep-train-run-1-0)"


def test_a_map_that_fails_and_is_caught_is_told_so() -> None:
    history = History()
    history.add("ExecutionStarted")
    history.add("MapStateEntered", name="Models")
    history.add("MapStateStarted")
    history.add("MapIterationStarted", name="Models", index=0)
    history.add("TaskStateEntered", name="Train")
    history.add("TaskScheduled")
    history.add("TaskFailed", error="E", cause="c")
    failed = history.add("MapIterationFailed", name="Models", index=0)
    history.add("MapStateFailed", after=failed)
    history.add("MapStateExited", after=failed, name="Models")
    history.add("PassStateEntered", name="Next")
    history.add("PassStateExited", name="Next")
    timeline, changes = told(history)
    assert [change.span.place for change in changes if change.span.outcome is Outcome.CAUGHT] == ["Models"]
    assert [span.place for span in failures(timeline)] == ["Models", "Models[0] / Train"]
    assert changes[-1].span.place == "Next"


def test_a_map_of_nothing_ends_where_it_began() -> None:
    history = History()
    history.add("MapStateEntered", name="Models")
    history.add("MapStateStarted", length=0)
    history.add("MapStateSucceeded")
    history.add("MapStateExited", name="Models")
    timeline, changes = told(history)
    assert [change.kind for change in changes] == [ChangeKind.ENTERED, ChangeKind.EXITED]
    assert timeline.running == []


def test_a_loop_that_waits_is_told_once() -> None:
    history = History()
    for _ in range(3):
        history.add("TaskStateEntered", name="Describe")
        history.add("TaskScheduled")
        history.add("TaskSucceeded")
        history.add("TaskStateExited", name="Describe")
        history.add("WaitStateEntered", name="Wait")
        history.add("WaitStateExited", name="Wait")
    said = lines(history)
    assert said == ["· Describe (Task): running", "✓ Describe (Task)  0.0 s", "✓ Wait (Wait)  0.0 s"]


def test_a_state_that_is_over_at_the_first_look_has_one_line() -> None:
    _, changes = told(training())
    assert [line.text for line in describe_changes(tuple(changes))][1:] == [
        "· Train (Task): started sagestep-train-run-1",
        "✓ Train (Task)  2.0 s",
    ]


def test_a_nested_execution_is_named_as_attach_takes_it_but_for_the_prefix() -> None:
    history = History()
    history.add("TaskStateEntered", name="Train")
    history.add("TaskScheduled")
    arn = "arn:aws:states:us-west-2:000000000000:execution:sagestep-train:run-1"
    history.add("TaskSubmitted", output=f'{{"ExecutionArn": "{arn}"}}')
    timeline, _ = told(history)
    assert timeline.running[0].resource == "sagestep-train/run-1"


def test_an_execution_that_is_stopped_has_nothing_running() -> None:
    history = training()
    stopped = History(history.events[:6])
    stopped.add("ExecutionAborted", cause="by hand")
    timeline, _ = told(stopped)
    assert timeline.status is StateMachineStatus.ABORTED
    assert timeline.running == []


def test_a_redriven_execution_runs_again() -> None:
    history = training(failures=3)
    history.add("ExecutionRedriven")
    timeline, _ = told(history)
    assert timeline.status is StateMachineStatus.RUNNING


def test_events_nobody_has_heard_of_change_nothing() -> None:
    history = History()
    history.add("TaskStateEntered", name="Train")
    history.add("SomethingNew")
    history.add("StateExited", name="Nowhere")
    timeline, changes = told(history)
    assert len(changes) == 1
    assert [span.name for span in timeline.running] == ["Train"]
