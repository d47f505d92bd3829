import io
import json
import unicodedata
from collections.abc import Callable

import pytest
from rich.text import Text
from rich.tree import Tree

from driver.executions.view import ExecutionView
from driver.executions.watching import Watch
from driver.host.console import Console, Voice
from driver.model.exceptions import ConfirmationRequiredError, DeclinedError, SagestepError
from driver.terraform.view import TerraformView
from tests.unit.driver.fakes import RUNS, Screen

LONG = "arn:aws:sagemaker:us-west-2:000000000000:pipeline/sagestep-geospatial/execution/" + "x" * 300


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_line_is_never_broken_and_nothing_in_it_is_markup() -> None:
    screen = Screen()
    screen.console.say(f"[bold]{LONG}[/bold] :smile:")
    assert screen.text == f"[bold]{LONG}[/bold] :smile:\n"


def test_elsewhere_than_on_a_terminal_there_are_no_control_characters(
    watched: Callable[[str], Watch],
) -> None:
    screen = Screen()
    with screen.console.working("Working"), screen.console.transfer("Uploading", 10) as on_bytes:
        on_bytes(10)
    with (
        TerraformView(screen.console).shown(),
        ExecutionView(screen.console, watched(f"{RUNS}:run-1")).shown(),
    ):
        screen.console.done("done")
    assert "\x1b" not in screen.text
    assert "\r" not in screen.text


def test_a_line_of_a_list_is_cut_where_the_terminal_ends() -> None:
    screen = Screen()
    screen.console.line(f"[bold] {LONG}")
    assert len(screen.text) == 201
    assert screen.text.startswith("[bold] arn:aws")
    assert screen.text.endswith("…\n")


def test_no_color_is_respected_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal()
    Console(terminal).done("deployed")
    assert "\x1b[32m" not in terminal.getvalue()
    monkeypatch.delenv("NO_COLOR")
    Console(terminal).done("deployed")
    assert "\x1b[32m" in terminal.getvalue()


def test_a_dumb_terminal_gets_whole_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert not Console(Terminal()).is_terminal


def test_a_table_holds_every_cell_on_one_line() -> None:
    screen = Screen()
    screen.console.table(("name", "text"), [("a", "two\nlines"), ("b", "[red]")])
    lines = [line.split() for line in screen.text.splitlines()]
    assert lines == [["name", "text"], ["a", "two", "lines"], ["b", "[red]"]]


def spoken(voice: Voice) -> tuple[str, str]:
    """Say a bit of everything; returns what went to standard output and to standard error."""
    out, err = io.StringIO(), io.StringIO()
    console = Console(out, err, voice=voice)
    with console.working("Working"), console.transfer("Uploading", 1):
        console.news("progress")
    console.done("done")
    console.detail("request")
    console.warn("a warning")
    console.present({"number": 1, "word": "ü"}, lambda: console.say("shown"))
    return out.getvalue(), err.getvalue()


def test_people_are_told_progress_and_the_result() -> None:
    out, err = spoken(Voice())
    assert out.splitlines() == ["Working …", "Uploading", "progress", "✓ done", "! a warning", "shown"]
    assert err == ""


def test_what_goes_on_within_something_else_is_a_line_on_a_terminal_too() -> None:
    out = Terminal()
    console = Console(out, io.StringIO())
    with console.working("Outer"), console.working("Inner"), console.working("Innermost"):
        pass
    assert "Inner …\n" in out.getvalue()
    with console.working("Next"):
        assert "Next" not in out.getvalue().splitlines()


def test_a_shell_that_reads_along_gets_values_and_nothing_else() -> None:
    out, err = io.StringIO(), io.StringIO()
    console = Console(out, err, voice=Voice(gives_values=True))
    console.news("progress")
    console.warn("a warning")
    console.present({}, lambda: console.give("export A='[red]'"))
    assert out.getvalue() == "export A='[red]'\n"
    assert err.getvalue() == "progress\n! a warning\n"


def test_quiet_leaves_the_result_and_warnings() -> None:
    assert spoken(Voice(is_quiet=True)) == ("! a warning\nshown\n", "")


