"""Which checks a target needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from driver.aws.lost_events import Lost
from driver.commands.doctor import machine, places, terraform
from driver.commands.doctor.checkup import Check
from driver.commands.doctor.lost_events import check_lost_events
from driver.commands.doctor.threads import check_threads
from driver.deployments.disk_space import room_needed
from driver.deployments.targets import Target
from driver.deployments.workspace import Workspace
from driver.host.programs import Programs
from driver.model.choices import TargetName
from driver.model.exceptions import SagestepError
from driver.model.values import Identity
from driver.settings.settings import Settings

if TYPE_CHECKING:
    from driver.deployments.targets import Cloud


@dataclass(frozen=True, slots=True)
class Surroundings:
    """All that is looked at.

    Parameters
    ----------
    settings, workspace, target
        What commands would work on.
    region
        The one that counts.
    cloud
        The local cloud.
    programs, environ
        The machine's programs, and the environment of a command.
    identify, list_geospatial_jobs
        Ask AWS who is asking, and whether it has geospatial jobs for them.
    fetch_info
        Asks a local cloud about itself.
    find_lost_events
        Looks for events that are lost; raises where nothing is deployed.
    is_alive
        Tells whether a process runs.
    explain
        Puts what is raised into words.
    """

    settings: Settings
    workspace: Workspace
    target: Target
    region: str
    cloud: Cloud
    programs: Programs
    environ: Mapping[str, str]
    identify: Callable[[], Identity]
    list_geospatial_jobs: Callable[[], object]
    fetch_info: Callable[[str], Mapping[str, object] | None]
    find_lost_events: Callable[[], Lost]
    is_alive: Callable[[int], bool]
    explain: Callable[[BaseException], SagestepError]


def checks_for(around: Surroundings) -> list[Check]:
    """List what has to be looked at for the target that is chosen."""
    settings, workspace = around.settings, around.workspace

    def needed() -> int:
        return room_needed(settings.home, workspace.data_directory, settings.provider_mirror)

    return [
        Check("Python", machine.check_python),
        Check("driver", machine.check_packages),
        Check("settings", lambda: machine.check_configuration(settings.config_path, settings.terraform)),
        Check("folder", lambda: machine.check_folder(settings.home, needed=needed())),
        Check("Terraform", terraform.check_terraform),
        Check(
            "provider",
            lambda: terraform.check_provider(settings.home, around.environ, settings.provider_mirror),
        ),
        *_of_target(around),
        Check("lost events", lambda: check_lost_events(around.find_lost_events, workspace.target_flag)),
        Check("state", lambda: places.check_state(workspace, settings.state_backend)),
        Check("locks", lambda: places.check_locks(workspace, around.is_alive)),
    ]


def _of_target(around: Surroundings) -> list[Check]:
    target, workspace = around.target, around.workspace

    def still_holds() -> bool:
        deployment = workspace.deployment()
        return deployment is not None and target.still_holds(deployment)

    match around.settings.target:
        case TargetName.LOCAL:
            return [
                Check("packages", lambda: machine.check_cloud_packages(around.settings.project)),
                Check("local cloud", lambda: places.check_local_cloud(target, around.cloud)),
                Check("threads", lambda: check_threads(_endpoint(around.cloud), around.fetch_info)),
                Check("deployment", lambda: places.check_deployment(workspace, still_holds)),
            ]
        case TargetName.LOCALSTACK:
            return [
                Check("LocalStack", lambda: places.check_localstack(target)),
                Check("threads", lambda: check_threads(target.address()[1], around.fetch_info)),
                Check("deployment", lambda: places.check_deployment(workspace, still_holds)),
            ]
        case TargetName.AWS:
            geocoder = str(around.settings.variables(workspace.deployment())["geocoder"])
            return [
                Check("account", lambda: places.check_account(around.identify, workspace)),
                Check(
                    "region",
                    lambda: places.check_geospatial(
                        around.region, geocoder, around.list_geospatial_jobs, around.explain
                    ),
                ),
                Check("Docker", lambda: places.check_docker(around.programs)),
                # Whether the account is the right one, the check of the account tells.
                Check("deployment", lambda: places.check_deployment(workspace, lambda: True)),
            ]


def _endpoint(cloud: Cloud) -> str | None:
    running = cloud.find()
    return running.endpoint_url if running else None
