"""The Terraform configuration of this project, made ready for one target."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from driver.choices import TargetName
from driver.cloud_keys import localstack_keys
from driver.config import Settings
from driver.infrastructure import Infrastructure
from driver.leftovers import ProcessRecords
from driver.models import OPEN_KEYS, Deployment, Keys
from driver.processes import HostProcesses
from driver.state_store import StateStore
from driver.terraform_binary import find_terraform
from driver.terraform_environment import terraform_environment, without_aws_settings
from driver.terraform_process import ChildProcess
from driver.workspace import Workspace


def terraform_program(settings: Settings, find_keys: Callable[[str], Keys]) -> tuple[Path, dict[str, str]]:
    """Find Terraform and its environment, in which a local target hides the user's AWS settings.

    Parameters
    ----------
    settings
        What is worked on.
    find_keys
        Finds the access key that a local target takes, by its address.
    """
    environ: Mapping[str, str] = os.environ
    if settings.target is not TargetName.AWS:
        endpoint = settings.state_backend.endpoint if settings.state_backend else None
        environ = local_environment(os.environ, find_keys(endpoint) if endpoint else OPEN_KEYS)
    environment = terraform_environment(settings.home, environ, settings.provider_mirror)
    return find_terraform(settings.home / "bin"), environment


def local_environment(environ: Mapping[str, str], keys: Keys) -> dict[str, str]:
    """Take the user's AWS settings out, but for an access key that AWS never issues: a local cloud's.

    The backend of the state has its key from here: it is in no file, and on no command line.
    """
    given = localstack_keys(environ)
    return without_aws_settings(environ) | (keys if given == OPEN_KEYS else given).variables


def terraform_root(
    settings: Settings,
    workspace: Workspace,
    store: StateStore,
    on_command: Callable[[str], None],
    find_keys: Callable[[str], Keys],
) -> Infrastructure:
    """Make the configuration ready.

    Parameters
    ----------
    settings, workspace
        What is worked on.
    store
        The place of the state.
    on_command
        Told of each command before it runs.
    find_keys
        Finds the access key that a local target takes, by its address.
    """

    def credentials(deployment: Deployment) -> Mapping[str, str]:
        # In the environment only: no other user reads it there, and it gets into no file and no plan.
        return find_keys(deployment.endpoint_url).variables if deployment.endpoint_url else {}

    records = ProcessRecords(workspace.processes_directory, HostProcesses())
    program, environment = terraform_program(settings, find_keys)
    return Infrastructure(
        program=program,
        root=settings.project / "terraform",
        package_directory=settings.package_directory,
        workspace=workspace,
        environment=environment | {"TF_DATA_DIR": str(workspace.data_directory)},
        credentials=credentials,
        store=store,
        open_process=partial(ChildProcess, records),
        on_command=on_command,
    )
