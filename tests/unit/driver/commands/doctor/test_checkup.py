import io
import threading
from pathlib import Path

import pytest

from driver.aws.explain import explain
from driver.commands.doctor.checkup import Check, Finding, Verdict, failed, passed, run_checks, warned
from driver.commands.doctor.command import Doctor
from driver.host.console import Console, Voice
from driver.model.exceptions import LocalCloudError
from tests.unit.driver.documents import Program
from tests.unit.driver.fakes import World

GOOD = Check("good", lambda: passed("as it must be"))
DOUBTFUL = Check("doubtful", lambda: warned("closed", "Use the other."))
BAD = Check("bad", lambda: failed("missing", "Install it."))


def test_checks_run_side_by_side_and_answer_in_their_order() -> None:
    meeting = threading.Barrier(2, timeout=5)

    def meet() -> Finding:
        meeting.wait()
        return passed("met")

    found = run_checks([Check("one", meet), Check("two", meet)], explain)
    assert [(check.name, check.finding.verdict) for check in found] == [
        ("one", Verdict.PASS),
        ("two", Verdict.PASS),
    ]


def test_one_that_does_not_come_back_failed_and_keeps_nobody() -> None:
    never = threading.Event()

    def hang() -> Finding:
        never.wait()
        return passed("too late")

    found = run_checks([Check("hangs", hang), GOOD], explain, deadline=0.2)
    never.set()
    assert [check.finding.verdict for check in found] == [Verdict.FAIL, Verdict.PASS]
    assert "within 0.2 seconds" in found[0].finding.found


def test_what_a_check_raises_is_its_finding() -> None:
    def fall() -> Finding:
        raise LocalCloudError("It is not installed.", "There is no python.", "Run `make install`.")

    (found,) = run_checks([Check("falls", fall)], explain)
    assert found.finding == Finding(
        Verdict.FAIL, "It is not installed. There is no python.", "Run `make install`."
    )


@pytest.mark.parametrize(("checks", "code"), [((GOOD, DOUBTFUL), 0), ((GOOD, BAD), 3)])
def test_the_exit_code_is_3_only_where_something_fails(
    world: World, checks: tuple[Check, ...], code: int
) -> None:
    assert Doctor(world.context())(checks) == code


def test_people_read_a_line_for_each_and_the_cure_below(world: World) -> None:
    Doctor(world.context())((GOOD, DOUBTFUL, BAD))
    lines = world.screen.text.splitlines()
    assert "✓ good      as it must be" in lines
    assert lines.index("! doubtful  closed") + 1 == lines.index("            → Use the other.")
    assert lines[-1] == "1 pass, 1 warn, 1 fail"


def test_programs_read_a_document(world: World, tmp_path: Path) -> None:
    program = Program()
    Doctor(world.context(program.console))((GOOD, BAD))
    document = program.document("doctor")
    assert (document["target"], document["is_ready"]) == ("local", False)
    assert document["checks"] == [
        {"name": "good", "verdict": "pass", "found": "as it must be", "cure": None},
        {"name": "bad", "verdict": "fail", "found": "missing", "cure": "Install it."},
    ]


def test_on_a_narrow_terminal_words_stay_whole(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for name, value in {"COLUMNS": "40", "TERM": "xterm", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    out = Terminal()
    words = "The local cloud cannot be reached from here because something else has its port."
    console = Console(out, io.StringIO(), voice=Voice(is_quiet=True))
    Doctor(world.context(console))([Check("long", lambda: failed(words, "End it."))])
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= 40
    assert " ".join(out.getvalue().split()).startswith(f"✗ long {words} → End it.")
