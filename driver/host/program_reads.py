"""What a program has read outside its folder: a record of paths, and whether what is there has changed."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

from driver.host.files import text_or_nothing

READS = ".reads"  # the ending of a record, a JSON array


def read_by_program(record: Path) -> dict[str, str]:
    """Sum up what a program has read outside its folder: files, and the names in folders."""
    try:
        names: list[str] = json.loads(text_or_nothing(record) or "[]")
    except ValueError:
        names = []
    return {name: _sum(Path(name)) for name in names}


def _sum(path: Path) -> str:
    try:
        names = sorted(str(one) for one in path.iterdir()) if path.is_dir() else None
        content = repr(names).encode() if names is not None else path.read_bytes()
    except OSError:
        return ""
    return sha256(content).hexdigest()
