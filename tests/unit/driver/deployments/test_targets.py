from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from driver.deployments.local_cloud import LocalCloud, changes_in
from driver.deployments.targets import AwsTarget, LocalStackTarget, LocalTarget
from driver.model.choices import IamMode, TargetName
from driver.model.exceptions import (
    CloudBusyError,
    ConfirmationRequiredError,
    CredentialsError,
    DeclinedError,
    EnvironmentNotReadyError,
    LocalCloudError,
    NotDeployedError,
    WrongUseError,
)
from driver.model.values import CLOSED, Access, Deployment, Identity, RunningCloud
from driver.settings.project import Project
from driver.settings.settings import Settings
from tests.unit.driver.fakes import AWS, LOCAL, Screen, World

RUNNING = RunningCloud(1, 4566, "first")
ENDPOINT = "http://localhost:4566"


class FakeCloud(LocalCloud):
    """A local cloud that is there or not."""

    def __init__(
        self, running: RunningCloud | None = None, *, free: bool = True, last_port: int | None = None
    ) -> None:
        self.running = running
        self.paused: RunningCloud | None = None
        self.is_busy = False
        self.pauses = 0
        self.is_old = False
        self._free = free
        self._last_port = last_port

    def take_up(self, access: Callable[[Access], Access] = lambda last: last) -> RunningCloud | None:
        if self.is_busy:
            raise CloudBusyError("The local cloud does not answer.", "Process 1 is busy.", "Wait.")
        if self.paused:
            self.running = replace(self.paused, access=access(self.paused.access))
            self.paused = None
        return self.running

    def is_of_another_version(self, cloud: RunningCloud) -> bool:
        return self.is_old

    def find_process(self) -> int | None:
        return self.running.pid if self.running else None

    def last_port(self) -> int | None:
        return self._last_port

    def free_port(self, first: int) -> int:
        return first

    def check(self, port: int) -> None:
        if not self._free:
            raise LocalCloudError(f"port {port} is taken")

    def start(self, port: int, access: Access = CLOSED) -> RunningCloud:
        self.running = RunningCloud(2, port, "second", access)
        return self.running

    def pause(self) -> str:
        self.paused, self.running, self.is_busy = self.running, None, False
        self.pauses += 1
        return ""

    def stop(self) -> None:
        self.running, self.is_busy = None, False


@pytest.mark.parametrize(
    ("info", "count"),
    [
        ({"instance": "first", "changes": 7}, 7),
        ({"instance": "second", "changes": 7}, None),
        ({"instance": "first"}, None),  # an earlier version
        ({"instance": "first", "changes": "7"}, None),
        (None, None),
    ],
)
def test_only_the_run_that_was_deployed_to_tells_of_changes(
    info: dict[str, object] | None, count: int | None
) -> None:
    assert changes_in(info, "first") == count
    assert changes_in({"changes": 7}, None) is None  # somebody else's LocalStack


def settings(**values: object) -> Settings:
    return Settings(project=Project(Path("/project")), home=Path("/home"), **values)  # type: ignore[arg-type]


def local(world: World, cloud: FakeCloud, **values: object) -> LocalTarget:
    return LocalTarget(settings(**values), world.workspace, cloud, world.screen.console)


def aws(world: World, account_id: str = "123456789012", **values: object) -> AwsTarget:
    identity = Identity(account_id, f"arn:aws:iam::{account_id}:user/me")
    return AwsTarget(settings(**values), world.workspace, lambda *_: identity, world.screen.console)


