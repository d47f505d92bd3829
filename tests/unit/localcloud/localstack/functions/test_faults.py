import json
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.localstack.functions.faults import (
    error_type,
    exit_error,
    exit_reason,
    init_error,
    timeout_error,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("return_code", "reason"),
    [
        (0, "Runtime exited without providing a reason"),
        (7, "Runtime exited with error: exit status 7"),
        (-signal.SIGKILL, "Runtime exited with error: signal: killed"),
        (-signal.SIGSEGV, "Runtime exited with error: signal: segmentation fault"),
    ],
)
def test_the_end_of_a_process_is_worded_as_lambda_does(return_code: int, reason: str) -> None:
    assert exit_reason(return_code) == reason


def test_an_exit_names_the_request_and_the_reason() -> None:
    assert json.loads(exit_error("r-1", "Runtime exited with error: exit status 7")) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": "RequestId: r-1 Error: Runtime exited with error: exit status 7",
    }


def test_a_timeout_names_the_request_and_the_seconds() -> None:
    assert json.loads(timeout_error("r-1", 30)) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": "RequestId: r-1 Error: Task timed out after 30.00 seconds",
    }


@given(st.dictionaries(st.text(), JSON))
def test_an_init_error_gets_the_request_and_loses_nothing(error: dict[str, object]) -> None:
    named = json.loads(init_error("r-1", json.dumps(error).encode()))
    assert named == {**error, "requestId": error.get("requestId") or "r-1"}


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_payload_has_an_error_type(payload: bytes) -> None:
    assert error_type(payload)


def test_the_error_type_is_the_one_the_function_raised() -> None:
    assert error_type(b'{"errorType": "ValueError", "errorMessage": "no"}') == "ValueError"


@given(st.binary())
def test_what_is_no_error_document_is_passed_on_as_it_is(payload: bytes) -> None:
    try:
        json.loads(payload)
    except ValueError:
        assert init_error("r-1", payload) == payload
