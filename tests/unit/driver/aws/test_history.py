from hypothesis import given
from hypothesis import strategies as st

from driver.aws.history import MOST, HistoryEvent, HistoryPage, Reading
from tests.unit.driver.fakes import NOON


def page_of(last: int, reading: Reading, size: int) -> HistoryPage:
    """Answer as Step Functions does: the newest first; a token goes on where its own first page left off."""
    newest = int(reading.next_token.split("/")[0]) if reading.next_token else last
    begin = int(reading.next_token.split("/")[1]) if reading.next_token else last
    end = max(begin - size, 0)
    events = tuple(HistoryEvent(number, number - 1, "X", NOON) for number in range(begin, end, -1))
    return HistoryPage(events, f"{newest}/{end}" if end else "")


@given(st.lists(st.integers(0, 30), min_size=1, max_size=12), st.integers(1, 7))
def test_every_event_is_told_once_and_in_its_order(growth: list[int], size: int) -> None:
    reading, told, last = Reading(), list[int](), 0
    for more in [*growth, *[0] * 800]:
        last += more
        reading, events = reading.take(page_of(last, reading, size))
        told += [event.id for event in events]
    assert told == list(range(1, last + 1))
    assert not reading.waiting


def test_a_history_that_is_all_there_is_one_answer() -> None:
    reading, events = Reading().take(page_of(7, Reading(), 1000))
    assert (reading.read_to, len(events)) == (7, 7)
    again, none = reading.take(page_of(7, reading, 1000))
    assert (again, none) == (reading, ())


def test_much_is_asked_for_only_where_there_may_be_much() -> None:
    assert Reading().page_size == MOST
    assert Reading(5).page_size < MOST
    assert Reading(5, next_token="more").page_size == MOST


def test_a_service_that_knows_no_pages_is_understood() -> None:
    """LocalStack answers with all events, whatever it is asked for."""
    reading, _ = Reading().take(page_of(2000, Reading(), 5000))
    reading, events = reading.take(page_of(2003, reading, 5000))
    assert [event.id for event in events] == [2001, 2002, 2003]
