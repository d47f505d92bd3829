"""Requests with a ClientRequestToken have their effect once."""

from itertools import count

import pytest

from localcloud.errors import ServiceError
from localcloud.sagemaker.wire.idempotency import MOST_REMEMBERED, Idempotency
from localcloud.sagemaker.wire.requests import Answer, Request


class Counter:
    """Answers with how often it was asked."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def __call__(self) -> Answer:
        return {"number": next(self._numbers)}


def request(token: str | None = None, **members: object) -> Request:
    return Request({"ClientRequestToken": token} | members)


def test_the_same_request_gets_the_same_answer() -> None:
    idempotency, act = Idempotency(), Counter()
    assert idempotency.once("Start", request("a", x=1), act) == {"number": 1}
    assert idempotency.once("Start", request("a", x=1), act) == {"number": 1}
    assert idempotency.once("Start", request("b", x=1), act) == {"number": 2}
    assert idempotency.once("Stop", request("a", x=1), act) == {"number": 3}


def test_requests_without_a_token_are_all_carried_out() -> None:
    idempotency, act = Idempotency(), Counter()
    assert [idempotency.once("Start", request(), act)["number"] for _ in range(2)] == [1, 2]


def test_another_request_with_the_token_is_a_conflict() -> None:
    idempotency, act = Idempotency(), Counter()
    idempotency.once("Start", request("a", x=1), act)
    with pytest.raises(ServiceError, match=r"ConflictException: .* 'a' was used with other parameters"):
        idempotency.once("Start", request("a", x=2), act)


def test_what_failed_is_tried_again() -> None:
    idempotency, act = Idempotency(), Counter()

    def fail() -> Answer:
        raise ServiceError("ConflictException", "not now")

    with pytest.raises(ServiceError):
        idempotency.once("Start", request("a"), fail)
    assert idempotency.once("Start", request("a"), act) == {"number": 1}


def test_only_so_many_answers_are_remembered_the_oldest_is_forgotten_first() -> None:
    idempotency, act = Idempotency(), Counter()
    for number in range(MOST_REMEMBERED + 1):
        idempotency.once("Start", request(f"{number}"), act)
    assert idempotency.once("Start", request("1"), act) == {"number": 2}
    assert idempotency.once("Start", request("0"), act) == {"number": MOST_REMEMBERED + 2}