def test_verbose_tells_requests_aside() -> None:
    assert spoken(Voice(is_verbose=True))[1] == "→ request\n"


def test_a_program_gets_one_document_and_people_the_rest_on_standard_error() -> None:
    out, err = spoken(Voice(is_json=True))
    assert json.loads(out) == {"number": 1, "word": "ü"}
    assert "a warning" in err
    assert "shown" not in out + err


@pytest.mark.parametrize(
    ("answer", "by_default", "agrees"),
    [
        ("y", False, True),
        (" YES ", False, True),
        ("", True, True),
        ("", False, False),
        ("no", True, False),
        ("sure", True, False),
    ],
)
def test_only_a_yes_is_a_yes(answer: str, by_default: bool, agrees: bool) -> None:
    screen = Screen(answer)
    assert screen.console.agrees("Sure?", by_default=by_default) is agrees
    assert screen.asked == [f"Sure? [{'Y/n' if by_default else 'y/N'}] "]


def test_whoever_leaves_at_a_question_has_not_agreed() -> None:
    def leaves(_question: str) -> str:
        raise EOFError

    assert not Console(io.StringIO(), io.StringIO(), ask=leaves).agrees("Sure?", by_default=True)


def test_a_question_without_an_answer_is_a_no() -> None:
    def nobody(_question: str) -> str:
        raise EOFError

    with pytest.raises(DeclinedError):
        Console(io.StringIO(), io.StringIO(), ask=nobody).confirm("Sure?")


def test_a_question_without_a_terminal_is_refused() -> None:
    with pytest.raises(ConfirmationRequiredError):
        Screen().console.confirm("Sure?")


EVIL = "name\x1b[2J\x1b]0;title\x07\u202egpj.exe\x9b31m\u2066\x7f"


def _is_all_visible(text: str) -> bool:
    return not any(
        unicodedata.category(letter) in {"Cc", "Cf", "Zl", "Zp"} for letter in text if letter != "\n"
    )


@pytest.mark.parametrize(
    "write",
    [
        lambda console: console.say(EVIL),
        lambda console: console.news(EVIL),
        lambda console: console.line(EVIL),
        lambda console: console.aside(EVIL),
        lambda console: console.done(EVIL),
        lambda console: console.warn(EVIL),
        lambda console: console.detail(EVIL),
        lambda console: console.error(SagestepError(EVIL, EVIL, EVIL)),
        lambda console: console.table([EVIL], [[EVIL]]),
        lambda console: console.draw(Tree(Text(EVIL))),
        lambda console: console.present({}, lambda: console.say(EVIL)),
    ],
)
def test_control_characters_are_shown_and_never_obeyed(write: Callable[[Console], None]) -> None:
    out, err = io.StringIO(), io.StringIO()
    write(Console(out, err, voice=Voice(is_verbose=True)))
    written = out.getvalue() + err.getvalue()
    assert "name\\u001b[2J" in written
    assert "\\u202egpj.exe\\u009b31m\\u2066\\u007f" in written
    assert _is_all_visible(written)


def test_on_a_terminal_only_what_the_driver_draws_moves_the_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    terminal = Terminal()
    console = Console(terminal)
    with console.working(EVIL), console.transfer(EVIL, 10) as on_bytes, console.repainted(lambda: Text(EVIL)):
        on_bytes(10)
    console.done(EVIL)
    assert "\x1b[2J" not in terminal.getvalue()
    assert "\x1b]0;" not in terminal.getvalue()
    assert "\u202e" not in terminal.getvalue()


def test_a_question_holds_no_control_characters() -> None:
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return "yes"

    Console(io.StringIO(), ask=ask).confirm(EVIL)
    assert _is_all_visible("".join(asked))


def test_a_document_for_programs_holds_the_same_text_without_control_characters() -> None:
    out = io.StringIO()
    document = {"reason": EVIL + "\U000e0041\u200d\ud800", EVIL: [EVIL]}
    Console(out, voice=Voice(is_json=True)).present(document, lambda: None)
    assert json.loads(out.getvalue()) == document
    assert _is_all_visible(out.getvalue().replace("\u200d", ""))
