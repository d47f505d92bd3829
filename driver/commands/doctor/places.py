"""Where a deployment goes and what is there: the target, its account and region, the deployment, locks."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from driver.aws.lost_events import Lost
from driver.commands.doctor.checkup import Finding, failed, passed, warned
from driver.deployments.cloud_access import describe_access
from driver.deployments.local_cloud import LocalCloud
from driver.deployments.saved_state import CURE
from driver.deployments.targets import Target
from driver.deployments.workspace import Workspace
from driver.host.programs import HostPrograms
from driver.host.wording import counted
from driver.model.exceptions import CredentialsError, NotDeployedError, SagestepError
from driver.model.values import Identity
from driver.settings.backend import Backend
from driver.terraform.state import read_head
from driver.terraform.state_lock import state_lock_owner

_NAMED = 3  # executions
_GEOSPATIAL_REGION = "us-west-2"
_LEAVE_OUT = (
    'Leave out {}: `pipelines` in sagestep.toml lists what is deployed, such as pipelines = ["geocoding"], '
    "which needs none."
)
_CLOSE = (
    "`invoke down`, then `invoke up` without the settings open and allow_origin, if you do not want that."
)
_PROCESS = re.compile(r"process (\d+)")


def check_local_cloud(target: Target, cloud: LocalCloud) -> Finding:
    """Look whether the local cloud runs, or could be started on its port."""
    target.check(assume_yes=True)
    running = cloud.find()
    if running and (why := cloud.why_not_saved()):
        return failed(why, CURE)
    if running and (said := describe_access(running.access)):
        return warned(f"Runs on port {running.port}, process {running.pid}. {' '.join(said)}", _CLOSE)
    if running and cloud.is_of_another_version(running):
        return warned(
            f"Runs on port {running.port}, process {running.pid}, from another version of sagestep.",
            "`invoke down`, then `invoke up` starts this version's.",
        )
    if running:
        return passed(f"runs on port {running.port}, process {running.pid}")
    return passed("does not run; its port is free")


def check_localstack(target: Target) -> Finding:
    """Look whether LocalStack answers and runs pipelines."""
    target.check(assume_yes=True)
    return passed(f"answers at {target.address()[1]} and runs pipelines")


def check_account(identify: Callable[[], Identity], workspace: Workspace) -> Finding:
    """Look whose the credentials are, and whether the deployment is there."""
    identity = identify()
    deployment = workspace.deployment()
    if deployment and deployment.account_id != identity.account_id:
        return failed(
            f"The credentials are of account {identity.account_id}, the deployment is in "
            f"{deployment.account_id}.",
            "Use credentials of the second.",
        )
    return passed(f"account {identity.account_id}, as {identity.arn}")


def need_geospatial(folder: Path, chosen: Collection[str] | None) -> list[str]:
    """Name the pipelines whose manifests name SageMaker's geospatial jobs, of those that are deployed."""
    return [
        path.parent.name
        for path in sorted(folder.glob("*/pipeline.yaml"))
        if (chosen is None or path.parent.name in chosen)
        and "sagemaker-geospatial" in path.read_text("utf-8")
    ]


def check_geospatial(
    region: str,
    list_jobs: Callable[[], object],
    explain: Callable[[BaseException], SagestepError],
    *,
    needed_by: Sequence[str],
) -> Finding:
    """Look whether SageMaker's geospatial jobs are there for this account.

    AWS closed them to new customers on 2026-07-30, and has them in one region only (SageMaker's developer
    guide, "Getting started with geospatial capabilities").
    """
    if not needed_by:
        return passed(f"{region}; no pipeline needs geospatial jobs")
    cure = _LEAVE_OUT.format(", ".join(needed_by))
    if region != _GEOSPATIAL_REGION:
        return warned(f"{region} has no geospatial jobs: only {_GEOSPATIAL_REGION} does.", cure)
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - not needed for other targets

    try:
        list_jobs()
    except (ClientError, BotoCoreError) as raised:
        error = explain(raised)
        if not isinstance(raised, ClientError) and not isinstance(error, CredentialsError):
            raise  # there is no way to AWS: that says nothing of the account
        if isinstance(error, CredentialsError):
            return warned(f"{region}; not asked for geospatial jobs: {error.what}", "See the account.")
        found = f"{region}, but geospatial jobs are not open to this account: {error.why or error.what}"
        return warned(found, cure)
    return passed(f"{region}, geospatial jobs are open to this account")


