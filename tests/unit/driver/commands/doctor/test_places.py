import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from driver.aws.explain import explain
from driver.commands.doctor import places
from driver.commands.doctor.checks import checks_for
from driver.commands.doctor.checkup import Check, Finding, Verdict, run_checks
from driver.deployments.local_cloud import LocalCloud
from driver.host.programs import HostPrograms
from driver.model.exceptions import LocalCloudError
from driver.model.values import CLOSED, Access, RunningCloud
from driver.settings.backend import Backend
from driver.settings.settings import Settings
from tests.unit.driver.fake_context import IDENTITY, FakeContext
from tests.unit.driver.fakes import AWS, OUTPUTS, FakeTarget, World


class FakeCloud(LocalCloud):
    """A local cloud that runs, or does not."""

    def __init__(self, running: RunningCloud | None = None) -> None:
        self._running = running
        self.is_old = False
        self.unsaved = ""

    def find(self) -> RunningCloud | None:
        return self._running

    def is_of_another_version(self, cloud: RunningCloud) -> bool:
        return self.is_old

    def find_process(self) -> int | None:
        return None

    def last_port(self) -> int | None:
        return None

    def why_not_saved(self) -> str:
        return self.unsaved

    def free_port(self, first: int) -> int:
        return first

    def check(self, port: int) -> None:
        raise AssertionError

    def start(self, port: int, access: Access = CLOSED) -> RunningCloud:
        raise AssertionError

    def stop(self) -> None:
        raise AssertionError


class WithCloud(FakeContext):
    """The context of a command on a machine where no local cloud runs."""

    @cached_property
    def local_cloud(self) -> LocalCloud:
        return FakeCloud()


class Taken(FakeTarget):
    """A target whose port is somebody else's."""

    def check(self, *, assume_yes: bool) -> None:
        raise LocalCloudError("The local cloud cannot use port 4566.", "It is taken by nginx.")


class Docker(HostPrograms):
    """A machine with Docker, whose engine runs or does not."""

    def __init__(self, code: int | None) -> None:
        self._code = code

    def find(self, name: str) -> bool:
        return self._code is not None

    def ask(self, command: object, text: str = "") -> tuple[int, str]:
        return self._code or 0, ""


def test_the_local_cloud_runs_or_could() -> None:
    running = FakeCloud(RunningCloud(7, 4567, "first"))
    assert places.check_local_cloud(FakeTarget(), running).found == "runs on port 4567, process 7"
    assert "free" in places.check_local_cloud(FakeTarget(), FakeCloud()).found
    with pytest.raises(LocalCloudError):
        places.check_local_cloud(Taken(), FakeCloud())


def test_a_local_cloud_that_cannot_save_what_it_holds_is_a_failure() -> None:
    cloud = FakeCloud(RunningCloud(7, 4567, "first"))
    cloud.unsaved = "The local cloud cannot save all that it holds: the service kms: no pickle."
    finding = places.check_local_cloud(FakeTarget(), cloud)
    assert (finding.verdict, finding.found) == (Verdict.FAIL, cloud.unsaved)
    assert "cloud.log" in finding.cure


def test_a_local_cloud_of_another_version_is_a_warning() -> None:
    cloud = FakeCloud(RunningCloud(7, 4567, "first"))
    cloud.is_old = True
    finding = places.check_local_cloud(FakeTarget(), cloud)
    assert finding.verdict is Verdict.WARN
    assert "another version" in finding.found


def test_a_local_cloud_that_others_may_use_is_a_warning_that_says_what_it_means() -> None:
    access = Access(is_open=True, allowed_origins=("http://a.example",))
    finding = places.check_local_cloud(FakeTarget(), FakeCloud(RunningCloud(7, 4567, "first", access)))
    assert finding.verdict is Verdict.WARN
    assert "run code as you" in finding.found
    assert "http://a.example" in finding.found
    assert "invoke down" in finding.cure


def test_the_account_must_be_the_deployments(world: World) -> None:
    assert places.check_account(lambda: IDENTITY, world.workspace).verdict is Verdict.PASS
    world.deploy(AWS)
    assert places.check_account(lambda: IDENTITY, world.workspace).verdict is Verdict.PASS
    world.deploy(replace(AWS, account_id="999999999999"))
    found = places.check_account(lambda: IDENTITY, world.workspace)
    assert found.verdict is Verdict.FAIL
    assert "999999999999" in found.found


def geospatial(
    list_jobs: Callable[[], object], region: str = "us-west-2", needed_by: tuple[str, ...] = ("geospatial",)
) -> Finding:
    return places.check_geospatial(region, list_jobs, explain, needed_by=needed_by)


def refuse(code: str) -> Callable[[], object]:
    def list_jobs() -> object:
        raise ClientError({"Error": {"Code": code, "Message": "closed"}}, "ListVectorEnrichmentJobs")

    return list_jobs


@pytest.mark.parametrize("code", ["AccessDeniedException", "ValidationException"])
def test_an_account_without_geospatial_jobs_is_told_how_to_leave_them_out(code: str) -> None:
    found = geospatial(refuse(code))
    assert found.verdict is Verdict.WARN
    assert code in found.found
    assert "Leave out geospatial: `pipelines`" in found.cure


def test_other_regions_have_no_geospatial_jobs() -> None:
    assert geospatial(refuse("never asked"), region="eu-west-1").verdict is Verdict.WARN


def test_who_deploys_no_pipeline_with_geospatial_jobs_needs_none() -> None:
    folder = Path(__file__).resolve().parents[5] / "resources/pipelines"
    assert places.need_geospatial(folder, None) == ["geospatial"]
    assert places.need_geospatial(folder, ("geocoding",)) == []
    found = geospatial(refuse("never asked"), region="eu-west-1", needed_by=())
    assert found.verdict is Verdict.PASS


