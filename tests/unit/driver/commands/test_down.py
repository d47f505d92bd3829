import io
import os
from dataclasses import replace

import pytest

from driver.commands.down import Down
from driver.deployments.groups import NAMES, group_resources
from driver.host.console import Console
from driver.model.exceptions import (
    CloudBusyError,
    ConfirmationRequiredError,
    DeadlineExceededError,
    DeclinedError,
    InterruptedByUserError,
    NotDeployedError,
    TerraformError,
    UnusableCloudError,
    WrongUseError,
)
from driver.model.status import StateMachineStatus, Status
from driver.model.values import Endpoint
from driver.terraform.events import Phase, ResourceEvent
from tests.unit.driver.fakes import BUCKET, LOCAL, PIPELINE, RUNS, Screen, World, execution, run
from tests.unit.driver.states import filtered, whole_state

LAST = "Destroy all this? [y/N] "


def down(world: World, *, yes: bool = True, keep: str = "") -> None:
    Down(world.context())(assume_yes=yes, keep=keep)


def test_everything_goes_and_the_target_is_stopped(world: World) -> None:
    world.deploy()
    down(world)
    assert f"destroy {LOCAL.endpoint_url}" in world.terraform.calls
    assert "destroyed 2 resources" in world.screen.text
    assert world.target.stopped == 1
    assert not world.workspace.directory.exists()


def test_downloads_and_reports_are_kept_and_it_says_where(world: World) -> None:
    world.deploy()
    result = world.workspace.runs_directory / "abc" / "results_0.csv"
    report = world.workspace.reports_directory / "abc.html"
    for file in (result, report):
        file.parent.mkdir(parents=True)
        file.write_text("kept")
    down(world)
    assert {path for path in world.workspace.directory.rglob("*") if path.is_file()} == {result, report}
    assert f"1 downloaded result in {world.workspace.runs_directory}" in world.screen.text
    assert f"1 report in {world.workspace.reports_directory}" in world.screen.text


@pytest.mark.parametrize("is_disposable", [True, False])
def test_what_an_up_had_begun_when_it_was_killed_is_named_where_it_may_be_left(
    world: World, is_disposable: bool
) -> None:
    world.deploy()
    world.target.is_disposable = is_disposable
    world.workspace.creations.on_event(ResourceEvent(Phase.STARTED, "aws_iam_role.lambda", "create"))
    down(world)
    assert ("aws_iam_role.lambda: they may exist" in world.screen.text) is not is_disposable


def test_a_second_time_there_is_nothing_to_destroy(world: World) -> None:
    world.deploy()
    down(world)
    down(world)
    assert "nothing to destroy" in world.screen.text
    assert world.terraform.calls.count(f"destroy {LOCAL.endpoint_url}") == 1


def test_it_lists_what_would_go_before_it_asks(world: World) -> None:
    world.deploy(workflows=True)
    number = len(world.workspace.resources())
    world.storage.objects |= {f"{BUCKET}/a.csv": "x" * 1500, f"{BUCKET}/b.csv": "x" * 700}
    world.screen = Screen(answer="no")
    with pytest.raises(DeclinedError):
        down(world, yes=False)
    assert "module.queue: aws_sqs_queue.dlq, aws_sqs_queue.this" in world.screen.text
    assert f"bucket: {BUCKET} with 2 objects, 2.2 kB" in world.screen.text
    assert len(world.workspace.resources()) == number
    assert world.target.stopped == 0


@pytest.mark.parametrize("answer", ["y", "Yes"])
def test_a_yes_is_enough(world: World, answer: str) -> None:
    world.deploy()
    world.screen = Screen(answer)
    down(world, yes=False)
    assert "destroyed" in world.screen.text


def test_without_a_terminal_it_wants_the_flag(world: World) -> None:
    world.deploy()
    with pytest.raises(ConfirmationRequiredError, match="--yes"):
        down(world, yes=False)
    assert len(world.workspace.resources()) == 2


