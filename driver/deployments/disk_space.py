"""How much room a deployment needs on the disk."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from driver.host.disk_space import FOR_PROVIDER, FOR_WORK, Free, check_room, free_bytes
from driver.terraform.environment import holds_provider, terraform_environment


def room_for_deployment(data_directory: Path, environment: Mapping[str, str]) -> int:
    """Return how many bytes `invoke up` may write.

    Parameters
    ----------
    data_directory
        Where Terraform keeps what an `init` downloaded for a target.
    environment
        Terraform's environment, which names its provider cache where there is one.
    """
    cache = environment.get("TF_PLUGIN_CACHE_DIR")
    is_fetched = bool(cache) and not (
        holds_provider(Path(str(cache))) or holds_provider(data_directory / "providers")
    )
    return FOR_WORK + (FOR_PROVIDER if is_fetched else 0)


def room_needed(home: Path, data_directory: Path, mirror: Path | None) -> int:
    """Return what a deployment on this machine needs; nothing is written to find that out."""
    with TemporaryDirectory() as folder:
        environment = terraform_environment(Path(folder), os.environ, mirror)
    if environment.get("TF_PLUGIN_CACHE_DIR", "").startswith(folder):
        environment["TF_PLUGIN_CACHE_DIR"] = str(home / "provider-cache")
    return room_for_deployment(data_directory, environment)


def check_room_for_deployment(
    home: Path, data_directory: Path, mirror: Path | None, free: Free = free_bytes
) -> None:
    """Make sure, before anything is made, that a deployment has room.

    Raises
    ------
    NoRoomError
        If it has not.
    """
    check_room(home, room_needed(home, data_directory, mirror), "A deployment", free)
