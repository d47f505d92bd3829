from datetime import timedelta

import pytest

from driver.host.wording import describe_duration, describe_seconds
from driver.terraform.events import Diagnostic, Note, Phase, ResourceEvent
from driver.terraform.view import TerraformView
from tests.unit.driver.fakes import NOON, Screen


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0.0 s"), (0.44, "0.4 s"), (9.96, "10 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (185, "3 min 5 s")],
)
def test_durations_are_said_as_people_say_them(seconds: float, words: str) -> None:
    assert describe_seconds(seconds) == words


def test_what_has_not_ended_has_no_duration() -> None:
    assert describe_duration(NOON, None) == ""
    assert describe_duration(NOON, NOON + timedelta(seconds=2)) == "2.0 s"


def told_by_terraform(*events: ResourceEvent | Diagnostic | Note) -> str:
    screen = Screen()
    with TerraformView(screen.console).shown() as on_event:
        for event in events:
            on_event(event)
    return screen.text


def test_reading_is_no_news() -> None:
    text = told_by_terraform(ResourceEvent(Phase.FINISHED, "data.aws_region.current", "read"))
    assert "aws_region" not in text


def test_each_change_is_told_in_words() -> None:
    text = told_by_terraform(
        ResourceEvent(Phase.STARTED, "a.b", "delete"),
        ResourceEvent(Phase.FINISHED, "a.b", "delete", 3),
        ResourceEvent(Phase.FAILED, "c.d", "create", 2),
    )
    assert "  destroying a.b\n" in text
    assert "✓ destroyed a.b  3 s\n" in text
    assert "! creating c.d failed  2 s\n" in text


def test_warnings_are_told_and_errors_left_to_the_end() -> None:
    text = told_by_terraform(Diagnostic("warning", "deprecated"), Diagnostic("error", "denied"))
    assert "deprecated" in text
    assert "denied" not in text


def test_an_interruption_says_what_a_second_one_would_do() -> None:
    assert "Ctrl-C again kills it" in told_by_terraform(Note("\nInterrupt received.\nPlease wait"))
