"""The engine's decisions about jobs that steps run, what is tried again, and executions that are retried."""

from localcloud.sagemaker.pipelines.state import ExecutionStatus, StepStatus
from localcloud.sagemaker.pipelines.steps import Failed, Stopped, Succeeded, TimedOut, Waiting
from localcloud.sagemaker.pipelines.turn import RetryRequested, StepBegun, StepEnded, StopRequested
from tests.unit.localcloud.sagemaker.cloud import condition_step, equals, lambda_step
from tests.unit.localcloud.sagemaker.pipelines.play import (
    INTERNAL_ERROR,
    JOB,
    START,
    Play,
    decide,
    graph_of,
    job_step,
)


def test_a_stop_stops_the_job_of_a_step_and_waits_for_its_end() -> None:
    play = Play(graph_of(job_step("a")))
    play.begin("a")
    play.end("a", Waiting(JOB, {"TrainingJob": {"Arn": "arn:job"}}))
    assert play.state.steps["a"].metadata == {"TrainingJob": {"Arn": "arn:job"}}
    play.take(StopRequested())
    assert play.stopped_jobs == [JOB]
    assert play.status() is ExecutionStatus.STOPPING
    play.end("a", Stopped("ClientError: stopped"))
    assert play.status() is ExecutionStatus.STOPPED
    assert play.state.steps["a"].failure_reason is None


def test_a_job_that_is_created_while_the_execution_stops_is_stopped() -> None:
    play = Play(graph_of(job_step("a")))
    play.begin("a")
    play.take(StopRequested())
    assert play.stopped_jobs == []
    play.end("a", Waiting(JOB))
    assert play.stopped_jobs == [JOB]


def test_a_job_that_somebody_else_stops_fails_the_step() -> None:
    play = Play(graph_of(job_step("a")))
    play.begin("a")
    play.end("a", Waiting(JOB))
    play.end("a", Stopped("ClientError: stopped"))
    assert play.status() is ExecutionStatus.FAILED
    assert play.state.steps["a"].failure_reason == "ClientError: stopped"


def test_an_error_that_a_policy_names_is_tried_again_after_a_delay() -> None:
    play = Play(graph_of(job_step("a"), lambda_step("b", DependsOn=["a"])), max_parallel=1)
    for attempt in (1, 2):
        play.begin("a")
        play.end("a", Waiting(JOB, {"TrainingJob": {"Arn": "arn:job"}}))
        play.end("a", INTERNAL_ERROR)
        step = play.state.steps["a"]
        assert (step.status, step.attempt) == (StepStatus.STARTING, attempt + 1)
        assert (step.job, step.metadata, step.waiting) == (None, {}, False)
    assert play.delays == [10, 20]
    play.succeed("a")
    play.succeed("b")
    assert play.status() is ExecutionStatus.SUCCEEDED
    assert play.state.steps["a"].start_time == START.replace(second=1)


def test_when_the_attempts_are_used_up_the_step_has_failed() -> None:
    play = Play(graph_of(job_step("a")))
    for _ in range(3):
        play.begin("a")
        play.end("a", INTERNAL_ERROR)
    assert play.status() is ExecutionStatus.FAILED
    assert play.state.steps["a"].attempt == 3


def test_an_error_that_no_policy_names_fails_the_step_at_once() -> None:
    play = Play(graph_of(job_step("a")))
    play.begin("a")
    play.end("a", Failed("ClientError: AlgorithmError"))
    assert play.status() is ExecutionStatus.FAILED


def test_nothing_is_tried_again_while_the_execution_stops() -> None:
    play = Play(graph_of(job_step("a")))
    play.begin("a")
    play.take(StopRequested())
    play.end("a", INTERNAL_ERROR)
    assert play.statuses() == {"a": StepStatus.FAILED}
    assert play.status() is ExecutionStatus.STOPPED


def test_a_stop_during_the_delay_ends_the_step_and_what_comes_after_it_is_ignored() -> None:
    play = Play(graph_of(job_step("a")))
    play.begin("a")
    play.end("a", INTERNAL_ERROR)
    play.take(StopRequested())
    assert play.statuses() == {"a": StepStatus.STOPPED}
    assert not play.begin("a")


def test_what_an_earlier_attempt_still_tells_does_not_touch_the_present_one() -> None:
    play = Play(graph_of(job_step("a")))
    first = play.state.steps["a"].run
    play.begin("a")
    play.end("a", INTERNAL_ERROR)
    assert not play.take(StepBegun("a", {}, run=first))
    assert not play.take(StepEnded("a", Succeeded(), first))
    assert play.take(StepBegun("a", {}, run=play.state.steps["a"].run))


def test_a_retried_execution_keeps_what_has_succeeded_and_runs_the_rest() -> None:
    graph = graph_of(
        condition_step("c", [equals(1, 1)], [lambda_step("yes")], [lambda_step("no")]),
        lambda_step("b", DependsOn=["yes"]),
        lambda_step("d", DependsOn=["b"]),
    )
    play = Play(graph)
    play.begin("c")
    play.end("c", decide(True))
    play.succeed("yes")
    play.begin("b")
    play.end("b", TimedOut("late"))
    assert play.status() is ExecutionStatus.FAILED
    assert play.retry()
    assert play.status() is ExecutionStatus.EXECUTING
    assert (play.state.end_time, play.state.failure_reason) == (None, None)
    assert play.started == ["c", "yes", "b"]
    play.succeed("b")
    play.succeed("d")
    assert play.status() is ExecutionStatus.SUCCEEDED
    assert play.state.skipped == {"no"}


def test_a_stopped_execution_may_be_retried_with_another_parallelism() -> None:
    play = Play(graph_of(*(lambda_step(name) for name in "abc")), max_parallel=1)
    play.take(StopRequested())
    play.started.clear()
    play.told.clear()
    play.max_parallel = 2
    assert play.take(RetryRequested(2))
    assert play.started == ["a", "b"]


def test_an_execution_that_runs_or_has_succeeded_cannot_be_retried() -> None:
    play = Play(graph_of(lambda_step("a")))
    assert not play.take(RetryRequested())
    play.succeed("a")
    assert not play.take(RetryRequested())
