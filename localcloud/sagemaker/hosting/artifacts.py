"""Model data: from S3 into the directory that a container sees as /opt/ml/model."""

import tempfile
from collections.abc import Callable
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from typing import IO

from localcloud.errors import ServiceError
from localcloud.ports import Objects
from localcloud.sagemaker.files.archives import ArchiveError, extraction_failed, unpack
from localcloud.sagemaker.files.disk import copy
from localcloud.sagemaker.hosting.health import download_failed
from localcloud.sagemaker.wire.s3_uri import S3Uri


class ModelDataError(Exception):
    """The model data cannot be downloaded or unpacked; the message is the endpoint's FailureReason."""


def provide_model(objects: Objects, url: str, directory: Path, is_wanted: Callable[[], bool]) -> None:
    """Download a model's archive and unpack it.

    `is_wanted`: asked between pieces; once it says no, the download ends.

    Raises `ModelDataError`: there is no such object, it takes too long, the disk is full, or it is not a
    tar.gz archive whose files all stay within the directory.
    """
    with tempfile.TemporaryFile(dir=directory.parent) as archive:
        _download(objects, url, archive, directory, is_wanted)
        archive.seek(0)
        try:
            is_complete = unpack(archive, directory, is_wanted)
        except ArchiveError as error:
            raise ModelDataError(f"{extraction_failed(url)} {error}".rstrip()) from error
        if not is_complete:
            raise ModelDataError(download_failed(url))


def _download(
    objects: Objects, url: str, target: IO[bytes], directory: Path, is_wanted: Callable[[], bool]
) -> None:
    location = S3Uri.parse(url)
    try:
        with closing(objects.open(location.bucket, location.key)) as source:
            if not copy(source, target, directory, is_wanted):
                raise ModelDataError(download_failed(url))
    except ServiceError as error:
        reason = f" {error.message}" if error.status == HTTPStatus.FORBIDDEN else ""
        raise ModelDataError(f"{download_failed(url)}{reason}") from error
    except OSError as error:
        raise ModelDataError(f"{download_failed(url)} {error.strerror}.") from error
