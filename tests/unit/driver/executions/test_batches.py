from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from driver.executions.batches import Batch, End, Ended, Running
from driver.executions.input_files import InputFile


def files(count: int) -> tuple[InputFile, ...]:
    return tuple(InputFile(str(number), Path(str(number))) for number in range(count))


@given(st.integers(0, 8), st.integers(1, 4), st.randoms())
def test_no_more_run_at_once_than_may_and_every_file_ends_once(
    count: int, parallel: int, chance: st.DataObject
) -> None:
    batch = Batch(files(count))
    while not batch.is_done:
        for file in batch.startable(parallel):
            if chance.random() < 0.2:  # type: ignore[attr-defined]
                batch = batch.end(Ended(file, End.FAILED))
            else:
                batch = batch.start(Running(file, f"arn:{file.name}", ("", ""), 0))
        assert len(batch.running) <= parallel
        if batch.running:
            one = chance.choice(list(batch.running.values()))  # type: ignore[attr-defined]
            batch = batch.end(Ended(one.file, End.SUCCEEDED))
    assert sorted(ended.file.name for ended in batch.ended) == [file.name for file in files(count)]


def test_only_what_has_run_too_long_is_overdue() -> None:
    first, second = files(2)
    batch = (
        Batch((first, second))
        .start(Running(first, "a", ("", ""), 0))
        .start(Running(second, "b", ("", ""), 30))
    )
    assert [one.arn for one in batch.overdue(now=60, timeout=60)] == ["a"]
