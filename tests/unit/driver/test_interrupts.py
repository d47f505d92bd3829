import signal
import threading

import pytest

from driver.interrupts import passed_on


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_signal_is_counted_and_nothing_is_raised(number: signal.Signals) -> None:
    counts: list[int] = []
    with passed_on(counts.append):
        signal.raise_signal(number)
        signal.raise_signal(number)
    assert counts == [1, 2]


def test_afterwards_ctrl_c_is_ctrl_c_again() -> None:
    with passed_on(lambda _: None):
        pass
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_in_another_thread_nothing_is_changed() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen: list[object] = []

    def work() -> None:
        with passed_on(lambda _: None):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]
