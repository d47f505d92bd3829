import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.driver.cli.terminal.conftest import ROOT, Begin, Session

FILE = "Your CSV file of coordinates [the sample]:"
FIRST = "Delete 5 state machines?"
UPDATE = "it? [y/N]"  # the question before it may be broken anywhere else
BANNERS = (
    "Welcome to the guided tour",
    "First: set up what the pipeline needs",
    "Next: run the pipeline",
    "Where to look further",
    "Last: clean up",
    "The tour is complete.",
)


def walk_to_the_clean_up(session: Session) -> None:
    session.answers(FILE, "")
    session.sees("Last: clean up")


def test_on_a_fresh_machine_everything_is_made_run_and_destroyed(begin: Begin) -> None:
    session = begin("scenario")
    walk_to_the_clean_up(session)
    session.answers(FIRST, "a")
    session.answers("Destroy all this? [y/N]", "y")
    assert session.ends() == 0
    places = [session.text.index(banner) for banner in BANNERS]
    assert places == sorted(places)
    assert "2 coordinates" in session.text
    assert "Berlin" in session.text
    assert "pipelines-studio.html" in session.text
    assert session.targeted == [[], []]
    assert session.stopped == 1


def test_yes_answers_all_of_it(begin: Begin) -> None:
    session = begin("scenario", "--yes", "--deployed", "--changed")
    assert session.ends() == 0
    assert "?" not in session.text.replace("?\n", "")
    assert BANNERS[-1] in session.text
    assert session.targeted == [[], []]


def test_a_no_in_the_clean_up_keeps_the_thing(begin: Begin) -> None:
    session = begin("scenario")
    walk_to_the_clean_up(session)
    for name in ("5 state", "pipeline", "Lambda functions", "queues", "topic", "image repository", "role"):
        session.answers(f"Delete {name}", "y")
    session.answers("Delete bucket", "n")
    session.answers("Destroy the rest? [y/N]", "y")
    assert session.ends() == 0
    assert "✓ kept: 2 resources: bucket" in session.text


def test_enter_at_every_question_leaves_everything_as_it_is(begin: Begin) -> None:
    session = begin("scenario", "--deployed", "--changed")
    session.answers(UPDATE, "")
    walk_to_the_clean_up(session)
    for _ in range(8):
        session.answers("[Y/n/a/q]", "")
    session.answers("Destroy all this? [y/N]", "")
    assert session.ends() == 0
    assert "everything stays as it is" in session.text
    assert session.stopped == 0


def test_a_function_that_exists_is_updated_if_the_user_agrees(begin: Begin) -> None:
    session = begin("scenario", "--deployed", "--changed")
    session.sees("The Lambda function sagestep-geospatial already exists,")
    session.answers(UPDATE, "y")
    walk_to_the_clean_up(session)
    session.answers("[Y/n/a/q]", "q")
    assert session.ends() == 0
    assert session.targeted == [[]]


def test_a_function_that_is_not_to_be_updated_holds_back_what_is_built_on_it(begin: Begin) -> None:
    session = begin("scenario", "--deployed", "--changed", columns=200)
    session.answers(UPDATE, "n")
    session.sees('must wait too: module.pipeline["geospatial"].aws_sagemaker_pipeline.this')
    walk_to_the_clean_up(session)
    session.answers("[Y/n/a/q]", "q")
    assert session.ends() == 0
    assert session.targeted == [["module.queue.aws_sqs_queue.this"]]


@pytest.mark.parametrize(("answer", "code"), [("n", 1), ("y", 0)])
def test_where_something_is_missing_the_functions_must_be_updated_with_it(
    begin: Begin, answer: str, code: int
) -> None:
    session = begin("scenario", "--deployed", "--changed", "--in-part")
    session.sees("What is missing depends on functions")
    session.answers(UPDATE, answer)
    if code == 0:
        walk_to_the_clean_up(session)
        session.answers("[Y/n/a/q]", "q")
    assert session.ends() == code
    assert ("Nothing was changed." in session.text) is (code == 1)
    assert session.targeted == ([] if code else [[]])


