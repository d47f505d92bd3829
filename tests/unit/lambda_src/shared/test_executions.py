import pytest

from lambda_src.shared.answers import Delivery
from lambda_src.shared.calls import PassingError, RefusedError
from lambda_src.shared.executions import PipelineExecutions, answer_outcome
from lambda_src.shared.outcomes import Step
from lambda_src.shared.tasks import Tasks
from lambda_src.shared.token_store import TokenStore
from tests.unit.lambda_src.runs import EXECUTION_ARN, NAMES, RUN_ID, TOKEN, URI, RunCloud, step


@pytest.fixture
def executions(cloud: RunCloud) -> PipelineExecutions:
    return PipelineExecutions(cloud.client, NAMES)


def answered(cloud: RunCloud) -> Delivery | None:
    store, tasks = TokenStore(cloud.client, URI), Tasks(cloud.client)
    executions = PipelineExecutions(cloud.client, NAMES)
    return answer_outcome(RUN_ID, executions.describe(EXECUTION_ARN), executions, store, tasks)


def test_the_steps_of_all_pages_are_listed(cloud: RunCloud, executions: PipelineExecutions) -> None:
    cloud.expect_steps([step("one", "Succeeded")], [step("two", "Failed", "Because.")])
    assert list(map(Step.of, executions.steps(EXECUTION_ARN))) == [
        Step("one", "Succeeded"),
        Step("two", "Failed", "Because."),
    ]


def test_an_execution_is_stopped_by_a_token_of_its_run(
    cloud: RunCloud, executions: PipelineExecutions
) -> None:
    cloud.expect_stop()
    assert executions.stop(EXECUTION_ARN, RUN_ID)


@pytest.mark.parametrize("code", ["ConflictException", "ValidationException"])
@pytest.mark.parametrize("status", ["Succeeded", "Failed", "Stopped", "Stopping"])
def test_an_execution_that_has_ended_need_not_be_stopped(
    cloud: RunCloud, executions: PipelineExecutions, code: str, status: str
) -> None:
    cloud.sagemaker.add_client_error("stop_pipeline_execution", code)
    cloud.expect_describe(status)
    assert not executions.stop(EXECUTION_ARN, RUN_ID)


@pytest.mark.parametrize(
    ("code", "error"), [("ConflictException", PassingError), ("AccessDeniedException", RefusedError)]
)
def test_an_execution_that_runs_on_although_it_should_stop_is_an_error(
    cloud: RunCloud, executions: PipelineExecutions, code: str, error: type[Exception]
) -> None:
    cloud.sagemaker.add_client_error("stop_pipeline_execution", code)
    cloud.expect_describe("Executing")
    with pytest.raises(error, match=code):
        executions.stop(EXECUTION_ARN, RUN_ID)


def test_the_steps_are_only_asked_for_when_they_are_needed(cloud: RunCloud) -> None:
    cloud.expect_describe("Executing")
    cloud.expect_read({"00aa": TOKEN})
    assert answered(cloud) is None


def test_a_failed_execution_is_told_to_all_tasks_of_its_run(cloud: RunCloud) -> None:
    cause = f"Step one failed: Because.\nPipeline execution failed: Steps failed.\n{EXECUTION_ARN}"
    cloud.expect_describe("Failed", "Steps failed.")
    cloud.expect_steps([step("one", "Failed", "Because.")])
    cloud.expect_read({"00aa": "one", "00bb": "two"})
    cloud.expect_failure("PipelineExecutionFailed", cause, token="one")
    cloud.states.add_client_error("send_task_failure", "TaskTimedOut")
    assert answered(cloud) is Delivery.ANSWERED


def test_an_execution_that_succeeded_hands_on_the_output_that_was_stored(cloud: RunCloud) -> None:
    cloud.expect_describe("Succeeded")
    cloud.expect_read({"00aa": TOKEN, "output": '{"results": 1}'})
    cloud.expect_success('{"results": 1}')
    assert answered(cloud) is Delivery.ANSWERED
