from dataclasses import replace

import pytest

from driver.executions.names import Kind
from driver.executions.trace import Outcome, Trace
from driver.inspection.page.failure import Failure, caught_spans, failure_of
from driver.model.status import StateMachineStatus
from tests.unit.driver.inspection.page.samples import REASON, pipeline, run_pipeline, span, trace, train_many


def failure(execution: Trace) -> Failure:
    found = failure_of(execution)
    assert found is not None
    return found


def test_what_did_not_fail_has_no_failure() -> None:
    assert failure_of(run_pipeline()) is None


def test_where_a_catch_led_to_the_end_it_is_what_was_caught() -> None:
    found = failure(train_many())
    assert found.place == ("sagestep-train-many", "Train each[1]", "Train")
    assert (found.headline, found.details) == (REASON, "at line 7")
    assert found.ended_with.startswith("TooManyModelsFailed: 1 of 2")
    assert found.others == 0
    assert "container" in found.advice
    assert caught_spans(train_many()) == 1


def test_of_several_that_were_caught_it_is_the_one_the_execution_names() -> None:
    caught = [
        span(n, i, i + 1, Outcome.CAUGHT, reason=f"{n} broke") for i, n in enumerate(("One", "Two", "Three"))
    ]
    made = trace(*caught, outcome=Outcome.FAILED, error="Failed", cause="Two broke")
    assert failure(made).place[-1] == "Two"
    assert failure(made).ended_with == "Failed: Two broke"
    assert failure(replace(made, error="", cause="")).place[-1] == "One"


def test_what_a_map_put_up_with_is_not_why_it_failed() -> None:
    first = span("Train", 0, 1, Outcome.FAILED, branch=("Each[0]",), reason="one model")
    last = span("Best", 5, 6, Outcome.FAILED, reason="States.Runtime: no such path")
    found = failure(trace(first, last, outcome=Outcome.FAILED))
    assert (found.place[-1], found.others) == ("Best", 1)


def test_the_reason_is_found_in_the_execution_within() -> None:
    steps = span("vej-processing-step", 1, 2, Outcome.FAILED, kind="Lambda", reason="AccessDenied: no role")
    inner = pipeline(Outcome.FAILED, steps, cause="Step failure: One or multiple steps failed.")
    state = span("RunPipeline", 0, 4, Outcome.FAILED, reason="the pipeline failed", resource_arn=inner.arn)
    found = failure(
        trace(state, outcome=Outcome.FAILED, subject="run", children=[inner], error="States.TaskFailed")
    )
    assert found.place == ("run", "RunPipeline", "sagestep-geospatial", "vej-processing-step")
    assert found.headline == "AccessDenied: no role"
    assert found.others == 0
    assert "permission" in found.advice


@pytest.mark.parametrize("kind", ["Map", "Fail", "Task"])
def test_an_execution_within_that_no_state_names_is_asked_too(kind: str) -> None:
    inner = pipeline(Outcome.FAILED, span("export", 1, 2, Outcome.FAILED, reason="no bucket"))
    state = span("Outer", 0, 4, Outcome.FAILED, kind=kind)
    for spans in ((), (state,)):
        found = failure(trace(*spans, outcome=Outcome.FAILED, children=[inner]))
        assert found.headline == "no bucket"


def test_a_map_alone_tells_its_own_reason() -> None:
    made = trace(span("Each", 0, 1, Outcome.FAILED, kind="Map", reason="too many"), outcome=Outcome.FAILED)
    assert failure(made).headline == "too many"


def test_without_a_reason_anywhere_it_is_the_execution_s_own_or_said_to_be_missing() -> None:
    state = span("Train", 0, 1, Outcome.FAILED)
    told = failure(trace(state, outcome=Outcome.FAILED, error="States.Runtime", cause="bad path"))
    assert told.headline == "States.Runtime: bad path"
    assert failure(trace(state, outcome=Outcome.FAILED)).headline == "AWS gives no reason."
    assert failure(pipeline(Outcome.FAILED)).headline.startswith("AWS gives")


def test_an_execution_that_took_too_long_says_so() -> None:
    late = trace(outcome=Outcome.FAILED, status=StateMachineStatus.TIMED_OUT)
    assert late.kind is Kind.WORKFLOW
    assert "TimeoutSeconds" in failure(late).headline


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ("States.HeartbeatTimeout", "pipeline_heartbeat_seconds"),
        ("States.Timeout", "longer than its limit"),
        ("States.Timeout", "pipeline_heartbeat_seconds"),
        ("NoSuchKey: The specified key does not exist", "names does not exist"),
        ("InvalidInputError: parameter x", "refused"),
        ("ThrottlingException: Rate exceeded", "quota"),
        ("something else", "log of the step"),
    ],
)
def test_each_kind_of_failure_has_its_advice(reason: str, advice: str) -> None:
    made = trace(span("Train", 0, 1, Outcome.FAILED, reason=reason), outcome=Outcome.FAILED)
    assert advice in failure(made).advice
