"""Fetching an object: room for it is asked for first, and progress is shown."""

from __future__ import annotations

from pathlib import Path

from driver.aws.storage import Storage
from driver.host.console import Console
from driver.host.disk_space import SPARE, Free, check_room, free_bytes
from driver.model.values import StoredObject


def fetch(
    storage: Storage,
    bucket: str,
    stored: StoredObject,
    path: Path,
    console: Console,
    *,
    free: Free = free_bytes,
) -> None:
    """Download an object to a file, which appears only when it is complete.

    Raises
    ------
    NoRoomError
        If the disk has too little room for it; nothing is downloaded then.
    """
    what = f"s3://{bucket}/{stored.key}"
    check_room(path.parent, stored.size + SPARE, what, free)
    with console.transfer(f"Downloading {what}", stored.size) as on_bytes:
        storage.download(bucket, stored.key, path, on_bytes)
