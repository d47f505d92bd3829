"""How much room a deployment needs on the disk."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from driver.room import FOR_PROVIDER, FOR_WORK, Free, check_room, free_bytes
from driver.terraform_environment import holds_provider, terraform_environment


def room_for_deployment(data_directory: Path, environment: Mapping[str, str]) -> int:
    """Return how many bytes `invoke up` may come to write.

    Parameters
    ----------
    data_directory
        Where Terraform keeps what an `init` fetched for a target.
    environment
        Terraform's, which names the cache of its providers where there is one.
    """
    cache = environment.get("TF_PLUGIN_CACHE_DIR")
    is_fetched = bool(cache) and not (
        holds_provider(Path(str(cache))) or holds_provider(data_directory / "providers")
    )
    return FOR_WORK + (FOR_PROVIDER if is_fetched else 0)


def check_room_for_deployment(
    home: Path, data_directory: Path, mirror: Path | None, free: Free = free_bytes
) -> None:
    """Make sure, before anything is made, that a deployment has room.

    Raises
    ------
    NoRoomError
        If it has not.
    """
    # Building the environment writes a file or makes a folder: it is done only if there is room for them.
    check_room(home, FOR_WORK, "A deployment", free)
    environment = terraform_environment(home, os.environ, mirror)
    check_room(home, room_for_deployment(data_directory, environment), "A deployment with its provider", free)
