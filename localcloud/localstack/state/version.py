"""What a saved state depends on: objects of another version may have other members."""

import hashlib
import os
import sys
from functools import cache
from importlib.metadata import version as installed
from pathlib import Path

_PACKAGES = ("localstack-core", "moto-ext")


@cache
def version() -> str:
    """Give the versions of all whose objects are saved: Python, LocalStack, moto, and our own sources."""
    digest = hashlib.sha256()
    root = Path(__file__).resolve().parents[2]
    for folder, folders, files in os.walk(root):
        # Not looked into: an environment has thousands of files. The order is that of the names.
        folders[:] = sorted(set(folders) - {".venv", "build"})
        for path in (Path(folder, name) for name in sorted(files) if name.endswith(".py")):
            digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    others = " ".join(f"{name} {installed(name)}" for name in _PACKAGES)
    return f"python {sys.version_info[0]}.{sys.version_info[1]} {others} sources {digest.hexdigest()[:16]}"
