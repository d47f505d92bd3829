"""Data on its way between S3 and the directory of a job."""

import tarfile
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from localcloud.errors import ServiceError
from localcloud.ports import Objects
from localcloud.sagemaker.files.disk import copy
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


def _download(source: S3Uri, target: Path, objects: Objects, is_wanted: Callable[[], bool]) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with closing(objects.open(source.bucket, source.key)) as body, target.open("wb") as file:
            copy(body, file, target.parent, is_wanted)
    except ServiceError as error:
        raise DataError(f"Unable to download object {source} ({error.code}: {error.message})") from error
    except OSError as error:  # such as a key that is the folder of another one
        raise DataError(f"Cannot write {source}: {error.strerror}") from error


def upload_archive(folder: Path, target: S3Uri, objects: Objects, temporary: Path) -> bool:
    """Upload what is in a folder as one tar.gz; tell whether there was anything.

    Raises `UploadError` if S3 refused.
    """
    if not _has_content(folder):
        return False
    with tarfile.open(temporary, "w:gz", compresslevel=_GZIP_LEVEL) as archive:
        for item in sorted(folder.iterdir()):
            archive.add(item, item.name)
    upload(temporary, target, objects)
    temporary.unlink()
    return True


def upload_folder(folder: Path, target: S3Uri, objects: Objects) -> None:
    """Upload every file below a folder, under the same path. Raises `UploadError` if S3 refused."""
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            upload(file, target.below(file.relative_to(folder).as_posix()), objects)


def _has_content(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


def upload(file: Path, target: S3Uri, objects: Objects) -> None:
    """Upload a file. Raises `UploadError` if S3 refused."""
    try:
        objects.upload(target.bucket, target.key, file)
    except ServiceError as error:
        raise UploadError(
            f"Artifact upload failed:Unable to write {target} ({error.code}: {error.message})"
        ) from error