def test_running_executions_are_named_and_stopped_before_the_queue_goes(world: World) -> None:
    world.deploy(workflows=True)
    for id_, status in (
        ("waitswaits12", Status.EXECUTING),
        ("endsendsends", Status.STOPPING),
        ("oldoldoldold", Status.FAILED),
    ):
        world.pipelines.plays(execution(id_, status))
    world.state_machines.plays(run("run-1", StateMachineStatus.RUNNING))
    world.state_machines.plays(run("run-0", StateMachineStatus.SUCCEEDED))
    world.screen = Screen(answer="yes")
    down(world, yes=False)
    assert world.state_machines.stops == [f"{RUNS}:run-1"]
    assert sorted(world.pipelines.stops) == [
        f"{PIPELINE}/execution/endsendsends",
        f"{PIPELINE}/execution/waitswaits12",
    ]
    assert "pipeline execution waitswaits12 is Executing" in world.screen.text
    assert "state machine execution run-1 is RUNNING" in world.screen.text
    assert world.screen.asked[-1] == "Stop and destroy all this? [y/N] "


def test_a_pipeline_that_a_state_machine_had_just_started_is_stopped_as_well(world: World) -> None:
    world.deploy(workflows=True)
    world.state_machines.plays(run("run-1", StateMachineStatus.RUNNING))

    def stop(arn: str) -> None:
        world.state_machines.plays(run("run-1", StateMachineStatus.ABORTED))
        world.pipelines.plays(execution("justjustjust", Status.EXECUTING))

    world.state_machines.stop = stop  # type: ignore[method-assign]
    down(world)
    assert world.pipelines.stops == [f"{PIPELINE}/execution/justjustjust"]


def test_nothing_is_destroyed_under_an_execution_that_does_not_stop(world: World) -> None:
    world.deploy(workflows=True)
    number = len(world.workspace.resources())
    world.pipelines.plays(execution("stuckstuck12", Status.EXECUTING))
    world.pipelines.obeys = False
    with pytest.raises(DeadlineExceededError, match="invoke attach --execution stuckstuck12"):
        down(world)
    assert world.now >= 300
    assert len(world.workspace.resources()) == number


def test_the_state_of_a_cloud_that_is_gone_is_cleaned_up(world: World) -> None:
    world.deploy(replace(LOCAL, instance="gone"))
    down(world, yes=False)
    assert "2 resources is gone" in world.screen.text
    assert world.terraform.calls == []
    assert world.target.stopped == 1
    assert not world.workspace.directory.exists()


@pytest.mark.parametrize("yes", [True, False])
def test_a_cloud_that_does_not_answer_is_ended_after_saying_so(world: World, *, yes: bool) -> None:
    world.deploy()
    world.target.is_busy = True
    if not yes:
        with pytest.raises(ConfirmationRequiredError):
            down(world, yes=False)
        assert world.target.stopped == 0
        world.screen = Screen("y")
    down(world, yes=yes)
    assert world.target.stopped == 1
    assert "everything in it is lost: 2 resources" in world.screen.text
    assert world.terraform.calls == []
    assert not world.workspace.state_path.exists()


def test_a_cloud_whose_keys_are_missing_is_ended_in_the_same_way(world: World) -> None:
    world.deploy()
    world.keys_error = UnusableCloudError("The keys of the local cloud are missing.", "There is no file.")
    down(world)
    assert world.target.stopped == 1
    assert "keys of the local cloud are missing" in world.screen.text
    assert world.terraform.calls == []


def test_of_a_cloud_that_does_not_answer_nothing_can_be_kept(world: World) -> None:
    world.deploy()
    world.target.is_busy = True
    with pytest.raises(CloudBusyError):
        down(world, keep="queue")
    assert world.target.stopped == 0


def test_a_deployment_that_was_never_finished_is_destroyed_too(world: World) -> None:
    world.deploy()
    (world.workspace.directory / "outputs.json").unlink()
    down(world)
    assert "destroyed 2 resources" in world.screen.text


def test_a_state_of_an_unknown_place_is_not_touched(world: World) -> None:
    world.deploy()
    world.target.is_disposable = False
    (world.workspace.directory / "deployment.json").unlink()
    with pytest.raises(NotDeployedError, match="invoke up"):
        down(world)
    assert len(world.workspace.resources()) == 2


