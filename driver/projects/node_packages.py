"""What functions in Node.js need besides their own code: `package-lock.json`, which npm installs.

As in AWS's guide, the package has the function's files and `node_modules` at its root
(https://docs.aws.amazon.com/lambda/latest/dg/nodejs-package.html).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from driver.manifests.manifest import Mistake

PACKAGE, LOCK = "package.json", "package-lock.json"
ENDINGS = ("mjs", "js", "cjs")
DEFAULT_HANDLER = "index.handler"
INSTALL = Path(__file__).with_name("install_node.py")
ON_LAMBDA = ("--os=linux", "--cpu=x64", "--libc=glibc")  # what the driver deploys to: x86-64, Amazon Linux


def check_node_packages(folder: Path) -> Iterator[Mistake]:
    """Tell what of a function's packages cannot be installed or would not be packed."""
    package, lock = folder / PACKAGE, folder / LOCK
    said, locked = _read(package), _read(lock)
    for path, found in ((package, said), (lock, locked)):
        if found is None:
            yield Mistake(path, 1, "it is no JSON object")
    if said is None or locked is None:
        return
    if (folder / "requirements.txt").is_file():
        text = f"a function in Node.js needs packages by {PACKAGE} and {LOCK}; this file is Python's"
        yield Mistake(folder / "requirements.txt", 1, text)
    if lock.is_file() and not package.is_file():
        yield Mistake(lock, 1, f"npm needs {PACKAGE} beside it")
    elif said.get("dependencies") and not lock.is_file():
        cure = "run `npm install --package-lock-only` in this folder"
        yield Mistake(package, 1, f"its dependencies need {LOCK}, which names each version: {cure}")
    elif (folder / "node_modules").is_dir() and not lock.is_file():
        text = f"it is not packed: write {PACKAGE} and {LOCK}, which say what is installed"
        yield Mistake(folder / "node_modules", 1, text)
    for name, entry in _entries(locked):
        if entry.get("link") or str(entry.get("resolved", "")).startswith("file:"):
            yield Mistake(lock, 1, f"{name} is of this machine, and npm is not given it: name a version")


def scripts_not_run(folder: Path) -> list[str]:
    """Name the packages whose scripts npm would run to install them."""
    entries = _entries(_read(folder / LOCK) or {})
    return [name for name, entry in entries if entry.get("hasInstallScript") and not entry.get("dev")]


def _entries(locked: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    packages = locked.get("packages", locked.get("dependencies"))
    found = packages if isinstance(packages, dict) else {}
    return [
        (name.rpartition("node_modules/")[2], entry)
        for name, entry in found.items()
        if name.rpartition("node_modules/")[2] and isinstance(entry, dict)
    ]


def _read(path: Path) -> Mapping[str, Any] | None:
    """Read a JSON object: an empty one where there is no file, None where there is another thing in it."""
    try:
        found = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
