import pytest

from tests.unit.driver.cli.terminal.conftest import Begin

FIRST = "Delete 5 state machines?"
LAST = "Destroy all this? [y/N]"


def test_a_no_keeps_a_thing_with_all_it_needs_and_the_rest_goes(begin: Begin) -> None:
    session = begin("down", "--deployed")
    session.answers("Delete 5 state machines?", "")
    session.answers("Delete pipeline sagestep-geospatial?", "n")
    session.sees("also kept, because it is needed: functions, queue, bucket")
    session.answers("Delete topic sagestep-failures?", "y")
    session.answers("Delete image repository sagestep-scikit?", "y")
    session.answers("Delete role sagestep-jobs?", "y")
    session.sees("To be kept:")
    session.sees("(needed by pipeline)")
    session.sees("To be destroyed:")
    session.answers("Destroy the rest? [y/N]", "y")
    assert session.ends() == 0
    assert "the local cloud keeps running" in session.text
    assert session.stopped == 0
    [targets] = session.targeted
    assert "module.notifications.aws_sns_topic.this" in targets
    assert not [address for address in targets if address.startswith(("module.queue", "module.bucket"))]


def test_the_bucket_is_counted_and_sized_in_its_question(begin: Begin) -> None:
    session = begin("down", "--deployed", columns=160)
    for _ in range(7):
        session.answers("[Y/n/a/q]", "y")
    session.answers("Delete bucket sagestep-000000000000-us-west-2 with 1 object, 1.2 kB? [Y/n/a/q]", "n")
    session.answers("Destroy the rest? [y/N]", "y")
    assert session.ends() == 0
    assert len(session.asked) == 8


def test_what_is_named_by_keep_is_not_asked_about(begin: Begin) -> None:
    session = begin("down", "--deployed", "--keep", "bucket,queue")
    session.answers("Delete 5 state machines?", "a")
    session.answers("Destroy the rest? [y/N]", "yes")
    assert session.ends() == 0
    assert "2 queues" not in " ".join(session.asked)
    assert "✓ kept: 4 resources: queue, bucket" in session.text


def test_with_yes_nothing_is_asked(begin: Begin) -> None:
    session = begin("down", "--deployed", "--yes", "--keep", "queue")
    assert session.ends() == 0
    assert session.asked == []
    assert "✓ kept: 2 resources: queue" in session.text


@pytest.mark.parametrize(
    "answers",
    [
        [(FIRST, "q")],
        [(FIRST, "a"), (LAST, "n")],
        [(FIRST, "a"), (LAST, "")],
        [(FIRST, "y"), ("Delete pipeline", "\x04")],
    ],
)
def test_every_way_out_destroys_nothing(begin: Begin, answers: list[tuple[str, str]]) -> None:
    session = begin("down", "--deployed")
    for question, answer in answers:
        session.answers(question, answer)
    assert session.ends() == 1
    assert "Nothing was d" in session.text
    assert session.targeted == []


def test_ctrl_c_at_a_question_destroys_nothing(begin: Begin) -> None:
    session = begin("down", "--deployed")
    session.answers("Delete 5 state machines?", "y")
    session.sees("Delete pipeline")
    session.presses_ctrl_c()
    assert session.ends() == 130
    assert "No resource was destroyed." in session.text
    assert session.targeted == []


def test_ctrl_c_at_the_last_question_destroys_nothing(begin: Begin) -> None:
    session = begin("down", "--deployed")
    session.answers("Delete 5 state machines?", "a")
    session.sees(LAST)
    session.presses_ctrl_c()
    assert session.ends() == 130
    assert session.targeted == []


def test_an_answer_that_is_none_is_asked_again(begin: Begin) -> None:
    session = begin("down", "--deployed")
    session.answers("Delete 5 state machines?", "perhaps")
    session.answers("Delete 5 state machines?", "q")
    assert session.ends() == 1


def test_account_and_region_come_before_the_first_question(begin: Begin) -> None:
    session = begin("down", "--deployed", "--target", "aws")
    session.answers("[Y/n/a/q]", "q")
    assert session.ends() == 1
    assert session.text.index("account 123456789012, region us-west-2") < session.text.index("[Y/n/a/q]")


def test_a_wrong_name_says_which_there_are(begin: Begin) -> None:
    session = begin("down", "--deployed", "--keep", "bukket", columns=200)
    assert session.ends() == 2
    assert "'bukket' is none of state-machines, pipeline, functions, queue, topic, images" in session.text


def test_on_a_narrow_terminal_the_questions_stay_whole(begin: Begin) -> None:
    session = begin("down", "--deployed", columns=40)
    session.answers("[Y/n/a/q]", "n")
    session.sees("also kept, because it is needed")
    session.answers("[Y/n/a/q]", "q")
    assert session.ends() == 1
    assert "Delete 5 state machines? [Y/n/a/q]" in session.text
