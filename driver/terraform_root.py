"""The Terraform configuration of this project, made ready for one target."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from driver.choices import TargetName
from driver.config import Settings
from driver.infrastructure import Infrastructure
from driver.state_store import StateStore
from driver.terraform_binary import find_terraform
from driver.terraform_environment import terraform_environment, without_aws_settings
from driver.workspace import Workspace

# Of a local cloud or an emulator; AWS never gives such keys.
_LOCAL_KEY = ("LKIA", "LSIA")
_KEY, _SECRET, _TOKEN = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"


def terraform_program(settings: Settings) -> tuple[Path, dict[str, str]]:
    """Find Terraform and its environment, in which a local target hides the user's AWS settings."""
    environ = os.environ if settings.target is TargetName.AWS else local_environment(os.environ)
    environment = terraform_environment(settings.home, environ, settings.provider_mirror)
    return find_terraform(settings.home / "bin"), environment


def local_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Take the user's AWS settings out, but for the keys of a local cloud.

    The provider has its keys from the configuration. The backend of the state has them from here: they are
    in no file, and on no command line.
    """
    found = without_aws_settings(environ)
    if environ.get(_KEY, "").startswith(_LOCAL_KEY):
        return found | {name: environ[name] for name in (_KEY, _SECRET, _TOKEN) if name in environ}
    return found | {_KEY: "test", _SECRET: "test"}


def terraform_root(
    settings: Settings, workspace: Workspace, store: StateStore, on_command: Callable[[str], None]
) -> Infrastructure:
    """Make the configuration ready."""
    program, environment = terraform_program(settings)
    return Infrastructure(
        program=program,
        root=settings.project / "terraform",
        package_directory=settings.package_directory,
        workspace=workspace,
        environment=environment | {"TF_DATA_DIR": str(workspace.data_directory)},
        store=store,
        on_command=on_command,
    )
