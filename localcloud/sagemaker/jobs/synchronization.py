"""Folders of a container that S3 follows while it runs: checkpoints, and outputs that are uploaded at once.

Sources: developer guide, "Checkpoints in Amazon SageMaker AI" (S3's objects are there at the start, files are
copied while the job runs, what is deleted in the container is deleted in S3); service model,
`ProcessingS3Output` (S3UploadMode Continuous) and `TensorBoardOutputConfig`. How often is not documented.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from localcloud.errors import ServiceError
from localcloud.ports import Objects
from localcloud.sagemaker.jobs.s3 import DataError, DataSource
from localcloud.sagemaker.jobs.transfer import UploadError, download, upload
from localcloud.sagemaker.wire.s3_uri import S3Uri

LOG = logging.getLogger(__name__)

_BETWEEN_LOOKS = timedelta(seconds=2)

_Version = tuple[int, int]  # time of the last change, in nanoseconds, and size


@dataclass(slots=True)
class SynchronizedFolder:
    """A folder and the prefix in S3 that follows it; for one thread.

    `deletes`: whether what is deleted here is deleted in S3.
    """

    folder: Path
    target: S3Uri
    objects: Objects
    deletes: bool = False
    _seen: dict[str, _Version] = field(default_factory=dict)
    _uploaded: dict[str, _Version] = field(default_factory=dict)

    def restore(self, is_wanted: Callable[[], bool]) -> None:
        """Download what S3 has. Raises `DataError` if S3 refused."""
        try:
            found = DataSource(S3Uri(self.target.bucket, f"{self.target.key.rstrip('/')}/")).objects(
                self.objects
            )
        except ServiceError as error:
            raise DataError(f"Unable to list {self.target} ({error.code}: {error.message})") from error
        download(found, self.folder, self.objects, is_wanted)
        self._uploaded = self._versions()

    def follow(self, *, is_over: bool = False) -> None:
        """Upload what is new or changed, and no longer grows; everything once the container has ended.

        Raises `UploadError` if S3 refused.
        """
        versions = self._versions()
        for name, version in versions.items():
            is_complete = is_over or self._seen.get(name) == version
            if is_complete and self._uploaded.get(name) != version:
                upload(self.folder / name, self.target.below(name), self.objects)
                self._uploaded[name] = version
        self._seen = versions
        for name in [name for name in self._uploaded if name not in versions]:
            if self.deletes:
                self._delete(self.target.below(name))
            del self._uploaded[name]

    def _delete(self, target: S3Uri) -> None:
        try:
            self.objects.delete(target.bucket, target.key)
        except ServiceError as error:
            raise UploadError(f"Unable to delete {target} ({error.code}: {error.message})") from error

    def _versions(self) -> dict[str, _Version]:
        versions = {}
        for file in sorted(self.folder.rglob("*")):
            try:
                found = file.stat() if file.is_file() else None
            except OSError:  # it has just been deleted
                continue
            if found is not None:
                name = file.relative_to(self.folder).as_posix()
                versions[name] = (found.st_mtime_ns, found.st_size)
        return versions


class Synchronization:
    """The synchronized folders of one job. `clock` gives the time."""

    def __init__(self, folders: list[SynchronizedFolder], clock: Callable[[], datetime]) -> None:
        self._folders = folders
        self._clock = clock
        self._next = clock()

    def follow(self) -> None:
        """Let S3 follow, if it is time; what S3 refuses is tried again later."""
        if not self._folders or self._clock() < self._next:
            return
        for folder in self._folders:
            try:
                folder.follow()
            except UploadError as error:
                LOG.info("Not synchronized yet: %s", error)
        self._next = self._clock() + _BETWEEN_LOOKS

    def complete(self) -> None:
        """Let S3 have everything. Raises `UploadError` if S3 refused."""
        for folder in self._folders:
            folder.follow(is_over=True)