def test_a_failing_destroy_keeps_state_and_target(world: World) -> None:
    world.deploy()
    world.terraform.failure = TerraformError("no")
    with pytest.raises(TerraformError):
        down(world)
    assert world.workspace.deployment() == LOCAL
    assert world.target.stopped == 0


def groups(world: World) -> list[str]:
    return [group.name for group in group_resources(world.workspace.resources())]


def test_what_is_kept_stays_with_all_it_needs_and_the_cloud_goes_on(world: World) -> None:
    world.deploy(workflows=True)
    down(world, keep="roles,queue")
    assert groups(world) == ["queue", "roles", "bucket"]
    assert f"bucket: {BUCKET} with nothing in it (needed by roles)" in world.screen.text
    assert world.target.stopped == 0
    assert "the local cloud keeps running" in world.screen.text
    assert world.workspace.deployment() == LOCAL


def test_it_says_what_is_kept_before_anything_is_asked_of_terraform(world: World) -> None:
    world.deploy(workflows=True)
    world.terraform.failure = TerraformError("no")
    with pytest.raises(TerraformError):
        down(world, keep="bucket")
    assert "To be kept: 2 resources" in world.screen.text
    assert "To be destroyed: 17 resources" in world.screen.text


def test_a_part_is_not_a_deployment(world: World) -> None:
    world.deploy(workflows=True)
    down(world, keep="bucket,queue")
    with pytest.raises(NotDeployedError, match=r"only in part. .* keep only queue, bucket. `invoke up`"):
        world.workspace.outputs()
    world.workspace.keep_outputs(world.terraform.outputs)
    assert world.workspace.outputs().bucket_name == BUCKET


def test_a_part_cut_short_is_no_deployment_either_and_can_be_repeated(world: World) -> None:
    world.deploy(workflows=True)
    world.terraform.failure = InterruptedByUserError("Interrupted.")
    with pytest.raises(InterruptedByUserError):
        down(world, keep="bucket")
    with pytest.raises(NotDeployedError, match="keep only bucket"):
        world.workspace.outputs()
    world.terraform.failure = None
    down(world, keep="bucket")
    assert groups(world) == ["bucket"]


def test_a_whole_down_cut_short_leaves_no_deployment(world: World) -> None:
    world.deploy(workflows=True)
    world.terraform.failure = InterruptedByUserError("Interrupted.")
    with pytest.raises(InterruptedByUserError):
        down(world)
    with pytest.raises(NotDeployedError, match="did not come to its end"):
        world.workspace.outputs()
    lock = world.workspace.directory.with_suffix(".lock")
    lock.write_text(f"`invoke down`, process {os.getppid()}")  # one that lives
    with pytest.raises(NotDeployedError, match=r"`invoke down`, process .* is changing it"):
        world.workspace.outputs()
    lock.write_text("")
    world.terraform.failure = None
    down(world)
    assert not world.workspace.directory.exists()


def test_the_rest_goes_later_and_is_still_counted(world: World) -> None:
    world.deploy(workflows=True)
    world.storage.objects[f"{BUCKET}/a.csv"] = "x"
    down(world, keep="bucket")
    world.screen = Screen(answer="y")
    down(world, yes=False)
    question, last = world.screen.asked
    assert question.split() == f"Delete bucket {BUCKET} with 1 object, 1 byte? [Y/n/a/q]".split()
    assert last == LAST
    assert world.target.stopped == 1
    assert not world.workspace.directory.exists()


def test_the_same_part_twice_destroys_nothing_more(world: World) -> None:
    world.deploy(workflows=True)
    down(world, keep="bucket")
    down(world, keep="bucket")
    assert len(world.terraform.targeted) == 1
    assert "nothing to destroy except what is kept" in world.screen.text


