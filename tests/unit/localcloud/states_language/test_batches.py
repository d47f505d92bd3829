import pytest

from localcloud.states_language.batches import batches, is_exceeded


def test_items_are_divided_by_number_and_by_size() -> None:
    items = ["a" * 8, "b" * 8, "c" * 8, "d" * 18]  # as JSON 10, 10, 10 and 20 bytes
    assert [len(batch) for batch in batches(items, 2, None)] == [2, 2]
    assert [len(batch) for batch in batches(items, None, 25)] == [2, 1, 1]
    assert [len(batch) for batch in batches(items, 1, 1000)] == [1, 1, 1, 1]
    assert [len(batch) for batch in batches(items, None, 1)] == [1, 1, 1, 1]
    assert batches([], 2, None) == []


@pytest.mark.parametrize(
    ("failed", "count", "percentage", "exceeded"),
    [
        (0, 0, 0, False),
        (1, 0, 0, True),
        (1, 1, 0, False),
        (2, 1, 0, True),
        (1, 0, 10, False),
        (2, 0, 10, True),
        (2, 5, 10, True),
        (10, 0, 100, False),
    ],
)
def test_how_many_items_of_ten_may_fail(failed: int, count: int, percentage: float, exceeded: bool) -> None:
    assert is_exceeded(failed, 10, count, percentage) is exceeded
