"""Data on its way between S3 and the directory of a job."""

import shutil
import tarfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from localcloud.errors import ServiceError
from localcloud.ports import Objects
from localcloud.sagemaker.files.disk import copy, require_room
from localcloud.sagemaker.jobs.s3 import DataError, Found
from localcloud.sagemaker.wire.s3_uri import S3Uri

_GZIP_LEVEL = 6  # as tar's own; Python's default of 9 takes several times as long for little


class UploadError(Exception):
    """Results could not be written to S3; the message is what follows ``ClientError:``."""


@dataclass(frozen=True, slots=True)
class EncryptedObjects:
    """S3, where what is uploaded is encrypted by a KMS key (KmsKeyId of an output)."""

    objects: Objects
    kms_key_id: str

    def open(self, bucket: str, key: str, version_id: str | None = None) -> BinaryIO:
        """Open an object."""
        return self.objects.open(bucket, key, version_id)

    def list(self, bucket: str, prefix: str) -> list[str]:
        """List keys."""
        return self.objects.list(bucket, prefix)

    def upload(self, bucket: str, key: str, path: Path, kms_key_id: str | None = None) -> None:
        """Upload a file."""
        self.objects.upload(bucket, key, path, kms_key_id or self.kms_key_id)

    def delete(self, bucket: str, key: str) -> None:
        """Delete an object."""
        self.objects.delete(bucket, key)


def encrypted(objects: Objects, kms_key_id: str | None) -> Objects:
    """Give S3 as results are written to it: encrypted by a KMS key, where one is named."""
    return EncryptedObjects(objects, kms_key_id) if kms_key_id else objects


def download(found: Iterable[Found], folder: Path, objects: Objects, is_wanted: Callable[[], bool]) -> None:
    """Copy objects into a folder, piece by piece, for as long as the job is wanted.

    Raises `DataError` if S3 refused one, or its path is none of a file below the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for item in found:
        if not is_wanted():
            return
        parts = PurePosixPath(item.path).parts
        if not parts or ".." in parts or "\0" in item.path or item.path.startswith("/"):
            raise DataError(f"{item.location} has a key that is no path of a file.")
        _download(item.location, folder.joinpath(*parts), objects, is_wanted)


def download_shares(
    shares: Iterable[tuple[Sequence[Found], Path]], objects: Objects, is_wanted: Callable[[], bool]
) -> None:
    """Copy to the folder of each host what it gets; an object that several get is downloaded once.

    Raises `DataError` as `download` does.
    """
    kept: dict[tuple[S3Uri, str], Path] = {}
    for found, folder in shares:
        fresh = [item for item in found if (item.location, item.path) not in kept]
        download(fresh, folder, objects, is_wanted)
        for item in found:
            if not is_wanted():
                return
            first, own = kept.setdefault((item.location, item.path), folder / item.path), folder / item.path
            if first != own:
                _copy_file(item.location, first, own)


def _copy_file(source: S3Uri, first: Path, own: Path) -> None:
    """Copy a file within this machine: each host may change its own."""
    try:
        own.parent.mkdir(parents=True, exist_ok=True)
        require_room(own.parent, first.stat().st_size)
        shutil.copyfile(first, own)
    except OSError as error:
        raise DataError(f"Cannot write {source}: {error.strerror}") from error


def _download(source: S3Uri, target: Path, objects: Objects, is_wanted: Callable[[], bool]) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with closing(objects.open(source.bucket, source.key)) as body, target.open("wb") as file:
            copy(body, file, target.parent, is_wanted)
    except ServiceError as error:
        raise DataError(f"Unable to download object {source} ({error.code}: {error.message})") from error
    except OSError as error:  # such as a key that is the folder of another one
        raise DataError(f"Cannot write {source}: {error.strerror}") from error


def upload_archive(folders: Sequence[Path], target: S3Uri, objects: Objects, temporary: Path) -> list[str]:
    """Upload what is in the folders of several hosts as one tar.gz, if there is anything.

    "If multiple containers in a single training job write to this directory they should ensure no
    file/directory names clash" (developer guide, "How Amazon SageMaker AI Processes Training Output"). Of
    files with one name that of the first host is kept, and the names are given. Raises `UploadError` if S3
    refused.
    """
    filled = [folder for folder in folders if folder.is_dir() and any(folder.iterdir())]
    if not filled:
        return []
    kept: dict[str, Path] = {}
    clashes: list[str] = []
    left_out: set[Path] = set()
    with tarfile.open(temporary, "w:gz", compresslevel=_GZIP_LEVEL) as archive:
        for folder in filled:
            for item in sorted(folder.rglob("*")):
                name = item.relative_to(folder).as_posix()
                if item.parent in left_out:
                    left_out.add(item)
                elif name not in kept:
                    archive.add(item, name, recursive=False)
                    kept[name] = item
                elif not (_is_folder(item) and _is_folder(kept[name])):
                    clashes.append(name)
                    left_out.add(item)
    upload(temporary, target, objects)
    temporary.unlink()
    return clashes


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def upload_folder(folder: Path, target: S3Uri, objects: Objects) -> None:
    """Upload every file below a folder, under the same path. Raises `UploadError` if S3 refused."""
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            upload(file, target.below(file.relative_to(folder).as_posix()), objects)


def upload(file: Path, target: S3Uri, objects: Objects) -> None:
    """Upload a file. Raises `UploadError` if S3 refused."""
    try:
        objects.upload(target.bucket, target.key, file)
    except ServiceError as error:
        raise UploadError(
            f"Artifact upload failed:Unable to write {target} ({error.code}: {error.message})"
        ) from error
