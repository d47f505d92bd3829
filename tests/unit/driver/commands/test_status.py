from collections.abc import Mapping
from functools import cached_property

import pytest

from driver.commands.outputs import Hello, ShowOutputs
from driver.commands.status import ShowStatus, find_status
from driver.deployments.local_cloud import LocalCloud
from driver.deployments.records import records_in
from driver.model.status import Status as AwsStatus
from driver.model.values import CLOSED, Access, Notebook
from tests.unit.driver.fake_context import FakeContext
from tests.unit.driver.fakes import NOON, OUTPUTS, PIPELINE, STATE_MACHINE, World, execution


def show_status(world: World) -> str:
    ShowStatus(world.context())()
    return world.screen.text


def test_status_tells_what_is_deployed_and_lists_recent_executions(world: World) -> None:
    world.deploy()
    for minutes, (id_, status, reason) in enumerate(
        (("goodgoodgood", AwsStatus.SUCCEEDED, ""), ("badbadbadbad", AwsStatus.FAILED, "a step failed"))
    ):
        world.pipelines.plays(execution(id_, status, reason, minutes))
    text = show_status(world)
    assert text.index("badbadbadbad") < text.index("goodgoodgood")
    assert "a step failed" in text
    assert "2 resources" in text
    assert PIPELINE in text
    assert STATE_MACHINE in text


class UnableCloud(LocalCloud):
    """A local cloud that runs, and cannot save what it holds."""

    def __init__(self) -> None:
        pass

    def access(self) -> Access | None:
        return CLOSED

    def saved_bytes(self) -> int:
        return 1_000

    def records(self) -> Mapping[str, int]:
        return {"Domain": 1, "UserProfile": 2}

    def why_not_saved(self) -> str:
        return "The local cloud cannot save all that it holds: the service kms: no pickle."


class WithUnableCloud(FakeContext):
    """The context of a command beside that cloud."""

    @cached_property
    def local_cloud(self) -> LocalCloud:
        return UnableCloud()


def test_status_tells_that_the_local_cloud_cannot_save_what_it_holds(world: World) -> None:
    world.deploy()
    context = WithUnableCloud(world.settings, world.screen.console, {}, world=world)
    ShowStatus(context)()
    assert "the service kms: no pickle. What was saved before stays" in " ".join(world.screen.text.split())
    assert find_status(context).document()["why_not_saved"] == UnableCloud().why_not_saved()


def test_status_tells_of_records_once(world: World) -> None:
    world.deploy()
    context = WithUnableCloud(world.settings, world.screen.console, {}, world=world)
    ShowStatus(context)()
    told = "records: 3 resources of SageMaker in which nothing runs (1 Domain, 2 UserProfile)"
    assert " ".join(world.screen.text.split()).count(told) == 1
    assert find_status(context).document()["records"] == {"Domain": 1, "UserProfile": 2}


def test_records_are_read_from_what_the_local_cloud_tells() -> None:
    assert records_in({"records": {"Domain": 1, "Hub": "x"}}) == {"Domain": 1}
    for info in (None, {}, {"records": 3}):
        assert records_in(info) == {}


def test_status_says_that_nothing_was_run(world: World) -> None:
    world.deploy()
    assert "invoke run-pipeline" in show_status(world)


def test_that_nothing_is_deployed_is_an_answer(world: World) -> None:
    assert "invoke up" in show_status(world)


def test_outputs_are_shown_whole_and_results_with_them(world: World) -> None:
    world.deploy()
    result = world.workspace.runs_directory / "abc" / "results_0.csv"
    result.parent.mkdir(parents=True)
    result.write_text("")
    ShowOutputs(world.context())()
    for name, value in OUTPUTS.items():
        assert any(line.split()[0] == name for line in world.screen.text.splitlines() if line.strip())
        assert not isinstance(value, str) or value in world.screen.text
    assert str(result) in world.screen.text


def test_outputs_after_a_partial_down_say_that_they_are_old(world: World) -> None:
    world.deploy()
    world.workspace.keep_only(["bucket", "queue"])
    ShowOutputs(world.context())()
    assert "`invoke down` kept only bucket, queue" in world.screen.text


def test_without_outputs_it_says_what_to_run(world: World) -> None:
    ShowOutputs(world.context())()
    assert "invoke up" in world.screen.text


def test_hello_names_at_most_five_notebooks(world: World) -> None:
    world.pipelines.instances = [
        Notebook(f"notebook-{number}", f"arn:{number}", "InService", NOON) for number in range(7)
    ]
    Hello(world.context())()
    assert world.screen.text.count("Instance:") == 5
    assert "Creation Date: 2026-11-21" in world.screen.text


@pytest.mark.parametrize("words", ["no notebook instances", "https://docs.aws.amazon.com/"])
def test_hello_says_how_to_add_a_notebook_where_there_is_none(world: World, words: str) -> None:
    Hello(world.context())()
    assert words in world.screen.text
