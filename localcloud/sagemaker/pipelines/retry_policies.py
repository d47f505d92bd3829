"""RetryPolicies of a step: which errors are tried again, how often, and after how long.

Exception types, defaults and limits are those of the developer guide ("Retry Policy for Pipeline Steps").
AWS retries faults of a service and throttling by itself as well, by rules that it does not document; the
local cloud tries again what a policy names.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from localcloud.errors import ServiceError
from localcloud.sagemaker.pipelines.reading import (
    DefinitionError,
    ExceptionType,
    only_members,
    take_choice,
    take_list,
    take_object,
)

_LONGEST_INTERVAL = 43_200  # seconds
_MOST_ATTEMPTS = 20
_DEFAULT_ATTEMPTS = 5
_LATEST_EXPIRY = 14_400  # minutes


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """One policy; `max_attempts` counts retries, `expire_after` from the step's start."""

    exception_types: frozenset[ExceptionType]
    interval: float
    backoff_rate: float
    max_attempts: int | None
    expire_after: timedelta | None


def delay_before_retry(
    policies: Iterable[RetryPolicy], exception: ExceptionType | None, attempt: int, elapsed: timedelta
) -> float | None:
    """Tell after how many seconds a failed attempt is to be repeated; None where it is not.

    `attempt`: which attempt has failed, counted from 1.
    `elapsed`: how long ago the step started.
    """
    for policy in policies:
        if exception not in policy.exception_types:
            continue
        if policy.max_attempts is not None and attempt > policy.max_attempts:
            return None
        if policy.expire_after is not None and elapsed >= policy.expire_after:
            return None
        return min(policy.interval * policy.backoff_rate ** (attempt - 1), float(_LONGEST_INTERVAL))
    return None


def type_of_error(error: ServiceError) -> ExceptionType | None:
    """Tell what kind of exception an operation's error is."""
    if error.code in {"ThrottlingException", "Throttling", "TooManyRequestsException"}:
        return ExceptionType.THROTTLING
    if error.code == "ResourceLimitExceeded":
        return ExceptionType.RESOURCE_LIMIT
    return ExceptionType.SERVICE_FAULT if error.status >= 500 else None


def type_of_failure(reason: str) -> ExceptionType | None:
    """Tell what kind of exception the FailureReason of a job speaks of: its first word says."""
    if reason.startswith("InternalServerError"):
        return ExceptionType.JOB_INTERNAL_ERROR
    return ExceptionType.CAPACITY_ERROR if reason.startswith("CapacityError") else None


def parse_retry_policies(document: object, where: str) -> tuple[RetryPolicy, ...]:
    """Read the RetryPolicies of a step.

    Raises `DefinitionError` where a member is unknown, of the wrong type or out of its limits, or both limits
    are given.
    """
    where = f"{where}, RetryPolicies"
    return tuple(_parse(take_object(item, where), where) for item in take_list(document, where))


def _parse(members: dict[str, object], where: str) -> RetryPolicy:
    members = only_members(
        members, {"ExceptionType", "IntervalSeconds", "BackoffRate", "MaxAttempts", "ExpireAfterMin"}
    )
    types = members.get("ExceptionType")
    named = [types] if isinstance(types, str) else take_list(types, f"{where}, ExceptionType")
    attempts = _whole(members, "MaxAttempts", _MOST_ATTEMPTS, where)
    minutes = _whole(members, "ExpireAfterMin", _LATEST_EXPIRY, where)
    if attempts is not None and minutes is not None:
        raise DefinitionError(f"{where}: only one of MaxAttempts and ExpireAfterMin can be given")
    if not named:
        raise DefinitionError(f"{where}: ExceptionType must name at least one")
    interval = _whole(members, "IntervalSeconds", _LONGEST_INTERVAL, where)
    return RetryPolicy(
        frozenset(take_choice(item, ExceptionType, "ExceptionType", where) for item in named),
        1.0 if interval is None else float(interval),
        _rate(members, where),
        _DEFAULT_ATTEMPTS if attempts is None and minutes is None else attempts,
        None if minutes is None else timedelta(minutes=minutes),
    )


def _whole(members: dict[str, object], name: str, most: int, where: str) -> int | None:
    value = members.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise DefinitionError(f"{where}: {name} must be an Integer from 0 to {most}")
    return value


def _rate(members: dict[str, object], where: str) -> float:
    value = members.get("BackoffRate", 2.0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1_000:
        raise DefinitionError(f"{where}: BackoffRate must be a positive Float")
    return float(value)
