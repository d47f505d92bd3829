"""Events of logs: wherever they lie, pages hold all of them once and in order."""

import copy
import gc
import pickle
import resource
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.localstack import log_pages, log_store
from localcloud.localstack.log_pages import Found, page_of_group, page_of_stream
from localcloud.localstack.log_store import Event, Events
from localcloud.localstack.settings import SAVED_VARIABLE


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def event(number: int, time: int, size: int = 1) -> Event:
    return Event(time, f"{number}".ljust(size, "."), 0, number)


def stored(times: list[int], batch: int = 7) -> Events:
    events = Events()
    for start in range(0, len(times), batch):
        events += [event(start + place, time) for place, time in enumerate(times[start : start + batch])]
    return events


def numbers(found: list[Found]) -> list[int]:
    return [int(item["message"].rstrip(".")) for item in found]


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_store, "BLOCK", 5 * log_store._BESIDE_MESSAGE)


def forward(events: Events, times: tuple[int | None, int | None], limit: int) -> Iterator[Found]:
    token = None
    while True:
        page, _, token = page_of_stream(events, times, limit, token, start_from_head=True)
        if not page:
            return
        yield from page


def backward(events: Events, times: tuple[int | None, int | None], limit: int) -> Iterator[Found]:
    token = None
    while True:
        page, token, _ = page_of_stream(events, times, limit, token, start_from_head=False)
        if not page:
            return
        yield from reversed(page)


def filtered(streams: dict[str, Events], limit: int, *, interleaved: bool) -> Iterator[Found]:
    token: str | None = None
    while True:
        page, token = page_of_group(
            "group", streams, (None, None), lambda _: True, limit=limit, token=token, interleaved=interleaved
        )
        yield from page
        if token is None:
            return


TIMES = st.lists(st.integers(0, 20), max_size=60)
BOUNDS = st.tuples(st.one_of(st.none(), st.integers(0, 20)), st.one_of(st.none(), st.integers(0, 20)))


@given(TIMES, BOUNDS, st.integers(1, 9))
@pytest.mark.usefixtures("small_blocks")
def test_pages_hold_everything_once_and_in_order(
    times: list[int], bounds: tuple[int | None, int | None], limit: int
) -> None:
    events = stored(times)
    start, end = bounds
    wanted = [
        number
        for number, time in sorted(enumerate(times), key=lambda item: item[1])
        if (start is None or time >= start) and (end is None or time <= end)
    ]
    assert len(events) == len(times)
    assert events.span() == ((min(times), max(times)) if times else None)
    assert numbers(list(forward(events, bounds, limit))) == wanted
    assert numbers(list(backward(events, bounds, limit))) == wanted[::-1]


@given(st.lists(TIMES, min_size=1, max_size=3), st.integers(1, 9))
@pytest.mark.usefixtures("small_blocks")
def test_pages_of_a_group_hold_everything_once(all_times: list[list[int]], limit: int) -> None:
    streams = {f"s@{name}": stored(times) for name, times in enumerate(all_times)}
    for interleaved in (True, False):
        found = list(filtered(streams, limit, interleaved=interleaved))
        assert len(found) == sum(map(len, all_times))
        assert len({(item["logStreamName"], item["message"]) for item in found}) == len(found)
        shown = [item["timestamp"] for item in found]
        assert not interleaved or shown == sorted(shown)


def test_most_of_a_long_log_is_in_a_file_that_ends_with_it(folder: Path) -> None:
    events = Events()
    for number in range(100):
        events += [event(number, number, size=100_000)]
    [file] = (folder / "logs").iterdir()
    assert file.stat().st_size > 9_000_000
    assert (folder / "logs").stat().st_mode & 0o777 == 0o700
    assert file.stat().st_mode & 0o777 == 0o600
    assert sum(len(item.message) for item in events._recent) <= log_store.BLOCK
    assert copy.deepcopy({"stream": events})["stream"] is events
    assert [item.event_id for item in events] == list(range(100))
    del events
    gc.collect()
    assert list((folder / "logs").iterdir()) == []


@pytest.fixture
def saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of logs where the state of the local cloud is saved."""
    monkeypatch.setenv(SAVED_VARIABLE, str(tmp_path))
    return tmp_path / "logs"


def test_the_file_of_a_log_that_is_gone_stays_until_a_state_is_saved_without_it(saved: Path) -> None:
    events = Events()
    events += [event(number, number, size=400_000) for number in range(5)]
    content = pickle.dumps(events)
    del events
    gc.collect()
    again = pickle.loads(content)  # noqa: S301 - our own: a kill in this second, and the start after it
    assert [item.event_id for item in again] == list(range(5))
    del again
    gc.collect()
    log_store.remove_retired(log_store.count_retired())
    assert list(saved.iterdir()) == []


def test_files_that_no_log_leads_to_are_removed_at_a_start(saved: Path) -> None:
    events = Events()
    events += [event(1, 1, size=2_000_000)]
    (saved / "of-a-process-that-was-killed").touch()
    log_store.remove_unused()
    assert len(list(saved.iterdir())) == 1
    assert len(list(events)) == 1


@pytest.mark.parametrize("size", [0, 3_000_000, None])
def test_lines_whose_file_is_lost_are_left_out_and_the_others_can_be_read(
    saved: Path, caplog: pytest.LogCaptureFixture, size: int | None
) -> None:
    events = Events()
    for number in range(2):
        events += [event(number, number, size=2_000_000)]
    events += [event(2, 2)]
    content = pickle.dumps(events)
    [file] = saved.iterdir()
    if size is None:
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:size])
    again = pickle.loads(content)  # noqa: S301 - our own
    again += [event(3, 3, size=2_000_000), event(4, 4)]
    assert numbers(list(forward(again, (None, None), 100))) == ([0] if size else []) + [2, 3, 4]
    assert "lines of a log are lost" in caplog.text


def test_lines_stay_in_memory_while_the_disk_is_full(folder: Path) -> None:
    events = Events()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
        events += [event(0, 0, size=2_000_000)]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    events += [event(1, 1)]
    assert [item.event_id for item in events] == [0, 1]
    assert events._recent == []


def test_a_page_has_one_megabyte_and_at_least_one_event(folder: Path) -> None:
    events = Events()
    events += [event(number, number, size=400_000) for number in range(5)]
    events += [event(5, 5, size=2_000_000)]
    first, _, token = page_of_stream(events, (None, None), 100, None, start_from_head=True)
    assert numbers(first) == [0, 1]
    second, back, _ = page_of_stream(events, (None, None), 100, token, start_from_head=True)
    assert numbers(second) == [2, 3]
    assert numbers(page_of_stream(events, (None, None), 100, back, start_from_head=True)[0]) == [0, 1]
    assert numbers(page_of_stream(events, (None, None), 100, None, start_from_head=False)[0]) == [5]
    assert numbers(list(filtered({"s": events}, 100, interleaved=True))) == list(range(6))
    assert log_pages.MOST_BYTES == 1_048_576


@pytest.mark.parametrize("token", ["", "x/1", "f/", "f/x", "f1"])
def test_a_token_that_is_none_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match="The specified nextToken is invalid"):
        page_of_stream(stored([1]), (None, None), 1, token, start_from_head=True)


@pytest.mark.parametrize("token", ["", "group:s", "other:s:1:1", "group:x:1:1", "group:s:1:x"])
def test_a_token_of_another_group_gives_nothing(token: str) -> None:
    page = page_of_group(
        "group",
        {"s": stored([1])},
        (None, None),
        lambda _: True,
        limit=1,
        token=token,
        interleaved=True,
    )
    assert page == ([], None)
