"""Histories: packed, and read in pages."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from localcloud.localstack.history import PackedEvents, packed, page_of, unpacked

BEGAN = datetime(2026, 1, 1, 12, 0, 0, 123_457, UTC)


def history(number: int) -> list[dict[str, Any]]:
    return [
        {"id": index + 1, "type": "PassStateEntered", "timestamp": BEGAN + timedelta(microseconds=index)}
        for index in range(number)
    ]


def test_a_history_is_the_same_after_it_was_packed() -> None:
    assert unpacked(packed(history(3))) == history(3)
    assert unpacked(b"") == []


def test_packed_events_are_read_as_a_list_of_them_is() -> None:
    events = PackedEvents(history(50))
    assert (len(events), list(events), events[-1], events[:1]) == (
        50,
        history(50),
        history(50)[-1],
        history(50)[:1],
    )
    assert list(reversed(events)) == history(50)[::-1]


@pytest.mark.parametrize("is_reverse", [False, True])
@pytest.mark.parametrize("number", [0, 1, 99, 100, 101, 250])
def test_pages_have_each_event_once_and_in_order(number: int, *, is_reverse: bool) -> None:
    known, found, after, pages = history(number), list[Any](), None, 0
    while True:
        page, after = page_of(known, 100, after, is_reverse=is_reverse)
        found += page
        pages += 1
        if after is None:
            break
    assert [one["id"] for one in found] == sorted((one["id"] for one in known), reverse=is_reverse)
    assert pages == max(1, -(-number // 100))


def test_events_that_are_added_meanwhile_do_not_move_a_page_of_the_newest_first() -> None:
    page, after = page_of(history(10), 3, None, is_reverse=True)
    assert [one["id"] for one in page] == [10, 9, 8]
    page, after = page_of(history(20), 3, after, is_reverse=True)
    assert ([one["id"] for one in page], after) == ([7, 6, 5], 5)
