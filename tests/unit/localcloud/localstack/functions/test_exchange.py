from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from localcloud.localstack.functions.exchange import Delivery, Ending, Exchange, Invocation, Outcome

LONG = 60.0


def an_invocation(request_id: str = "r-1", timeout: float = LONG) -> Invocation:
    return Invocation(request_id, "arn:aws:lambda:us-west-2:000000000000:function:f", b"{}", timeout)


class Ticking:
    """A clock that moves on by one second each time somebody looks at it."""

    def __init__(self, start: float) -> None:
        self.now = start

    def __call__(self) -> float:
        self.now += 1
        return self.now


class Meeting:
    """An exchange with the two sides that meet there, each on a thread of its own."""

    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(2)
        self.exchange = Exchange(clock=lambda: 1000.0, monotonic=Ticking(0))

    def invoke(self, invocation: Invocation, init_timeout: float = LONG) -> Future[Outcome]:
        return self.threads.submit(self.exchange.invoke, invocation, init_timeout)

    def take(self) -> Delivery:
        delivery = self.exchange.take()
        assert delivery
        return delivery


@pytest.fixture
def meeting() -> Iterator[Meeting]:
    meeting = Meeting()
    yield meeting
    meeting.exchange.end(Ending.EXIT)
    meeting.threads.shutdown()


def test_an_invocation_reaches_the_process_and_its_response_the_caller(meeting: Meeting) -> None:
    outcome = meeting.invoke(an_invocation())
    assert meeting.take().invocation == an_invocation()
    assert meeting.exchange.answer("r-1", Ending.RESPONSE, b'"done"')
    assert (outcome.result().ending, outcome.result().payload) == (Ending.RESPONSE, b'"done"')


def test_the_process_may_come_before_the_invocation(meeting: Meeting) -> None:
    delivery = meeting.threads.submit(meeting.take)
    outcome = meeting.invoke(an_invocation())
    assert delivery.result().invocation.request_id == "r-1"
    meeting.exchange.answer("r-1", Ending.ERROR, b"{}")
    assert outcome.result().ending is Ending.ERROR


def test_the_deadline_counts_from_the_moment_the_process_takes_the_invocation(meeting: Meeting) -> None:
    meeting.invoke(an_invocation(timeout=30))
    assert meeting.take().deadline_ms == 1_030_000


def test_only_the_first_invocation_of_a_process_has_an_init_duration(meeting: Meeting) -> None:
    durations = []
    for request_id in ("r-1", "r-2"):
        outcome = meeting.invoke(an_invocation(request_id))
        meeting.take()
        meeting.exchange.answer(request_id, Ending.RESPONSE, b"")
        durations.append(outcome.result().init_seconds)
    assert durations[0]
    assert durations[1] is None


def test_an_invocation_without_an_answer_times_out(meeting: Meeting) -> None:
    outcome = meeting.invoke(an_invocation(timeout=0))
    meeting.take()
    assert outcome.result().ending is Ending.TIMEOUT


def test_a_process_that_never_gets_ready_times_out(meeting: Meeting) -> None:
    assert meeting.invoke(an_invocation(), init_timeout=0).result().ending is Ending.TIMEOUT


def test_an_answer_to_another_invocation_is_refused(meeting: Meeting) -> None:
    outcome = meeting.invoke(an_invocation())
    meeting.take()
    assert not meeting.exchange.answer("r-0", Ending.RESPONSE, b"late")
    assert meeting.exchange.answer("r-1", Ending.RESPONSE, b"now")
    assert outcome.result().payload == b"now"


def test_a_second_answer_is_refused(meeting: Meeting) -> None:
    meeting.invoke(an_invocation())
    meeting.take()
    meeting.exchange.answer("r-1", Ending.RESPONSE, b"first")
    assert not meeting.exchange.answer("r-1", Ending.RESPONSE, b"second")


def test_an_answer_without_an_invocation_is_refused(meeting: Meeting) -> None:
    assert not meeting.exchange.answer("r-1", Ending.RESPONSE, b"")


@pytest.mark.parametrize("taken", [True, False])
def test_an_invocation_ends_with_the_process(meeting: Meeting, taken: bool) -> None:
    outcome = meeting.invoke(an_invocation())
    if taken:
        meeting.take()
    meeting.exchange.end(Ending.EXIT, b"exit status 1")
    assert (outcome.result().ending, outcome.result().payload) == (Ending.EXIT, b"exit status 1")


def test_a_process_that_answers_and_then_ends_has_answered(meeting: Meeting) -> None:
    outcome = meeting.invoke(an_invocation())
    meeting.take()
    meeting.exchange.answer("r-1", Ending.RESPONSE, b"done")
    meeting.exchange.end(Ending.EXIT)
    assert outcome.result().ending is Ending.RESPONSE


def test_the_first_reason_for_an_end_stays(meeting: Meeting) -> None:
    meeting.exchange.end(Ending.INIT_ERROR, b"no such module")
    meeting.exchange.end(Ending.EXIT, b"exit status 1")
    outcome = meeting.invoke(an_invocation()).result()
    assert (outcome.ending, outcome.payload) == (Ending.INIT_ERROR, b"no such module")


def test_a_waiting_process_is_let_go_at_the_end(meeting: Meeting) -> None:
    waiting = meeting.threads.submit(meeting.exchange.take)
    assert not meeting.exchange.ended
    meeting.exchange.end(Ending.EXIT)
    assert waiting.result() is None
    assert meeting.exchange.ended