class TestLocal:
    def test_a_cloud_that_runs_is_used_wherever_it_is(self, world: World) -> None:
        cloud = FakeCloud(RunningCloud(1, 4750, "first"))
        target = local(world, cloud)
        target.check(assume_yes=False)
        assert target.start() == replace(LOCAL, endpoint_url="http://127.0.0.1:4750")

    def test_one_that_is_paused_is_started_with_what_is_asked_for_and_else_as_it_was(
        self, world: World
    ) -> None:
        cloud = FakeCloud()
        cloud.paused = replace(RUNNING, access=Access(is_open=True))
        target = local(world, cloud, iam=IamMode.AUDIT)
        target.check(assume_yes=False)
        assert target.start().instance == "first"
        assert cloud.running == replace(RUNNING, access=Access(is_open=True, iam=IamMode.AUDIT))

    def test_that_it_is_of_another_version_is_said(self, world: World) -> None:
        cloud = FakeCloud(RUNNING)
        cloud.is_old = True
        target = local(world, cloud)
        target.check(assume_yes=False)
        target.start()
        assert "another version of sagestep" in " ".join(world.screen.text.split())

    def test_another_port_than_its_own_is_refused(self, world: World) -> None:
        with pytest.raises(WrongUseError, match="4566 already"):
            local(world, FakeCloud(RUNNING), port=4750).check(assume_yes=False)

    @pytest.mark.parametrize(
        ("asked", "last", "used"), [(4750, 4751, 4750), (None, 4751, 4751), (None, None, 4566)]
    )
    def test_one_is_started_on_the_port_asked_for_or_that_of_the_one_before(
        self, world: World, asked: int | None, last: int | None, used: int
    ) -> None:
        target = local(world, FakeCloud(last_port=last), port=asked)
        target.check(assume_yes=False)
        assert target.start().endpoint_url == f"http://127.0.0.1:{used}"

    def test_an_environments_cloud_leaves_the_usual_port_to_the_one_without_a_name(
        self, world: World
    ) -> None:
        target = local(world, FakeCloud(), environment="staging")
        assert target.start().endpoint_url == "http://127.0.0.1:4567"
        target = local(world, FakeCloud(last_port=4570), environment="staging")
        assert target.start().endpoint_url == "http://127.0.0.1:4570"

    def test_a_taken_port_is_found_before_anything_is_started(self, world: World) -> None:
        cloud = FakeCloud(free=False)
        with pytest.raises(LocalCloudError, match="4566"):
            local(world, cloud).check(assume_yes=False)
        assert cloud.running is None

    @pytest.mark.parametrize(
        ("running", "holds"),
        [(RUNNING, True), (RunningCloud(2, 4566, "second"), False), (None, False)],
    )
    def test_a_deployment_lives_as_long_as_its_run_of_the_cloud(
        self, world: World, running: RunningCloud | None, holds: bool
    ) -> None:
        assert local(world, FakeCloud(running)).still_holds(LOCAL) is holds

    def test_the_region_of_the_deployment_stays_unless_another_is_asked_for(self, world: World) -> None:
        world.deploy(replace(LOCAL, region="eu-west-1"))
        assert local(world, FakeCloud()).start().region == "eu-west-1"
        assert local(world, FakeCloud(), region="us-east-1").start().region == "us-east-1"

    def test_without_a_cloud_there_is_no_address(self, world: World) -> None:
        with pytest.raises(NotDeployedError, match="invoke up"):
            local(world, FakeCloud()).address()

    def test_stopping_tells_what_it_stopped(self, world: World) -> None:
        cloud = FakeCloud(RUNNING)
        local(world, cloud).stop()
        assert cloud.running is None
        assert "is stopped" in world.screen.text

    def test_stopping_nothing_says_nothing(self, world: World) -> None:
        local(world, FakeCloud()).stop()
        assert world.screen.text == ""

    @pytest.mark.parametrize(
        ("asked", "runs"),
        [
            ({"is_open": True}, Access()),
            ({"is_open": False}, Access(is_open=True)),
            ({"allowed_origins": ("http://a",)}, Access()),
            ({"allowed_origins": ()}, Access(allowed_origins=("http://a",))),
            ({"iam": IamMode.AUDIT}, Access(iam=IamMode.ENFORCE)),
            ({"deployer_policy": Path("/p.json")}, Access()),
        ],
    )
    def test_a_cloud_that_others_may_use_than_asked_for_is_refused(
        self, world: World, asked: dict[str, object], runs: Access
    ) -> None:
        target = local(world, FakeCloud(replace(RUNNING, access=runs)), **asked)
        with pytest.raises(WrongUseError, match=r"runs already.*invoke down"):
            target.check(assume_yes=True)

    @pytest.mark.parametrize("origins", [("http://a", "http://b"), ("http://b", "http://a"), None])
    def test_the_same_or_nothing_asked_for_is_taken(
        self, world: World, origins: tuple[str, ...] | None
    ) -> None:
        cloud = FakeCloud(replace(RUNNING, access=Access(allowed_origins=("http://a", "http://b"))))
        local(world, cloud, allowed_origins=origins).check(assume_yes=True)

    def test_that_it_is_open_is_said_whether_it_runs_or_is_started(self, world: World) -> None:
        cloud = FakeCloud()
        for _ in range(2):
            target = local(world, cloud, is_open=True, allowed_origins=("http://b", "http://a"))
            target.check(assume_yes=True)
            target.start()
        assert cloud.running
        assert cloud.running.access == Access(is_open=True, allowed_origins=("http://a", "http://b"))
        assert world.screen.text.count("run code as you") == 2
        assert world.screen.text.count("Web pages of http://a, http://b may") == 2

    def test_one_that_does_not_answer_is_not_ended_unasked(self, world: World) -> None:
        cloud = FakeCloud(RUNNING)
        cloud.is_busy = True
        for assume_yes in (True, False):  # there is nobody to answer
            with pytest.raises(CloudBusyError):
                local(world, cloud).check(assume_yes=assume_yes)
        assert cloud.running

    @pytest.mark.parametrize(("answer", "is_ended"), [("y", True), ("n", False), ("", False)])
    def test_who_is_there_is_asked_and_told_what_it_holds(
        self, world: World, answer: str, *, is_ended: bool
    ) -> None:
        world.deploy()
        world.screen = Screen(answer)
        cloud = FakeCloud(RUNNING)
        cloud.is_busy = True
        target = local(world, cloud)
        with nullcontext() if is_ended else pytest.raises(CloudBusyError):
            target.check(assume_yes=False)
        assert cloud.pauses == is_ended
        assert cloud.running == RUNNING  # with what it had saved
        assert "It holds 2 resources" in world.screen.text
        assert len(world.screen.asked) == 1


