"""Signals that end a command, and its exit code then."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SHELLS = 128  # a shell adds this to the signal's number: 130 for Ctrl-C

_received: list[int] = []
"""The signals that this command has received, the newest last."""


@contextmanager
def signals_end_the_command() -> Iterator[None]:
    """Raise KeyboardInterrupt at each of these signals.

    Outside the main thread, where Python receives no signals, nothing is changed.
    """
    _received.clear()

    def end(number: int, _frame: FrameType | None) -> None:
        _received.append(number)
        raise KeyboardInterrupt

    with _handled_by(end):
        yield


@contextmanager
def passed_on(handle: Callable[[int], None]) -> Iterator[None]:
    """Call `handle` instead while a child process works, so that the child ends first.

    It is given 1 at the first signal, 2 at the second, and so on.
    """
    count = 0

    def receive(number: int, _frame: FrameType | None) -> None:
        nonlocal count
        count += 1
        _received.append(number)
        handle(count)

    with _handled_by(receive):
        yield


def interrupted_code() -> int:
    """Return the exit code of a command that a signal ended, as shells count it; by default Ctrl-C's."""
    return _SHELLS + (_received[-1] if _received else signal.SIGINT)


@contextmanager
def _handled_by(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received = [number for number in _ENDING if signal.getsignal(number) is not signal.SIG_IGN]
    previous = {number: signal.signal(number, handler) for number in received}
    try:
        yield
    finally:
        for number, before in previous.items():
            signal.signal(number, before)
