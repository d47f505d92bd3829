import pytest
from botocore.loaders import Loader
from hypothesis import given
from hypothesis import strategies as st

from lambda_src.shared.answers import CAUSE_LIMIT, ERROR_LIMIT, OUTPUT_LIMIT, Failure, Success
from lambda_src.shared.outcomes import PipelineExecution, Step, answer
from tests.unit.lambda_src.runs import EXECUTION_ARN, NOW

STATUSES: list[str] = Loader().load_service_model("sagemaker", "service-2")["shapes"][
    "PipelineExecutionStatus"
]["enum"]
STATES = Loader().load_service_model("stepfunctions", "service-2")["shapes"]
STORED = '{"stored": true}'


def execution(status: str, reason: str = "") -> PipelineExecution:
    return PipelineExecution(EXECUTION_ARN, status, NOW, reason)


def failure(status: str, *steps: Step, reason: str = "") -> Failure:
    decided = answer(execution(status, reason), steps, None)
    assert isinstance(decided, Failure)
    return decided


def test_the_limits_are_those_of_the_api() -> None:
    limits = [STATES[name]["max"] for name in ("SensitiveError", "SensitiveCause", "SensitiveData")]
    assert limits == [ERROR_LIMIT, CAUSE_LIMIT, OUTPUT_LIMIT]


def test_the_failed_steps_come_first_then_the_execution() -> None:
    steps = [
        Step("prepare", "Succeeded"),
        Step("train", "Failed", "ClientError: out of disk"),
        Step("report", "Failed"),
        Step("publish", "Stopped"),
    ]
    assert failure("Failed", *steps, reason="One or multiple\nsteps failed.") == Failure(
        "PipelineExecutionFailed",
        "Step train failed: ClientError: out of disk\n"
        "Step report failed: AWS gave no reason.\n"
        "Step publish was stopped.\n"
        "Pipeline execution failed: One or multiple steps failed.\n" + EXECUTION_ARN,
    )


def test_without_a_failed_step_the_reason_of_the_execution_stands_alone() -> None:
    assert failure("Failed", Step("train", "Succeeded"), reason="The role is gone.").cause == (
        f"Pipeline execution failed: The role is gone.\n{EXECUTION_ARN}"
    )


def test_a_stopped_execution_says_so() -> None:
    assert failure("Stopped", Step("wait", "Stopped")) == Failure(
        "PipelineExecutionStopped",
        f"Step wait was stopped.\nPipeline execution was stopped.\n{EXECUTION_ARN}",
    )


@given(st.lists(st.text(max_size=1024), max_size=60), st.text(max_size=2000))
def test_a_cut_cause_keeps_the_first_failure_and_the_arn(reasons: list[str], reason: str) -> None:
    steps = [Step(f"step-{number}", "Failed", text) for number, text in enumerate(reasons)]
    decided = failure("Failed", *steps, reason=reason)
    assert len(decided.cause) <= CAUSE_LIMIT
    assert decided.cause.endswith(EXECUTION_ARN)
    if reasons and reasons[0]:
        assert decided.cause.startswith(f"Step step-0 failed: {reasons[0]}")


def test_long_reasons_of_many_steps_are_cut() -> None:
    steps = [Step(f"step-{number}", "Failed", "x" * 1024) for number in range(200)]
    cause = failure("Failed", *steps, reason="r" * 1300).cause
    assert len(cause) == CAUSE_LIMIT
    assert "…\nPipeline execution failed: rrr" in cause


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_has_its_answer(status: str) -> None:
    waiting = {"Executing", "Stopping", "Succeeded"}
    decided = answer(execution(status), [], None)
    if status in waiting:
        assert decided is None
    else:
        assert isinstance(decided, Failure)
        assert ("Stopped" in decided.error) == (status == "Stopped")


@pytest.mark.parametrize("status", STATUSES)
def test_an_output_that_came_is_handed_on_unless_the_execution_failed(status: str) -> None:
    failed = status in {"Failed", "Stopped", "CompletedWithFailures"}
    assert (answer(execution(status), [], STORED) == Success(STORED)) == (not failed)


def test_a_status_that_aws_may_add_is_waited_for() -> None:
    assert answer(execution("Pondering"), [], None) is None
