"""Downloads what the output of an execution names on S3 into a folder of the user's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from driver.aws.storage import Storage
from driver.executions.results import fetch
from driver.executions.workflow.output import Output
from driver.host.console import Console
from driver.host.disk_space import SPARE, Free, check_room, free_bytes
from driver.host.files import write_for_user
from driver.host.privacy import users_mode, users_umask
from driver.host.wording import counted
from driver.model.exceptions import WrongUseError
from driver.model.values import StoredObject

OUTPUT_FILE = "output.json"  # the whole output, beside the objects that it names


@dataclass(frozen=True, slots=True)
class _Found:
    bucket: str
    stored: StoredObject


def output_folder(text: str) -> Path | None:
    """Read `--output`; None if it is not given. Raises `WrongUseError` if it is a file."""
    if not text:
        return None
    folder = Path(text).expanduser()
    if folder.exists() and not folder.is_dir():
        raise WrongUseError(
            f"--output {folder} is a file.", "Results are written into a folder.", "Name a folder."
        )
    return folder


def fetch_output(
    storage: Storage, output: Output, folder: Path, console: Console, *, free: Free = free_bytes
) -> tuple[Path, ...]:
    """Download every object that the output names, and write the output beside them.

    A URI of an object is that object; another is a folder, and all objects below it are meant. Folders that
    all have in common are left out.

    Returns the files written, `output.json` first. Raises `NoRoomError` if the disk has too little room.
    """
    found: dict[tuple[str, str], _Found] = {}
    for address in output.files:
        there = _find(storage, address)
        if not there:
            console.warn(f"there is nothing under {address}")
        found |= {(each.bucket, each.stored.key): each for each in there}
    check_room(folder, sum(each.stored.size for each in found.values()) + SPARE, "the download", free)
    with users_umask():
        folder.mkdir(parents=True, exist_ok=True)
    written = [folder / OUTPUT_FILE]
    write_for_user(written[0], f"{json.dumps(output.value, indent=2, ensure_ascii=False)}\n".encode())
    places = [(bucket, *key.split("/")) for bucket, key in found]
    for each, place in zip(found.values(), local_names(places), strict=True):
        path = folder.joinpath(*place)
        with users_umask():
            fetch(storage, each.bucket, each.stored, path, console, free=free)
        path.chmod(users_mode())
        written.append(path)
    console.done(f"wrote {counted(len(written), 'file')} to {folder}")
    return tuple(written)


def local_names(places: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Name the files of objects, each given as its bucket and the parts of its key.

    What all folders have in common is left out. A key may hold `..` and empty parts: they leave no folder.
    """
    common = 0
    if places:
        while all(len(place) > common + 1 and place[common] == places[0][common] for place in places):
            common += 1
    names = [tuple(part.replace("\0", "_") for part in place[common:]) for place in places]
    return [tuple("_" if part in {"", ".", ".."} else part for part in name) for name in names]


def _find(storage: Storage, address: str) -> list[_Found]:
    """List the objects that a URI names: itself, else all below it, without folders' markers."""
    bucket, _, key = address.removeprefix("s3://").partition("/")
    listed = [stored for stored in storage.find(bucket, key) if not stored.key.endswith("/")]
    exact = [stored for stored in listed if stored.key == key]
    folder = key if key.endswith("/") else f"{key}/"
    below = [stored for stored in listed if stored.key.startswith(folder)]
    return [_Found(bucket, stored) for stored in exact or below]