def test_each_thing_is_asked_about_unless_something_kept_needs_it(world: World) -> None:
    world.deploy(workflows=True)
    world.screen = Screen(["", "n", "y", "n", "y", "y"])
    down(world, yes=False)
    assert [question.split()[1] for question in world.screen.asked[:-1]] == [
        "5",
        "pipeline",
        "topic",
        "image",
        "role",
    ]
    assert world.screen.asked[-1] == "Destroy the rest? [y/N] "
    assert "also kept, because it is needed: functions, queue, bucket" in world.screen.text
    assert groups(world) == ["pipeline", "functions", "queue", "images", "bucket"]


def test_one_letter_takes_all_that_follow(world: World) -> None:
    world.deploy(workflows=True)
    world.screen = Screen(["a", "y"])
    down(world, yes=False)
    assert len(world.screen.asked) == 2
    assert not world.workspace.directory.exists()


@pytest.mark.parametrize("answers", [["q"], ["a", "n"], ["a", ""], ["y", "n", "quit"], ["what?", "Q"]])
def test_there_are_ways_out_until_the_last_question(world: World, answers: list[str]) -> None:
    world.deploy(workflows=True)
    world.screen = Screen(answers)
    with pytest.raises(DeclinedError):
        down(world, yes=False)
    assert world.terraform.targeted == []
    assert world.workspace.outputs().bucket_name == BUCKET


@pytest.mark.parametrize("leave", [KeyboardInterrupt, EOFError])
def test_whoever_leaves_at_a_question_has_destroyed_nothing(world: World, leave: type[BaseException]) -> None:
    world.deploy(workflows=True)

    def ask(question: str) -> str:
        raise leave

    world.screen.console = Console(io.StringIO(), io.StringIO(), ask=ask)
    expected = InterruptedByUserError if leave is KeyboardInterrupt else DeclinedError
    with pytest.raises(expected, match=r"No.* destroyed"):
        down(world, yes=False)
    assert groups(world) == list(NAMES)


def test_a_wrong_name_stops_it_before_anything_is_done(world: World) -> None:
    world.deploy(workflows=True)
    with pytest.raises(WrongUseError, match="'buckets' is none of"):
        down(world, keep="buckets")
    assert world.terraform.calls == []


def test_what_is_not_there_cannot_be_kept(world: World) -> None:
    world.deploy(workflows=True)
    down(world, keep="bucket")
    down(world, keep="queue")
    assert "not deployed, so not kept: queue" in world.screen.text
    assert not world.workspace.directory.exists()


def test_what_runs_goes_on_where_all_it_needs_is_kept(world: World) -> None:
    world.deploy(workflows=True)
    world.pipelines.plays(execution("directdirect", Status.EXECUTING))
    world.pipelines.plays(
        replace(execution("bystatemachi", Status.EXECUTING), display_name=f"run-{'0' * 32}")
    )
    world.state_machines.plays(run("run-1", StateMachineStatus.RUNNING))
    down(world, keep="pipeline")
    assert world.state_machines.stops == [f"{RUNS}:run-1"]
    assert world.pipelines.stops == [f"{PIPELINE}/execution/bystatemachi"]


def test_what_was_destroyed_before_is_asked_for_no_executions(world: World) -> None:
    world.deploy(workflows=True)
    gone = ("module.state_machine", "module.workflow", "module.pipeline")
    state = filtered(whole_state(), lambda address: not address.startswith(gone))
    world.workspace.state_path.write_text(state)
    world.state_machines.plays(run("run-1", StateMachineStatus.RUNNING))
    world.pipelines.plays(execution("goneandgone1", Status.EXECUTING))
    down(world)
    assert (world.state_machines.stops, world.pipelines.stops) == ([], [])


@pytest.mark.parametrize(
    ("keep", "is_deleted"), [("roles,bucket,images", False), ("roles,bucket", True), ("", True)]
)
def test_endpoints_stay_only_with_all_they_need(world: World, keep: str, *, is_deleted: bool) -> None:
    world.deploy(workflows=True)
    world.hosting.states["sagestep-model"] = Endpoint("sagestep-model", "InService", "sagestep-config")
    down(world, keep=keep)
    assert ("sagestep-model" in world.hosting.deleted) is is_deleted
    assert ("stay in service" in world.screen.text) is not is_deleted
