"""Condition and Fail steps, as an execution shows them."""

import pytest

from tests.unit.localcloud.sagemaker.cloud import (
    Cloud,
    Document,
    condition_step,
    equals,
    fail_step,
    get,
    lambda_step,
)

SIZE = [{"Name": "size", "Type": "Integer", "DefaultValue": 3}]


@pytest.mark.parametrize(("right", "outcome", "taken"), [(3, "True", "yes"), (4, "False", "no")])
def test_only_the_branch_taken_runs_and_is_listed(cloud: Cloud, right: int, outcome: str, taken: str) -> None:
    decision = condition_step(
        "decide", [equals(get("Parameters.size"), right)], [lambda_step("yes")], [lambda_step("no")]
    )
    arn = cloud.run(decision, Parameters=SIZE)
    steps = cloud.steps(arn)
    assert list(steps) == ["decide", taken]
    assert steps["decide"]["Metadata"] == {"Condition": {"Outcome": outcome}}
    assert cloud.describe(arn)["PipelineExecutionStatus"] == "Succeeded"


@pytest.mark.parametrize("branches", [{}, {"IfSteps": None, "ElseSteps": []}])
def test_a_condition_step_needs_no_branches(cloud: Cloud, branches: Document) -> None:
    step = condition_step("c", [equals(1, 1)])
    step["Arguments"] = {"Conditions": [equals(1, 1)]} | branches
    arn = cloud.run(step)
    assert cloud.statuses(arn) == {"c": "Succeeded"}
    assert cloud.describe(arn)["PipelineExecutionStatus"] == "Succeeded"


def test_all_conditions_must_hold(cloud: Cloud) -> None:
    conditions = [equals(1, 1), equals(get("Parameters.size"), 4)]
    arn = cloud.run(condition_step("decide", conditions, [fail_step("yes")]), Parameters=SIZE)
    assert cloud.statuses(arn) == {"decide": "Succeeded"}


def test_values_that_cannot_be_compared_fail_the_condition_step(cloud: Cloud) -> None:
    arn = cloud.run(condition_step("decide", [equals(get("Parameters.size"), "3")]), Parameters=SIZE)
    step = cloud.steps(arn)["decide"]
    assert step["StepStatus"] == "Failed"
    assert step["FailureReason"] == (
        "ClientError: Condition of type [Equals] is not supported between [3] of type [Integer] "
        "and [3] of type [String]."
    )


# What follows is what AWS's own integration tests of the SageMaker Python SDK expect (test_fail_steps.py).


def test_a_fail_step_ends_the_execution_with_its_message(cloud: Cloud) -> None:
    message = {
        "Std:Join": {"On": ": ", "Values": ["Failed due to xxx == yyy returns", get("Steps.decide.Outcome")]}
    }
    arn = cloud.run(
        condition_step("decide", [equals(get("Parameters.size"), 1)]),
        fail_step("stop", message),
        Parameters=SIZE,
    )
    step = cloud.steps(arn)["stop"]
    assert step["StepStatus"] == "Failed"
    assert step["FailureReason"] == "Failed due to xxx == yyy returns: false"
    assert step["Metadata"] == {"Fail": {"ErrorMessage": "Failed due to xxx == yyy returns: false"}}
    description = cloud.describe(arn)
    assert description["PipelineExecutionStatus"] == "Failed"
    assert description["FailureReason"] == "Step failure: One or multiple steps failed."


def test_a_fail_step_without_a_message_has_no_reason(cloud: Cloud) -> None:
    arn = cloud.run({"Name": "stop", "Type": "Fail"})
    step = cloud.steps(arn)["stop"]
    assert "FailureReason" not in step
    assert step["Metadata"] == {"Fail": {"ErrorMessage": ""}}


def test_a_long_message_is_cut_to_what_the_api_can_tell(cloud: Cloud) -> None:
    arn = cloud.run(fail_step("stop", "x" * 4000))
    step = cloud.steps(arn)["stop"]
    assert step["FailureReason"] == "x" * 1024
    assert step["Metadata"] == {"Fail": {"ErrorMessage": "x" * 3072}}
