from collections.abc import Sequence

import pytest

from driver.host.patience import Patience


class Time:
    """A clock that goes on by what each look takes."""

    def __init__(self) -> None:
        self.now = 1000.0

    def wait(self, looks: Sequence[float], seconds: float, longest: float) -> list[float]:
        """Wait with these looks, the last one for ever; returns the seconds that were left at each."""
        remaining, lefts = list(looks), []
        patience = Patience(lambda: self.now, self._sleep, 1.0)
        for left in patience.rounds(seconds, longest):
            lefts.append(left)
            self.now += remaining.pop(0) if len(remaining) > 1 else remaining[0]
        return lefts

    def _sleep(self, seconds: float) -> None:
        self.now += seconds


def test_time_passes_as_the_clock_has_it() -> None:
    assert Time().wait([1], seconds=10, longest=5) == [10, 8, 6, 4, 2]


def test_a_look_that_was_slept_through_counts_for_no_longer_than_it_can_take() -> None:
    assert Time().wait([1, 28800, 1], seconds=10, longest=5) == [10, 8, 2]


@pytest.mark.parametrize("gap", [28800, 6.5])
def test_if_the_last_look_was_slept_through_there_is_another(gap: float) -> None:
    assert Time().wait([3, gap, 1], seconds=10, longest=5) == [10, 6, 1.0]


def test_it_ends_even_if_every_look_takes_too_long() -> None:
    assert len(Time().wait([100], seconds=60, longest=5)) == 11


def test_a_clock_that_goes_back_does_not_end_it_early() -> None:
    assert Time().wait([1, -3600, 1], seconds=4, longest=5)[:2] == [4, 2]


def test_what_is_so_already_is_not_waited_for() -> None:
    time = Time()
    patience = Patience(lambda: time.now, time._sleep, 1.0)
    assert patience.until(lambda: True, 10)
    assert time.now == 1000.0
    assert not patience.until(lambda: False, 10)
    assert time.now == 1010.0
