import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.host.console import Console
from driver.host.wording import fitted, wrapped
from driver.model.exceptions import WrongUseError


def test_a_text_is_broken_between_words() -> None:
    assert wrapped("one  two\n three", 8, first="- ", rest="  ") == "- one\n  two\n  three"


def test_a_word_that_does_not_fit_stays_whole() -> None:
    address = "https://docs.aws.amazon.com/sagemaker"
    assert address in wrapped(f"see {address}", 10).splitlines()


def test_what_is_broken_goes_on_two_columns_further_in() -> None:
    assert fitted("  name   value of it\nshort", 12) == "  name\n    value of\n    it\nshort"


@given(st.text("ab \n\t"), st.integers(8, 60))
def test_no_word_is_lost_or_broken(text: str, width: int) -> None:
    made = fitted(text, width)
    assert made.split() == text.split()
    short = all(len(word) < width / 2 for word in text.split())
    if short and "  " not in text:
        assert all(len(line) <= width for line in made.split("\n"))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("columns", [40, 110])
def test_all_that_is_said_is_broken_between_words_on_a_terminal(
    columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"COLUMNS": str(columns), "TERM": "xterm", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    out, err, asked = Terminal(), Terminal(), list[str]()

    def ask(question: str) -> str:
        asked.append(question)
        return "yes"

    console, words = Console(out, err, ask=ask), " ".join(f"word{number}" for number in range(60))
    for say in (console.say, console.news, console.done, console.warn, console.aside):
        say(words)
    console.error(WrongUseError(words, words, words))
    console.agrees(words)
    plain = (out.getvalue() + err.getvalue()).replace("\x1b[1m", "").replace("\x1b[0m", "")
    lines = [*plain.split("\n"), *asked[0].rstrip().split("\n")]
    assert max(map(len, lines)) <= columns
    assert [word for word in " ".join(lines).split() if word.startswith("word")] == words.split() * 9
    assert "\n  word" in plain


def test_a_file_has_whole_lines_and_what_others_wrote_is_whole_everywhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    text, file, terminal = "word " * 30 + "end", io.StringIO(), Terminal()
    Console(file, io.StringIO()).say(text)
    Console(terminal, io.StringIO()).quote(text)
    assert file.getvalue() == f"{text}\n"
    assert terminal.getvalue() == f"{text}\n"
