"""The Terraform configuration of this project, made ready for one target."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial

from driver.choices import TargetName
from driver.config import Settings
from driver.infrastructure import Infrastructure
from driver.leftovers import ProcessRecords
from driver.models import Deployment, Keys
from driver.processes import HostProcesses
from driver.terraform_binary import find_terraform
from driver.terraform_environment import terraform_environment, without_aws_settings
from driver.terraform_process import ChildProcess
from driver.workspace import Workspace


def terraform_root(
    settings: Settings,
    workspace: Workspace,
    on_command: Callable[[str], None],
    find_keys: Callable[[str], Keys],
) -> Infrastructure:
    """Find Terraform and its environment, in which a local target hides the user's AWS settings.

    Parameters
    ----------
    settings, workspace
        What is worked on.
    on_command
        Told of each command before it runs.
    find_keys
        Finds the access key that a local target takes, by its address.
    """

    def credentials(deployment: Deployment) -> Mapping[str, str]:
        # In the environment only: no other user reads it there, and it gets into no file and no plan.
        return find_keys(deployment.endpoint_url).variables if deployment.endpoint_url else {}

    records = ProcessRecords(workspace.processes_directory, HostProcesses())
    environ = os.environ if settings.target is TargetName.AWS else without_aws_settings(os.environ)
    environment = terraform_environment(settings.home, environ, settings.provider_mirror)
    return Infrastructure(
        program=find_terraform(settings.home / "bin"),
        root=settings.project / "terraform",
        package_directory=settings.package_directory,
        workspace=workspace,
        environment=environment | {"TF_DATA_DIR": str(workspace.data_directory)},
        credentials=credentials,
        open_process=partial(ChildProcess, records),
        on_command=on_command,
    )