def test_an_account_with_geospatial_jobs_passes() -> None:
    assert geospatial(list).verdict is Verdict.PASS


def test_without_credentials_the_region_says_that_it_was_not_asked() -> None:
    def nobody() -> object:
        raise NoCredentialsError

    assert "not asked" in geospatial(nobody).found


def test_without_a_way_to_aws_nothing_is_said_of_the_account() -> None:
    def unreachable() -> object:
        raise EndpointConnectionError(endpoint_url="https://sagemaker-geospatial.us-west-2.amazonaws.com")

    with pytest.raises(EndpointConnectionError):
        geospatial(unreachable)


@pytest.mark.parametrize(("code", "words"), [(None, "not installed"), (0, "runs"), (1, "does not run")])
def test_docker_is_only_a_note(code: int | None, words: str) -> None:
    found = places.check_docker(Docker(code))
    assert (found.verdict, words in found.found) == (Verdict.PASS, True)


def test_a_deployment_whose_cloud_is_gone_is_a_warning(world: World) -> None:
    assert places.check_deployment(world.workspace, lambda: False).found == "nothing is deployed"
    world.deploy()
    assert places.check_deployment(world.workspace, lambda: True).found == "2 resources"
    found = places.check_deployment(world.workspace, lambda: False)
    assert (found.verdict, "invoke up" in found.cure) == (Verdict.WARN, True)


def test_a_deployment_that_is_not_whole_is_a_warning(world: World) -> None:
    world.deploy()
    without = {name: value for name, value in OUTPUTS.items() if name != "bucket_name"}
    world.workspace.keep_outputs(without)
    found = places.check_deployment(world.workspace, lambda: True)
    assert (found.verdict, "not complete" in found.found) == (Verdict.WARN, True)


def test_nobody_changes_the_target(world: World) -> None:
    assert places.check_locks(world.workspace, lambda _: True).verdict is Verdict.PASS


def test_somebody_changes_the_target(world: World) -> None:
    with world.workspace.lock("invoke up"):
        found = places.check_locks(world.workspace, lambda _: True)
    assert (found.verdict, "`invoke up`" in found.found) == (Verdict.WARN, True)


def test_somebody_was_killed_while_changing_the_target(world: World) -> None:
    world.workspace.directory.with_suffix(".lock").write_text("`invoke up`, process 4711")
    found = places.check_locks(world.workspace, lambda _: False)
    assert (found.verdict, "was killed" in found.found) == (Verdict.WARN, True)


def test_a_terraform_that_was_left_alone_is_named(world: World) -> None:
    world.deploy()
    hold = (
        "import fcntl, sys, time\n"
        "state = open(sys.argv[1], 'r+')\n"
        "fcntl.lockf(state, fcntl.LOCK_EX)\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", hold, str(world.workspace.state_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        found = places.check_locks(world.workspace, lambda _: False)
        holder.communicate("")
    assert (found.verdict, f"kill -INT {holder.pid}" in found.cure) == (Verdict.WARN, True)


@pytest.mark.parametrize(
    ("target", "own", "not_needed"),
    [
        (
            "local",
            {"packages", "local cloud", "threads", "deployment"},
            {"account", "region", "Docker", "LocalStack"},
        ),
        ("localstack", {"LocalStack", "deployment"}, {"account", "region", "Docker", "packages"}),
        (
            "aws",
            {"account", "region", "permissions", "Docker", "deployment"},
            {"packages", "local cloud", "LocalStack", "threads"},
        ),
    ],
)
def test_each_target_is_asked_for_what_it_needs(
    world: World, target: str, own: set[str], not_needed: set[str]
) -> None:
    settings = Settings.resolve(Path("/project"), {"target": target}, {})
    world.settings, world.programs = settings, Docker(0)
    context = WithCloud(settings, world.screen.console, {}, world=world)
    checks = {check.name: check for check in checks_for(context, lambda _: None)}
    assert own <= set(checks)
    assert not not_needed & set(checks)
    for name in own - {"packages"}:
        assert checks[name].look().verdict is Verdict.PASS


def test_the_state_is_looked_at_with_its_place_and_its_copies(world: World) -> None:
    world.terraform.backups = True
    world.deploy()
    world.workspace.copies.keep(world.workspace.state_text())
    found = places.check_state(world.workspace, None)
    assert (found.verdict, found.found) == (Verdict.PASS, "2 resources, on this machine; 1 backup")
    elsewhere = places.check_state(world.workspace, Backend("states", "key", "us-west-2"))
    assert elsewhere.verdict is Verdict.WARN
    assert "want it at s3://states/key" in elsewhere.found
    assert "invoke up" in elsewhere.cure


def test_a_state_that_terraform_could_not_write_is_told(world: World) -> None:
    world.deploy()
    newer = world.workspace.state_text().replace('"serial": 1', '"serial": 2')
    world.workspace.copies.errored_path.parent.mkdir(parents=True)
    world.workspace.copies.errored_path.write_text(newer)
    found = places.check_state(world.workspace, None)
    assert found.verdict is Verdict.WARN
    assert "serial 2" in found.found


def test_a_broken_state_fails_with_its_cure(world: World) -> None:
    world.deploy()
    world.workspace.state_path.write_text("{")
    check = Check("state", lambda: places.check_state(world.workspace, None))
    [checked] = run_checks([check], explain)
    assert checked.finding.verdict is Verdict.FAIL
    assert str(world.workspace.state_path) in checked.finding.found
    assert "invoke down" in checked.finding.cure
