"""Which checks a target needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from driver.aws.explain import explain
from driver.aws.lost_events import Lost
from driver.commands.context import Context
from driver.commands.doctor import machine, places, terraform
from driver.commands.doctor.checkup import Check, Finding, passed
from driver.commands.doctor.deployer import check_deployer
from driver.commands.doctor.threads import check_threads
from driver.commands.lost_events import find_lost_events
from driver.deployments.disk_space import room_needed
from driver.deployments.local_cloud import fetch_cloud_info
from driver.host.processes import HostProcesses
from driver.model.choices import TargetName

FetchInfo = Callable[[str], Mapping[str, object] | None]


def checks_for(context: Context, fetch_info: FetchInfo = fetch_cloud_info) -> list[Check]:
    """List the checks of the chosen target; `fetch_info` asks a local cloud about itself, at its address."""
    settings, workspace = context.settings, context.workspace

    def needed() -> int:
        return room_needed(settings.home, workspace.data_directory, settings.provider_mirror)

    def is_alive(pid: int) -> bool:
        return not HostProcesses().has_ended(pid)

    def lost() -> Lost:
        return find_lost_events(context.deployed)

    return [
        Check("Python", machine.check_python),
        Check("driver", machine.check_packages),
        Check("settings", lambda: machine.check_configuration(settings.config_path, settings.terraform)),
        Check("folder", lambda: machine.check_folder(settings.home, needed=needed())),
        Check("Terraform", terraform.check_terraform),
        Check(
            "provider",
            lambda: terraform.check_provider(settings.home, context.environ, settings.provider_mirror),
        ),
        *_of_target(context, fetch_info),
        Check("lost events", lambda: places.check_lost_events(lost, workspace.target_flag)),
        Check("state", lambda: places.check_state(workspace, settings.state_backend)),
        Check("locks", lambda: places.check_locks(workspace, is_alive)),
    ]


def _of_target(context: Context, fetch_info: FetchInfo) -> list[Check]:
    target, workspace, region = context.target, context.workspace, context.region
    project = context.settings.project

    def still_holds() -> bool:
        deployment = workspace.deployment()
        return deployment is not None and target.still_holds(deployment)

    def permissions() -> Finding:
        from driver.aws.permissions import Roles  # noqa: PLC0415 - it brings botocore

        try:
            identity = context.identify(region, None)
        except Exception:  # whatever it is, the check of the account tells it
            return passed("not asked: the account is not known")
        roles = Roles(context.clients(region, None).iam())
        return check_deployer(roles, identity, region, context.settings.name_prefix)

    def endpoint() -> str | None:
        running = context.local_cloud.find()
        return running.endpoint_url if running else None

    match context.settings.target:
        case TargetName.LOCAL:
            return [
                Check(
                    "packages",
                    lambda: machine.check_cloud_packages(
                        project.installation,
                        context.cloud_environment.find(),
                        is_checkout=project.is_checkout,
                    ),
                ),
                Check("local cloud", lambda: places.check_local_cloud(target, context.local_cloud)),
                Check("threads", lambda: check_threads(endpoint(), fetch_info)),
                Check("deployment", lambda: places.check_deployment(workspace, still_holds)),
            ]
        case TargetName.LOCALSTACK:
            return [
                Check("LocalStack", lambda: places.check_localstack(target)),
                Check("threads", lambda: check_threads(target.address()[1], fetch_info)),
                Check("deployment", lambda: places.check_deployment(workspace, still_holds)),
            ]
        case TargetName.AWS:
            needs_jobs = places.need_geospatial(project.resources / "pipelines", context.settings.pipelines)

            def list_jobs() -> object:
                return context.clients(region, None).geospatial().list_vector_enrichment_jobs(MaxResults=1)

            return [
                Check(
                    "account", lambda: places.check_account(lambda: context.identify(region, None), workspace)
                ),
                Check(
                    "region",
                    lambda: places.check_geospatial(region, list_jobs, explain, needed_by=needs_jobs),
                ),
                Check("permissions", permissions),
                Check("Docker", lambda: places.check_docker(context.programs)),
                # Whether the account is the right one, the check of the account tells.
                Check("deployment", lambda: places.check_deployment(workspace, lambda: True)),
            ]
