import pytest

from lambda_src.shared.answers import Answer, Delivery, Failure, Success
from lambda_src.shared.calls import PassingError, RefusedError
from lambda_src.shared.tasks import Tasks
from tests.unit.lambda_src.runs import DEAD_TOKEN, RunCloud


@pytest.fixture
def tasks(cloud: RunCloud) -> Tasks:
    return Tasks(cloud.client)


def test_every_token_of_a_run_is_answered(cloud: RunCloud, tasks: Tasks) -> None:
    cloud.expect_success("{}", token="one")
    cloud.expect_success("{}", token="two")
    assert tasks.answer(["one", "two"], Success("{}")) is Delivery.ANSWERED


@pytest.mark.parametrize("code", DEAD_TOKEN)
def test_dead_tokens_do_not_keep_living_ones_from_their_answer(
    cloud: RunCloud, tasks: Tasks, code: str
) -> None:
    cloud.states.add_client_error("send_task_failure", code)
    cloud.expect_failure("Error", "cause", token="living")
    cloud.states.add_client_error("send_task_failure", code)
    answer = Failure("Error", "cause")
    assert tasks.answer(["dead", "living", "dead too"], answer) is Delivery.ANSWERED


@pytest.mark.parametrize("code", DEAD_TOKEN)
@pytest.mark.parametrize("answer", [Success("{}"), Failure("Error", "cause")], ids=["success", "failure"])
def test_an_answer_that_comes_too_late_is_reported_not_raised(
    cloud: RunCloud, tasks: Tasks, code: str, answer: Answer
) -> None:
    call = "send_task_success" if isinstance(answer, Success) else "send_task_failure"
    cloud.states.add_client_error(call, code)
    assert tasks.answer(["dead"], answer) is Delivery.DEAD


def test_a_run_without_tokens_has_nobody_to_answer(tasks: Tasks) -> None:
    assert tasks.answer([], Success("{}")) is Delivery.NONE


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("AccessDeniedException", 400, RefusedError),
        ("InvalidOutput", 400, RefusedError),
        ("ThrottlingException", 400, PassingError),
        ("ServiceUnavailable", 503, PassingError),
    ],
)
def test_an_answer_that_aws_did_not_take_is_raised(
    cloud: RunCloud, tasks: Tasks, code: str, status: int, error: type[Exception]
) -> None:
    cloud.states.add_client_error("send_task_success", code, http_status_code=status)
    with pytest.raises(error, match=code):
        tasks.answer(["token"], Success("{}"))


def test_a_heartbeat_reaches_every_token_and_tells_whether_anybody_waits(
    cloud: RunCloud, tasks: Tasks
) -> None:
    cloud.expect_heartbeat("one")
    cloud.states.add_client_error("send_task_heartbeat", "TaskTimedOut")
    assert tasks.heartbeat(["one", "two"])
    cloud.states.add_client_error("send_task_heartbeat", "TaskDoesNotExist")
    assert not tasks.heartbeat(["one"])