def test_what_is_missing_beside_functions_that_are_up_to_date_is_made(begin: Begin) -> None:
    session = begin("scenario", "--deployed", "--in-part")
    session.sees("in the source")
    session.sees("deployed: 5 added")
    walk_to_the_clean_up(session)
    session.answers("[Y/n/a/q]", "q")
    assert session.ends() == 0


def test_without_a_change_nothing_is_asked_and_nothing_applied(begin: Begin) -> None:
    session = begin("scenario", "--deployed")
    session.sees("in the source")
    walk_to_the_clean_up(session)
    session.answers("[Y/n/a/q]", "q")
    assert session.ends() == 0
    assert session.targeted == []


def test_a_file_that_is_no_good_is_asked_for_again(begin: Begin, tmp_path: Path) -> None:
    (tmp_path / "words.csv").write_text("a,b\n1,2\n")
    session = begin("scenario", "--deployed")
    session.answers(FILE, str(tmp_path / "nowhere.csv"))
    session.answers(FILE, str(tmp_path / "words.csv"))
    session.answers(FILE, "")
    session.answers("[Y/n/a/q]", "q")
    assert session.ends() == 0
    assert session.text.count("✗") == 2


def test_after_a_run_that_failed_there_is_still_the_clean_up(begin: Begin) -> None:
    session = begin("scenario", "--deployed", "--fails")
    session.answers(FILE, "")
    session.sees("Execution run-1 ended FAILED.")
    session.answers(FIRST, "a")
    session.answers("Destroy all this? [y/N]", "y")
    assert session.ends() == 1
    assert "The pipeline did not succeed." in session.text
    assert session.stopped == 1


@pytest.mark.parametrize(
    ("arguments", "wait_for", "says"),
    [
        (["--hangs", "apply"], "hangs in apply", ["the set-up", "Nothing exists"]),
        (
            ["--deployed", "--hangs", "plan"],
            "hangs in plan",
            ["the set-up", "19 resources", "`invoke down`"],
        ),
        (["--deployed", "--changed"], UPDATE, ["the set-up", "19 resources", "`invoke scenario`"]),
        ([], FILE, ["before the pipeline had run", "19 resources", "`invoke down`"]),
        (["--hangs", "run"], FILE, ["before the pipeline had run", "19 resources"]),
        ([], FIRST, ["before the clean-up", "No resource was destroyed", "19 resources"]),
    ],
)
def test_ctrl_c_says_what_there_is_and_how_to_go_on(
    begin: Begin, arguments: list[str], wait_for: str, says: list[str]
) -> None:
    session = begin("scenario", *arguments)
    if wait_for == FIRST:
        walk_to_the_clean_up(session)
    session.sees(wait_for)
    if "run" in arguments:
        session.reader.sendline("")
        session.sees("hangs in run")
    session.presses_ctrl_c()
    assert session.ends() == 130
    assert "You left the tour" in session.text
    for text in says:
        assert text in session.text


def test_ctrl_c_while_it_is_destroyed_says_what_is_left(begin: Begin) -> None:
    session = begin("scenario", "--hangs", "destroy")
    walk_to_the_clean_up(session)
    session.answers(FIRST, "a")
    session.answers("Destroy all this? [y/N]", "y")
    session.sees("hangs in destroy")
    session.presses_ctrl_c()
    assert session.ends() == 130
    assert "19 resources exist on target local" in session.text


@pytest.mark.parametrize("columns", [40, 200])
def test_the_text_fits_the_terminal(begin: Begin, columns: int) -> None:
    session = begin("scenario", columns=columns)
    session.sees("Your CSV")
    said = session.text.partition("deploy models")[0].splitlines()
    assert max(map(len, said)) <= min(columns, 80)
    assert f"{'-' * min(columns, 80)}" in said
    session.presses_ctrl_c()
    assert session.ends() == 130


def test_on_aws_the_account_is_named_before_the_clean_up(begin: Begin) -> None:
    session = begin("scenario", "--target", "aws")
    session.sees("your AWS account")
    walk_to_the_clean_up(session)
    session.sees("account 123456789012, region us-west-2")
    session.answers(FIRST, "q")
    assert session.ends() == 0


def test_without_a_terminal_it_says_what_to_do(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.unit.driver.cli.terminal.program", str(tmp_path), "scenario"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert "--yes" in ended.stderr
    assert "invoke up" in ended.stderr
