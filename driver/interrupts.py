"""Ctrl-C while a child process works: it is passed on instead of tearing this process away from the child."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def passed_on(handle: Callable[[int], None]) -> Iterator[None]:
    """Call a handler for SIGINT, SIGTERM and SIGHUP instead of ending.

    Outside the main thread, where Python receives no signals, nothing is changed.

    Parameters
    ----------
    handle
        Is given 1 at the first signal, 2 at the second, and so on.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    count = 0

    def receive(_number: int, _frame: FrameType | None) -> None:
        nonlocal count
        count += 1
        handle(count)

    received = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    previous = {number: signal.signal(number, receive) for number in received}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
