from hypothesis import given
from hypothesis import strategies as st

from lambda_src.shared.limits import cut, shorten


@given(st.text(), st.integers(1, 300))
def test_a_shortened_text_fits_on_one_line(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(short) <= limit
    assert len(short.splitlines()) <= 1


def test_a_text_that_fits_is_kept() -> None:
    assert shorten("x" * 256, 256) == "x" * 256
    assert shorten("x" * 257, 256) == "x" * 255 + "…"


@given(st.text(), st.integers(1, 300))
def test_a_cut_text_keeps_its_beginning_and_its_lines(text: str, limit: int) -> None:
    short = cut(text, limit)
    assert len(short) <= limit
    assert text.startswith(short.removesuffix("…") if short != text else text)
