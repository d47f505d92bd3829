import json

import pytest

from driver.executions.outcomes import describe_failure, describe_output, describe_reason
from driver.model.status import StateMachineStatus
from lambda_src.shared.calls import PassingError, RefusedError
from lambda_src.shared.events import EventError
from lambda_src.start_pipeline.core import InvalidInputError

DELIBERATE = (EventError, InvalidInputError, PassingError, RefusedError)  # of the functions around a pipeline


def test_an_output_is_laid_out_value_by_value() -> None:
    output = {"pipelineExecutionArn": "arn", "results": {"vej_status": "COMPLETED", "rows": 3, "empty": {}}}
    assert describe_output(json.dumps(output)) == [
        "pipelineExecutionArn  arn",
        "results",
        "  vej_status  COMPLETED",
        "  rows        3",
        "  empty       {}",
    ]


@pytest.mark.parametrize("text", ["", "[1, 2]", '"done"', "{not json"])
def test_any_other_output_is_shown_as_it_is(text: str) -> None:
    assert describe_output(text) == [text]


RAISED = {
    "errorMessage": "parameter_x is no parameter",
    "errorType": "InvalidInputError",
    "stackTrace": ["  File a\n", "  File b\n"],
}


@pytest.mark.parametrize(
    ("error", "cause", "reason"),
    [
        ("PipelineExecutionFailed", "Step a failed: no", "PipelineExecutionFailed: Step a failed: no"),
        ("States.Timeout", "", "States.Timeout"),
        ("", "by hand", "by hand"),
        ("", "", ""),
        ("E", "{}", "E: {}"),
        ("E", json.dumps({"errorMessage": "no"}), "E: no"),
        (
            "KeyError",
            json.dumps({**RAISED, "errorType": "KeyError"}),
            "KeyError: parameter_x is no parameter\n    File a\n    File b",
        ),
        *(
            (kind, json.dumps({**RAISED, "errorType": kind}), f"{kind}: parameter_x is no parameter")
            for kind in (error.__name__ for error in DELIBERATE)
        ),
    ],
)
def test_a_reason_is_error_and_cause_in_words(error: str, cause: str, reason: str) -> None:
    assert describe_reason(StateMachineStatus.FAILED, error, cause) == reason


def test_a_state_machine_that_ran_out_of_time_says_so_where_aws_says_nothing() -> None:
    assert "TimeoutSeconds" in describe_reason(StateMachineStatus.TIMED_OUT, "", "")
    assert describe_reason(StateMachineStatus.TIMED_OUT, "States.Timeout", "") == "States.Timeout"


JOB = json.dumps(
    {"TrainingJobName": "job-1", "TrainingJobStatus": "Failed", "FailureReason": "AlgorithmError: x"}
)
NESTED = json.dumps(
    {
        "ExecutionArn": "arn:aws:states:us-west-2:000000000000:execution:sagestep-train:run-1",
        "Status": "FAILED",
        "Error": "States.TaskFailed",
        "Cause": JOB,
    }
)


@pytest.mark.parametrize(
    ("error", "cause", "text"),
    [
        ("States.TaskFailed", JOB, "States.TaskFailed: job-1: AlgorithmError: x"),
        ("E", '{"FailureReason": "no capacity"}', "E: no capacity"),
        ("E", '{"FailureReason": ', 'E: {"FailureReason":'),
        (
            "States.TaskFailed",
            NESTED,
            (
                "States.TaskFailed: execution sagestep-train:run-1 ended FAILED: "
                "States.TaskFailed: job-1: AlgorithmError: x"
            ),
        ),
        ("E", json.dumps({"ExecutionArn": "a:b", "Status": "ABORTED"}), "E: execution a:b ended ABORTED"),
        ("", "", ""),
    ],
)
def test_the_reason_is_found_within_a_cause(error: str, cause: str, text: str) -> None:
    assert describe_failure(error, cause) == text


def test_a_long_list_has_a_line_for_each_item_and_does_not_widen_the_column() -> None:
    long = ["x" * 30, "y" * 30]
    assert describe_output(json.dumps({"a": 1, "a_long_name": long, "few": ["é"]})) == [
        "a    1",
        "a_long_name",
        f"  {long[0]}",
        f"  {long[1]}",
        'few  ["é"]',
    ]
