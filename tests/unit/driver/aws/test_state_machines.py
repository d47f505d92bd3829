from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from driver.aws.history import Reading
from driver.aws.state_machines import StateMachines
from driver.model.exceptions import NotDeployedError, WrongUseError
from driver.model.status import StateMachineStatus
from driver.model.values import StateMachineExecution
from tests.unit.driver.fakes import NOON, RUNS, STATE_MACHINE

RUN = f"{RUNS}:run-1"
LATER = NOON + timedelta(seconds=3)
ASKED = {"executionArn": RUN, "reverseOrder": True, "maxResults": 1000}
Event = dict[str, object]


@pytest.fixture(scope="module")
def client() -> object:
    return boto3.client(
        "stepfunctions", region_name="us-west-2", aws_access_key_id="test", aws_secret_access_key="test"
    )


@pytest.fixture
def step_functions(client: object) -> Iterator[Stubber]:
    with Stubber(client) as stubber:  # type: ignore[arg-type]
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def state_machines(step_functions: Stubber) -> StateMachines:
    return StateMachines(step_functions.client)  # type: ignore[arg-type]


def history(*events: tuple[str, Event]) -> dict[str, object]:
    """Make an answer out of events in their order, as AWS gives it when asked for the newest first."""
    numbered = [
        {"type": kind, "id": number, "timestamp": NOON if number == 1 else LATER, **details}
        for number, (kind, details) in enumerate(events, 1)
    ]
    return {"events": numbered[::-1]}


def submitted(output: str) -> tuple[str, Event]:
    details = {"resourceType": "lambda", "resource": "invoke.waitForTaskToken", "output": output}
    return "TaskSubmitted", {"taskSubmittedEventDetails": details}


STARTED: tuple[str, Event] = ("ExecutionStarted", {})


def test_a_run_is_started_under_its_own_name_with_the_pipelines_parameters(
    step_functions: Stubber, state_machines: StateMachines
) -> None:
    step_functions.add_response(
        "start_execution",
        {"executionArn": RUN, "startDate": NOON},
        {
            "stateMachineArn": STATE_MACHINE,
            "name": "run-1",
            "input": '{"parameters": {"parameter_region": "us-west-2"}}',
        },
    )
    assert (
        state_machines.start(STATE_MACHINE, "run-1", {"parameters": {"parameter_region": "us-west-2"}}) == RUN
    )


def test_a_state_machine_that_is_gone_says_what_to_run(
    step_functions: Stubber, state_machines: StateMachines
) -> None:
    step_functions.add_client_error("start_execution", "StateMachineDoesNotExist", "does not exist")
    with pytest.raises(NotDeployedError, match="invoke up"):
        state_machines.start(STATE_MACHINE, "run-1", {})


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"status": "RUNNING"}, StateMachineStatus.RUNNING),
        ({"status": "SUCCEEDED", "output": '{"results": {}}'}, StateMachineStatus.SUCCEEDED),
        ({"status": "FAILED", "error": "E", "cause": "Step a failed"}, StateMachineStatus.FAILED),
        ({"status": "TIMED_OUT"}, StateMachineStatus.TIMED_OUT),
        ({"status": "ABORTED", "cause": "by hand"}, StateMachineStatus.ABORTED),
        ({"status": "PENDING_REDRIVE"}, StateMachineStatus.PENDING_REDRIVE),
    ],
)
def test_an_execution_is_described_with_what_it_ended_with(
    step_functions: Stubber, state_machines: StateMachines, answer: dict[str, str], status: StateMachineStatus
) -> None:
    ended = {"stopDate": LATER} if status.is_terminal else {}
    described = {"executionArn": RUN, "stateMachineArn": STATE_MACHINE, "startDate": NOON, **answer, **ended}
    step_functions.add_response("describe_execution", described, {"executionArn": RUN})
    said = {name: text for name, text in answer.items() if name != "status"}
    expected = StateMachineExecution(RUN, status, NOON, ended.get("stopDate"), **said)
    assert state_machines.describe(RUN) == expected


@pytest.mark.parametrize("code", ["ExecutionDoesNotExist", "InvalidArn"])
def test_a_run_that_does_not_exist_is_the_users_slip(
    step_functions: Stubber, state_machines: StateMachines, code: str
) -> None:
    step_functions.add_client_error("describe_execution", code, "does not exist")
    with pytest.raises(WrongUseError, match="run-1"):
        state_machines.describe(RUN)


def test_a_history_is_read_on_where_it_was_left(
    step_functions: Stubber, state_machines: StateMachines
) -> None:
    answer = history(STARTED, submitted("{}")) | {"nextToken": "more"}
    step_functions.add_response("get_execution_history", answer, ASKED)
    page = state_machines.history(RUN, Reading())
    assert [event.id for event in page.events] == [2, 1]
    assert page.events[0].details["resource"] == "invoke.waitForTaskToken"
    assert (page.events[1].previous, page.events[1].details) == (0, {})
    assert page.next_token == "more"
    step_functions.add_response("get_execution_history", history(), ASKED | {"nextToken": "more"})
    assert state_machines.history(RUN, Reading(0, page.events, "more")).next_token == ""