class TestLocalStack:
    def target(self, world: World, info: Mapping[str, object] | None = None) -> LocalStackTarget:
        return LocalStackTarget(
            settings(target=TargetName.LOCALSTACK),
            world.workspace,
            ENDPOINT,
            world.connect,
            lambda *_: Identity("000000000000", "arn:aws:iam::000000000000:root"),
            fetch_info=lambda _: info,
        )

    def test_one_that_runs_pipelines_is_taken_with_its_account(self, world: World) -> None:
        target = self.target(world)
        target.check(assume_yes=False)
        assert target.start() == Deployment(
            TargetName.LOCALSTACK, "us-west-2", "000000000000", ENDPOINT, None
        )

    def test_one_that_does_not_is_refused_with_reason_and_cure(self, world: World) -> None:
        world.pipelines.why_no_pipelines = lambda: "it answers InternalFailure"  # type: ignore[method-assign]
        with pytest.raises(EnvironmentNotReadyError, match=r"InternalFailure.*localcloud/README\.md"):
            self.target(world).check(assume_yes=False)

    def test_a_run_that_can_be_told_is_told(self, world: World) -> None:
        deployment = self.target(world, {"instance": "theirs"}).start()
        assert deployment.instance == "theirs"
        assert self.target(world, {"instance": "theirs"}).still_holds(deployment)
        assert not self.target(world, {"instance": "another"}).still_holds(deployment)

    def test_silence_is_no_proof_that_it_is_gone(self, world: World) -> None:
        deployment = self.target(world, {"instance": "theirs"}).start()
        with pytest.raises(EnvironmentNotReadyError, match="does not answer"):
            self.target(world).still_holds(deployment)

    def test_another_endpoint_is_not_asked_for_the_deployment(self, world: World) -> None:
        deployment = replace(self.target(world).start(), endpoint_url="http://elsewhere:1")
        with pytest.raises(WrongUseError, match="elsewhere"):
            self.target(world).still_holds(deployment)

    def test_a_run_that_cannot_be_told_is_trusted(self, world: World) -> None:
        assert self.target(world).still_holds(self.target(world).start())


class TestAws:
    def test_account_region_and_identity_are_shown_before_the_question(self, world: World) -> None:
        world.screen = Screen(answer="y")
        aws(world, region="eu-west-1").check(assume_yes=False)
        assert "123456789012" in world.screen.text
        assert "eu-west-1" in world.screen.text
        assert "user/me" in world.screen.text
        assert world.screen.asked == ["Deploy to account 123456789012 in eu-west-1? [y/N] "]

    def test_without_a_terminal_it_wants_the_flag(self, world: World) -> None:
        with pytest.raises(ConfirmationRequiredError, match="--yes"):
            aws(world).check(assume_yes=False)

    @pytest.mark.parametrize("answer", ["", "n", "yeah"])
    def test_only_yes_is_yes(self, world: World, answer: str) -> None:
        world.screen = Screen(answer)
        with pytest.raises(DeclinedError):
            aws(world).check(assume_yes=False)

    def test_the_flag_answers(self, world: World) -> None:
        target = aws(world)
        target.check(assume_yes=True)
        assert target.start() == AWS

    def test_credentials_of_another_account_do_not_reach_the_deployment(self, world: World) -> None:
        with pytest.raises(CredentialsError, match="999999999999"):
            aws(world, "999999999999").still_holds(AWS)
