import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.inspection.graph.text import cut, width, wrap

TEXT = st.text(max_size=120)


@given(TEXT, st.floats(60, 400), st.integers(1, 4))
def test_no_line_is_wider_or_further_down_than_it_may_be(text: str, most: float, lines: int) -> None:
    broken = wrap(text, 14, most, lines)
    assert 1 <= len(broken) <= lines
    assert all(width(line, 14) <= most for line in broken)


@given(TEXT)
def test_with_room_enough_nothing_is_lost(text: str) -> None:
    assert wrap(text, 14, 1e6, 1) == (" ".join(text.split()),)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("DescribeTrainingJob", ("Describe", "TrainingJob")),
        ("vej-processing-step", ("vej-", "processing-", "step")),
        ("more than one word", ("more than", "one word")),
        ("short", ("short",)),
        ("xxxxxxxxxxxxxxxxxxxxx", ("xxxxxxxx…",)),
    ],
)
def test_words_are_broken_where_they_can_be(text: str, lines: tuple[str, ...]) -> None:
    assert wrap(text, 14, 84, 3) == lines


def test_what_is_left_over_is_cut() -> None:
    assert wrap("one two three four", 14, 60, 2) == ("one two", "three…")


def test_a_text_that_fits_is_not_cut() -> None:
    assert cut("fits", 14, width("fits", 14)) == "fits"


def test_wide_scripts_take_more_room_and_accents_none() -> None:
    assert width("自分", 10) > width("ab", 10)
    assert width("e\u0301", 10) == width("e", 10)