def test_the_history_of_nothing_is_the_users_slip(
    step_functions: Stubber, state_machines: StateMachines
) -> None:
    step_functions.add_client_error("get_execution_history", "ExecutionDoesNotExist", "does not exist")
    with pytest.raises(WrongUseError, match="no execution run-1 of sagestep-run-pipeline"):
        state_machines.history(RUN, Reading())


def test_a_definition_is_read_as_it_is_or_as_it_was(
    step_functions: Stubber, state_machines: StateMachines
) -> None:
    described = {
        "stateMachineArn": STATE_MACHINE,
        "name": "sagestep-run-pipeline",
        "definition": '{"StartAt": "RunPipeline"}',
        "roleArn": "arn:aws:iam::000000000000:role/sagestep",
    }
    more = {"type": "STANDARD", "creationDate": NOON}
    step_functions.add_response(
        "describe_state_machine", described | more, {"stateMachineArn": STATE_MACHINE}
    )
    step_functions.add_response(
        "describe_state_machine_for_execution", described | {"updateDate": NOON}, {"executionArn": RUN}
    )
    assert state_machines.definition(STATE_MACHINE) == {"StartAt": "RunPipeline"}
    assert state_machines.definition_of_execution(RUN) == {"StartAt": "RunPipeline"}


def test_what_is_gone_has_no_definition(step_functions: Stubber, state_machines: StateMachines) -> None:
    step_functions.add_client_error("describe_state_machine", "StateMachineDoesNotExist", "gone")
    with pytest.raises(NotDeployedError, match="no state machine sagestep-run-pipeline"):
        state_machines.definition(STATE_MACHINE)
    step_functions.add_client_error("describe_state_machine_for_execution", "ExecutionDoesNotExist", "gone")
    with pytest.raises(WrongUseError, match="no execution run-1"):
        state_machines.definition_of_execution(RUN)


def test_runs_that_stand_in_one_way_can_be_listed_alone(
    step_functions: Stubber, state_machines: StateMachines
) -> None:
    asked = {"stateMachineArn": STATE_MACHINE, "maxResults": 100, "statusFilter": "RUNNING"}
    step_functions.add_response("list_executions", {"executions": []}, asked)
    assert list(state_machines.executions(STATE_MACHINE, StateMachineStatus.RUNNING)) == []


def test_runs_are_listed_page_by_page(step_functions: Stubber, state_machines: StateMachines) -> None:
    for name, status, token in (("b", "RUNNING", "more"), ("a", "ABORTED", None)):
        item = {
            "executionArn": f"{RUNS}:{name}",
            "stateMachineArn": STATE_MACHINE,
            "name": name,
            "status": status,
            "startDate": NOON,
        } | ({} if token else {"stopDate": LATER})
        asked = {"stateMachineArn": STATE_MACHINE, "maxResults": 100} | (
            {} if token else {"nextToken": "more"}
        )
        step_functions.add_response(
            "list_executions", {"executions": [item]} | ({"nextToken": token} if token else {}), asked
        )
    assert list(state_machines.executions(STATE_MACHINE)) == [
        StateMachineExecution(f"{RUNS}:b", StateMachineStatus.RUNNING, NOON),
        StateMachineExecution(f"{RUNS}:a", StateMachineStatus.ABORTED, NOON, LATER),
    ]


def test_a_state_machine_that_does_not_exist_has_no_runs(
    step_functions: Stubber, state_machines: StateMachines
) -> None:
    step_functions.add_client_error("list_executions", "StateMachineDoesNotExist", "no such state machine")
    assert list(state_machines.executions(STATE_MACHINE)) == []


@pytest.mark.parametrize(("ended", "is_refused"), [(True, False), (False, True)])
def test_stopping_what_has_just_ended_is_no_error(
    step_functions: Stubber, state_machines: StateMachines, ended: bool, is_refused: bool
) -> None:
    step_functions.add_client_error("stop_execution", "ValidationException", "It cannot be stopped.")
    status = "SUCCEEDED" if ended else "RUNNING"
    described = {"executionArn": RUN, "stateMachineArn": STATE_MACHINE, "startDate": NOON, "status": status}
    step_functions.add_response("describe_execution", described)
    with pytest.raises(ClientError) if is_refused else nullcontext():
        state_machines.stop(RUN)


def test_whoever_looks_later_is_told_who_stopped_it(
    step_functions: Stubber, state_machines: StateMachines
) -> None:
    step_functions.add_response(
        "stop_execution",
        {"stopDate": NOON},
        {
            "executionArn": RUN,
            "error": "StoppedByUser",
            "cause": "It was stopped with `invoke stop` or `down`.",
        },
    )
    state_machines.stop(RUN)
