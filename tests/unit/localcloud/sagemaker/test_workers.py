"""Bounded threads and ordered outboxes."""

import threading

import pytest

from localcloud.sagemaker.workers import Outbox, Workers

DEADLINE = 20.0


def test_jobs_run_at_once_up_to_the_limit_and_the_rest_waits() -> None:
    workers = Workers("test", 3)
    meeting, done = threading.Barrier(3, timeout=DEADLINE), threading.Semaphore(0)

    def job() -> None:
        meeting.wait()
        done.release()

    for _ in range(9):
        workers.submit(job)
    for _ in range(9):
        assert done.acquire(timeout=DEADLINE)
    assert sum(thread.name.startswith("test-") for thread in threading.enumerate()) <= 3
    workers.close(DEADLINE)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("test-")]


def test_a_thread_serves_the_next_job_where_one_is_free() -> None:
    workers, done = Workers("single", 8), threading.Semaphore(0)
    threads: set[int] = set()

    def job() -> None:
        threads.add(threading.get_ident())
        done.release()

    for _ in range(50):
        workers.submit(job)
        assert done.acquire(timeout=DEADLINE)
    assert len(threads) <= 8
    workers.close(DEADLINE)


def test_a_job_that_fails_is_reported_and_does_not_take_its_thread_along(
    caplog: pytest.LogCaptureFixture,
) -> None:
    workers, done = Workers("failing", 1), threading.Event()

    def fail() -> None:
        raise RuntimeError("on purpose")

    workers.submit(fail)
    workers.submit(done.set)
    assert done.wait(DEADLINE)
    assert "A job of failing failed" in caplog.text
    assert "on purpose" in caplog.text
    workers.close(DEADLINE)


def test_after_closing_no_job_begins() -> None:
    workers = Workers("closed", 1)
    workers.close(DEADLINE)
    begun = threading.Event()
    workers.submit(begun.set)
    assert not begun.is_set()
    workers.close(DEADLINE)


def test_a_worker_may_close_its_own_threads() -> None:
    workers, done = Workers("own", 1), threading.Event()

    def close() -> None:
        workers.close(DEADLINE)
        done.set()

    workers.submit(close)
    assert done.wait(DEADLINE)


def test_an_outbox_keeps_its_order_however_many_threads_there_are() -> None:
    workers = Workers("ordered", 4)
    outboxes = [Outbox(workers) for _ in range(5)]
    seen: list[list[int]] = [[] for _ in outboxes]
    done = threading.Semaphore(0)

    def job(box: int, number: int) -> None:
        seen[box].append(number)
        done.release()

    for number in range(200):
        for box, outbox in enumerate(outboxes):
            outbox.add(lambda box=box, number=number: job(box, number))  # type: ignore[misc]
    for _ in range(1000):
        assert done.acquire(timeout=DEADLINE)
    assert seen == [list(range(200))] * 5
    workers.close(DEADLINE)
