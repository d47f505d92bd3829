"""The functions' zip files: the same source gives the same bytes, so that Terraform sees no change."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from driver.host.files import files_below, write_if_changed
from driver.manifests.functions import MANIFEST, is_node
from driver.model.exceptions import WrongUseError

_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can hold
_MODE = 0o100644 << 16  # a regular file that everyone may read: Lambda runs it as another user

# AWS Lambda developer guide, "Lambda quotas": a package that is uploaded by the API, and its content.
_MB = 1024**2
ZIPPED_BYTES, UNZIPPED_BYTES = 50 * _MB, 250 * _MB


def build_packages(
    source_directory: Path,
    package_directory: Path,
    only: Collection[str] | None = None,
    installed: Mapping[str, Path | None] | None = None,
    *,
    to_destroy: bool = False,
) -> list[Path]:
    """Pack each function's folder `<name>/` into `<name>.zip`.

    In Python with what all share, and a zip holds the tree that the sources have, so that relative imports
    mean the same there: the handler of the function is ``lambda_src.<name>.handler.lambda_handler``. In
    Node.js the folder's files are at the root.

    - `source_directory`: holds a folder with a ``handler.py`` or a manifest for each function, and may have
      ``shared/``.
    - `only`: names functions to pack; None packs all. A zip whose content would not change is left alone.
    - `installed`: zips of what functions need, by their names; one that is None is not known, and its
      function's package stays as it is.
    - `to_destroy`: whether no package will be uploaded: its size does not matter, and one that is not there
      is made of the code alone.

    Raises `WrongUseError` if Lambda would not take a package for its size.
    """
    root = source_directory.parent
    installed = installed or {}
    common = {
        **_files([source_directory / "__init__.py"], root),
        **_files(files_below(source_directory / "shared"), root),
    }
    packages = []
    known = {path.parent for name in ("handler.py", MANIFEST) for path in source_directory.glob(f"*/{name}")}
    for folder in sorted(known):
        name = folder.name
        if only is not None and name not in only:
            continue
        package = package_directory / f"{name}.zip"
        packages.append(package)
        is_unknown = name in installed and installed[name] is None
        if is_unknown and (package.exists() or not to_destroy):
            continue
        base = installed.get(name)
        own = (
            _files(files_below(folder), folder)
            if is_node(folder)
            else common | _files(files_below(folder), root)
        )
        content = pack(own, base.read_bytes() if base else b"")
        if not to_destroy:
            _check_size(name, content)
        write_if_changed(package, content)
    return packages


def _files(paths: Iterable[Path], root: Path) -> dict[str, bytes]:
    """Read the files that belong into a package, by their names under a root."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in paths
        if path.is_file()
        and "node_modules" not in path.relative_to(root).parts  # what package-lock.json names is installed
        and not path.name.startswith(".")
        and path.suffix != ".whl"  # what requirements.txt names, and is installed
    }


def pack_installed(files: Mapping[str, bytes]) -> bytes:
    """Make the zip file of what a function needs: deflated, since Lambda limits its size; it is made once."""
    return pack(files, compression=zipfile.ZIP_DEFLATED)


def pack(files: Mapping[str, bytes], base: bytes = b"", compression: int = zipfile.ZIP_STORED) -> bytes:
    """Make a zip file, or add files to one."""
    # Stored, not deflated: how well a byte is deflated depends on the zlib at hand.
    buffer = io.BytesIO(base)
    with zipfile.ZipFile(buffer, "a", compression) as package:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.external_attr = _MODE
            entry.create_system = 3  # Unix, also where it is not: the mode above is Unix's
            package.writestr(entry, files[name], compression)
    return buffer.getvalue()


def _check_size(name: str, content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        unzipped = sum(entry.file_size for entry in package.infolist())
    for size, limit, what in (
        (len(content), ZIPPED_BYTES, "as a zip file that is uploaded"),
        (unzipped, UNZIPPED_BYTES, "unzipped"),
    ):
        if size > limit:
            raise WrongUseError(
                f"The package of the function {name} is too large for Lambda.",
                f"It has {size / _MB:.1f} MB {what}; Lambda takes {limit // _MB} MB.",
                "Leave out what the runtime brings along (boto3), move data to S3, or do the work in a "
                "processing job.",
            )