def check_docker(programs: HostPrograms) -> Finding:
    """Note whether the workflows' container could be built; all else needs no Docker."""
    if not programs.find("docker"):
        return passed("not installed; only `invoke image` needs it")
    code, _ = programs.ask(["docker", "info", "--format", "{{.ServerVersion}}"])
    return passed(f"{'runs' if code == 0 else 'installed, but does not run'}; only `invoke image` needs it")


def check_deployment(workspace: Workspace, still_holds: Callable[[], bool]) -> Finding:
    """Look whether what the state describes is still there, and whole."""
    resources = workspace.resources()
    if not resources or workspace.deployment() is None:
        return passed("nothing is deployed")
    number = counted(len(resources), "resource")
    up = f"`invoke up{workspace.target_flag}`"
    if not still_holds():
        return warned(f"The cloud that held {number} is gone.", f"Run {up}: it starts an empty one.")
    try:
        workspace.outputs()
    except NotDeployedError:
        return warned(f"{number}, but the deployment is not complete.", f"Run {up} to complete it.")
    return passed(number)


def check_state(workspace: Workspace, wanted: Backend | None) -> Finding:
    """Look whether Terraform's state can be read, where it lies, and how many copies of it there are."""
    resources = workspace.resources()  # raises what is wrong with it, and its cure
    place = workspace.backend()
    newer = workspace.copies.newer_than(read_head(workspace.state_text()))
    if newer:
        return warned(
            f"Terraform could not write its newest state; it is kept: {newer.name}, serial {newer.serial}.",
            f"`invoke up{workspace.target_flag}` takes it in.",
        )
    copies = counted(workspace.copies.number, "backup")
    text = f"{counted(len(resources), 'resource')}, {_named(place)}; {copies}"
    if resources and place != wanted:
        return warned(
            f"{text}. The settings want it {_named(wanted)}.",
            f"`invoke up{workspace.target_flag}` moves it.",
        )
    return passed(text)


def _named(place: Backend | None) -> str:
    return f"at {place.url}" if place else "on this machine"


def check_locks(workspace: Workspace, is_alive: Callable[[int], bool]) -> Finding:
    """Look whether somebody is changing the target, or was killed while doing so."""
    terraform = state_lock_owner(workspace.state_path)
    lock = workspace.directory.with_suffix(".lock")
    holder = lock.read_text(encoding="utf-8", errors="replace") if lock.is_file() else ""
    process = _PROCESS.search(holder)
    if process and is_alive(int(process[1])):
        return warned(f"{holder}, is changing the target.", "Wait for it to end.")
    if terraform is not None:
        return warned(
            f"Terraform, process {terraform}, is changing the target; who started it is gone.",
            f"Wait for it to end, or end it cleanly: `kill -INT {terraform}`.",
        )
    if process:
        return warned(
            f"{holder}, was killed at its work.", "Run the same command again: it goes on from there."
        )
    return passed("nobody is changing the target")


def check_lost_events(find: Callable[[], Lost], target_flag: str) -> Finding:
    """Look into the dead-letter queue of the answer function."""
    try:
        lost = find()
    except NotDeployedError:
        return passed("nothing is deployed")
    if not lost.count:
        return passed("none")
    told = list(lost.told[:_NAMED]) + (["…"] if lost.count > _NAMED else [])
    return warned(
        f"{counted(lost.count, 'event')} did not reach the answer function: {'; '.join(told)}",
        f"`invoke redeliver{target_flag}` sends them again.",
    )
