import botocore.session
import pytest

from driver.model.status import StateMachineStatus, Status


@pytest.mark.parametrize("shape", ["PipelineExecutionStatus", "StepStatus"])
def test_every_status_aws_knows_is_known(shape: str) -> None:
    model = botocore.session.get_session().get_service_model("sagemaker")
    for word in model.shape_for(shape).metadata["enum"]:
        assert Status.parse(word) == word


def test_every_status_of_a_state_machine_is_known() -> None:
    model = botocore.session.get_session().get_service_model("stepfunctions")
    for word in model.shape_for("ExecutionStatus").metadata["enum"]:
        assert StateMachineStatus.parse(word) == word


def test_a_word_of_the_future_is_not_the_end() -> None:
    assert Status.parse("Pausing") is Status.UNKNOWN
    assert not Status.UNKNOWN.is_terminal
    assert StateMachineStatus.parse("PAUSED") is StateMachineStatus.UNKNOWN


def test_only_an_end_is_terminal() -> None:
    assert {status for status in Status if status.is_terminal} == {
        "Stopped",
        "Failed",
        "Succeeded",
        "CompletedWithFailures",
    }
    assert {status for status in StateMachineStatus if status.is_terminal} == {
        "SUCCEEDED",
        "FAILED",
        "TIMED_OUT",
        "ABORTED",
    }
