"""RetryPolicies: which are read, which are refused, when they try again."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.errors import ServiceError, ValidationError
from localcloud.sagemaker.pipelines.reading import DefinitionError, ExceptionType
from localcloud.sagemaker.pipelines.retry_policies import (
    delay_before_retry,
    parse_retry_policies,
    type_of_error,
    type_of_failure,
)

AT_ONCE = timedelta()


def delays(document: object, exception: ExceptionType | None, elapsed: timedelta = AT_ONCE) -> list[float]:
    """Give the delays before all retries there are, up to 30."""
    policies = parse_retry_policies([document], "Step 's'")
    found: list[float] = []
    while len(found) < 30:
        delay = delay_before_retry(policies, exception, len(found) + 1, elapsed)
        if delay is None:
            break
        found.append(delay)
    return found


def test_the_defaults_are_those_of_the_developer_guide() -> None:
    assert delays({"ExceptionType": ["Step.THROTTLING"]}, ExceptionType.THROTTLING) == [1, 2, 4, 8, 16]


def test_interval_rate_and_attempts_can_be_given() -> None:
    policy = {
        "ExceptionType": "Step.SERVICE_FAULT",
        "IntervalSeconds": 10,
        "BackoffRate": 1.5,
        "MaxAttempts": 3,
    }
    assert delays(policy, ExceptionType.SERVICE_FAULT) == [10, 15, 22.5]


def test_a_policy_with_an_expiry_tries_again_until_then() -> None:
    policy = {"ExceptionType": ["SageMaker.CAPACITY_ERROR"], "ExpireAfterMin": 5, "BackoffRate": 1}
    assert len(delays(policy, ExceptionType.CAPACITY_ERROR, timedelta(minutes=4, seconds=59))) == 30
    assert delays(policy, ExceptionType.CAPACITY_ERROR, timedelta(minutes=5)) == []


def test_no_delay_is_longer_than_the_longest_interval() -> None:
    policy = {"ExceptionType": ["Step.THROTTLING"], "BackoffRate": 1000, "MaxAttempts": 20}
    assert delays(policy, ExceptionType.THROTTLING)[-1] == 43_200


@pytest.mark.parametrize("exception", [None, ExceptionType.THROTTLING])
def test_what_no_policy_names_is_not_tried_again(exception: ExceptionType | None) -> None:
    assert delays({"ExceptionType": ["Step.SERVICE_FAULT"]}, exception) == []


def test_no_attempts_mean_none() -> None:
    policy = {"ExceptionType": ["Step.THROTTLING"], "MaxAttempts": 0}
    assert delays(policy, ExceptionType.THROTTLING) == []


@given(st.integers(0, 20), st.sampled_from(ExceptionType))
def test_there_are_never_more_retries_than_attempts(attempts: int, exception: ExceptionType) -> None:
    policy = {"ExceptionType": [exception.value], "MaxAttempts": attempts}
    assert len(delays(policy, exception)) == attempts


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"ExceptionType": ["Step.COLOUR"]}, "Value 'Step.COLOUR' for 'ExceptionType' failed"),
        ({"ExceptionType": []}, "ExceptionType must name at least one"),
        ({"ExceptionType": None}, "Expecting start of Json Array"),
        ({"MaxAttempts": 21}, "MaxAttempts must be an Integer from 0 to 20"),
        ({"MaxAttempts": True}, "MaxAttempts must be an Integer"),
        ({"IntervalSeconds": 43201}, "IntervalSeconds must be an Integer from 0 to 43200"),
        ({"IntervalSeconds": 1.5}, "IntervalSeconds must be an Integer"),
        ({"ExpireAfterMin": -1}, "ExpireAfterMin must be an Integer from 0 to 14400"),
        ({"BackoffRate": 0}, "BackoffRate must be a positive Float"),
        ({"BackoffRate": "2"}, "BackoffRate must be a positive Float"),
        ({"MaxAttempts": 1, "ExpireAfterMin": 1}, "only one of MaxAttempts and ExpireAfterMin"),
        ({"Colour": "red"}, "unknown property 'Colour'"),
    ],
)
def test_a_wrong_policy_is_refused(members: dict[str, object], message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        parse_retry_policies([{"ExceptionType": ["Step.THROTTLING"], **members}], "Step 's'")


def test_errors_of_operations_and_reasons_of_jobs_are_told_apart() -> None:
    assert type_of_error(ServiceError("ThrottlingException", "slow down")) is ExceptionType.THROTTLING
    assert type_of_error(ServiceError("ResourceLimitExceeded", "full")) is ExceptionType.RESOURCE_LIMIT
    assert type_of_error(ServiceError("InternalFailure", "sorry", 500)) is ExceptionType.SERVICE_FAULT
    assert type_of_error(ValidationError("wrong")) is None
    assert type_of_failure("InternalServerError: sorry") is ExceptionType.JOB_INTERNAL_ERROR
    assert type_of_failure("CapacityError: no instances") is ExceptionType.CAPACITY_ERROR
    assert type_of_failure("AlgorithmError: , exit code: 1") is None
