"""The functions' zip files: the same source gives the same bytes, so that Terraform sees no change."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Iterable
from pathlib import Path

from driver.host.files import write_if_changed

_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can hold
_MODE = 0o100644 << 16  # a regular file that everyone may read: Lambda runs it as another user


def build_packages(
    source_directory: Path, package_directory: Path, only: Collection[str] | None = None
) -> list[Path]:
    """Pack each function's folder `<name>/`, with what all share, into `<name>.zip`.

    A zip holds the tree that the sources have, so that relative imports mean the same there: the
    handler of the function is ``lambda_src.<name>.handler.lambda_handler``.

    `source_directory` holds a folder with a ``handler.py`` for each function, and may have ``shared/``.
    `only` names functions to pack; None packs all. A zip whose content would not change is left alone.
    """
    root = source_directory.parent
    common = {
        **_files([source_directory / "__init__.py"], root),
        **_files((source_directory / "shared").rglob("*"), root),
    }
    packages = []
    for folder in sorted(handler.parent for handler in source_directory.glob("*/handler.py")):
        if only is not None and folder.name not in only:
            continue
        package = package_directory / f"{folder.name}.zip"
        write_if_changed(package, pack({**common, **_files(folder.rglob("*"), root)}))
        packages.append(package)
    return packages


def _files(paths: Iterable[Path], root: Path) -> dict[str, bytes]:
    """Read the files that belong into a package, by their names under a root."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in paths
        if path.is_file() and path.parent.name != "__pycache__" and not path.name.startswith(".")
    }


def pack(files: dict[str, bytes]) -> bytes:
    """Make a zip file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.external_attr = _MODE
            entry.create_system = 3  # Unix, also where it is not: the mode above is Unix's
            # Stored, not deflated: how well a byte is deflated depends on the zlib at hand.
            package.writestr(entry, files[name], zipfile.ZIP_STORED)
    return buffer.getvalue()
