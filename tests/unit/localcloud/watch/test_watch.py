import logging
import threading
from collections.abc import Callable, Iterator

import pytest

from localcloud.sagemaker.clock import start_timer
from localcloud.sagemaker.workers import Outbox, Workers
from localcloud.watch import Beat, SteadyClock, Watch, Watched


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Loop:
    """A thread that ends when it is told to."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.threads: list[threading.Thread] = []
        self.is_wanted = True
        self.begin()

    def begin(self) -> None:
        self.gate = threading.Event()
        self.threads.append(threading.Thread(target=self.gate.wait, daemon=True))
        self.threads[-1].start()

    def end(self) -> None:
        self.gate.set()
        self.threads[-1].join()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watch(clock: Clock) -> Iterator[Watch]:
    watch = Watch(clock)
    yield watch
    watch.stop()


@pytest.fixture
def loop() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.end()


def watched(loop: Loop, due: Callable[[], float | None] = lambda: None, **more: object) -> Watched:
    return Watched(
        "loop",
        thread=lambda: loop.threads[-1],
        is_wanted=lambda: loop.is_wanted,
        due=due,
        repair=None if more else loop.begin,
    )


def states(watch: Watch) -> dict[str, str]:
    return {row["name"]: row["state"] for row in watch.rows()}


def test_a_thread_that_has_ended_is_started_again_and_told(
    watch: Watch, loop: Loop, caplog: pytest.LogCaptureFixture
) -> None:
    watch.add(watched(loop))
    watch.look()
    assert states(watch)["loop"] == "running"
    watch.failed(loop.threads[-1], KeyError("gone"))
    loop.end()
    watch.look()
    assert loop.threads[-1].is_alive()
    [row] = [row for row in watch.rows() if row["name"] == "loop"]
    assert row["state"] == "repaired"
    assert "has ended by KeyError: 'gone'" in row["detail"]
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("ERROR", "The thread loop has ended by KeyError: 'gone'; it is started again")
    ]


def test_a_thread_that_is_blocked_is_replaced_and_its_place_is_told(
    watch: Watch, loop: Loop, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    beat = Beat(clock)
    watch.add(watched(loop, due=lambda: beat.due))
    beat.expect(1)
    for _ in range(8):
        clock.now += 1
        watch.look()
    assert len(loop.threads) == 2
    assert states(watch)["loop"] == "repaired"
    assert "no sign of life for 5 s" in caplog.text
    assert "in wait" in caplog.text  # the line of code


def test_one_that_cannot_be_started_again_stays_ended_and_is_not_told_all_the_time(
    watch: Watch, loop: Loop, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    watch.add(watched(loop, repair=None))
    loop.end()
    for _ in range(20):
        clock.now += 1
        watch.look()
    assert states(watch)["loop"] == "ended"
    assert len(caplog.records) == 4


def test_what_ends_on_purpose_is_forgotten(
    watch: Watch, loop: Loop, caplog: pytest.LogCaptureFixture
) -> None:
    watch.add(watched(loop))
    loop.is_wanted = False
    loop.end()
    watch.look()
    assert "loop" not in states(watch)
    assert caplog.records == []


def test_nothing_is_repaired_once_the_watch_is_stopped(watch: Watch, loop: Loop) -> None:
    watch.add(watched(loop))
    watch.stop()
    loop.end()
    watch.look()
    assert len(loop.threads) == 1


def test_a_watch_that_fails_at_one_thread_looks_at_the_others(
    watch: Watch, loop: Loop, caplog: pytest.LogCaptureFixture
) -> None:
    nothing: list[threading.Thread] = []
    watch.add(Watched("bad", thread=lambda: nothing[0], is_wanted=lambda: True))
    watch.add(watched(loop))
    loop.end()
    watch.look()
    assert loop.threads[-1].is_alive()
    assert "bad cannot be watched" in caplog.text


def test_a_watch_that_has_ended_is_started_again_by_who_asks(clock: Clock) -> None:
    watch = Watch(clock)
    watch.start()
    assert states(watch)["watch"] == "running"
    clock.now += 60
    assert states(watch)["watch"] == "overdue"
    ended, watch._thread = watch._thread, threading.Thread()
    watch._thread.start()
    watch._thread.join()
    details = [row["detail"] for row in watch.rows() if row["name"] == "watch"]
    assert any("started again" in detail for detail in details)
    assert watch._thread.is_alive()
    watch.stop()
    assert ended is not None
    ended.join(5)


def test_notes_are_counted_and_the_oldest_are_forgotten(watch: Watch) -> None:
    watch.note("timer", "failed")
    watch.note("timer", "failed")
    [row] = [row for row in watch.rows() if row["name"] == "timer"]
    assert row["detail"].endswith("2 times in all")
    for number in range(100):
        watch.note(f"other-{number}", "failed")
    assert "timer" not in states(watch)
    assert len(states(watch)) < 100


def test_a_steady_clock_does_not_jump() -> None:
    time_of_day, monotonic = [1000.0], [5.0]
    clock = SteadyClock(lambda: time_of_day[0], lambda: monotonic[0])
    time_of_day[0], monotonic[0] = -2600.0, 6.5
    assert clock.time() == 1001.5


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_worker_that_ends_is_replaced(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    def end() -> None:
        raise SystemExit

    workers = Workers("worker", 1, watch=watch)
    workers.submit(end)
    thread = workers._threads[0].thread
    thread.join(5)
    done = threading.Event()
    workers.submit(done.set)
    watch.look()
    assert done.wait(5)
    assert states(watch)["worker-0"] == "repaired"
    workers.close(1)
    watch.look()
    assert "worker-0" not in states(watch)


def test_a_worker_that_takes_too_long_is_replaced_and_leaves_afterwards(watch: Watch, clock: Clock) -> None:
    gate, begun, done = threading.Event(), threading.Event(), threading.Event()
    workers = Workers("worker", 1, seconds=1.0, watch=watch)

    def block() -> None:
        begun.set()
        gate.wait()

    workers.submit(block)
    assert begun.wait(5)
    blocked = workers._threads[0].thread
    workers.submit(done.set)
    clock.now = workers._threads[0].beat.due or 0.0  # it is of the real clock
    for _ in range(7):
        clock.now += 1
        watch.look()
    assert done.wait(5)
    gate.set()
    blocked.join(5)
    assert not blocked.is_alive()
    assert workers._threads[0].thread.is_alive()
    workers.close(1)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_outbox_outlives_its_thread(watch: Watch) -> None:
    def end() -> None:
        raise SystemExit

    workers, done = Workers("worker", 2, watch=watch), threading.Event()
    outbox = Outbox(workers)
    outbox.add(end)
    outbox.add(done.set)
    watch.look()
    assert done.wait(5)
    workers.close(1)


def test_a_timer_tries_again(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    tries, done = [], threading.Event()

    def act() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise SystemExit if len(tries) == 1 else KeyError("gone")
        done.set()

    start_timer(0, act, watch, pause=0)
    assert done.wait(5)
    assert states(watch)["timer"] == "repaired"
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2
    assert "KeyError: 'gone'" in caplog.text


def test_a_timer_gives_up(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    def act() -> None:
        raise KeyError("gone")

    start_timer(0, act, watch, pause=0)
    deadline = threading.Event()
    while "given up" not in caplog.text:
        assert not deadline.wait(0.01) or len(caplog.records) < 100
    assert len(caplog.records) == 5


def test_a_timer_that_is_cancelled_is_forgotten(watch: Watch) -> None:
    cancel = start_timer(3600, lambda: None, watch)
    assert any(name.startswith("timer-") for name in states(watch))
    cancel()
    watch.look()
    assert not any(name.startswith("timer-") for name in states(watch))
