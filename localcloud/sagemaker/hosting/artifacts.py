"""Model data: from S3 into the directory that a container sees as /opt/ml/model."""

import tarfile
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from localcloud.errors import ServiceError
from localcloud.ports import Objects
from localcloud.sagemaker.hosting.reasons import download_failed, extraction_failed

_PIECE = 1 << 20


class ModelDataError(Exception):
    """The model data cannot be had; the message is the endpoint's FailureReason."""


def provide_model(objects: Objects, url: str, directory: Path, is_wanted: Callable[[], bool]) -> None:
    """Download a model's archive and unpack it.

    Parameters
    ----------
    objects
        S3 as the model's account sees it.
    url
        ModelDataUrl, ``s3://bucket/key``.
    directory
        Where the archive's files go.
    is_wanted
        Asked between pieces; once it says no, the download ends.

    Raises
    ------
    ModelDataError
        There is no such object, it takes too long, or it is not a tar.gz archive whose files all stay within
        the directory.
    """
    with tempfile.TemporaryFile(dir=directory.parent) as archive:
        _download(objects, url, archive, is_wanted)
        archive.seek(0)
        try:
            with tarfile.open(fileobj=archive, mode="r:gz") as unpacked:
                unpacked.extractall(directory, filter="data")
        except (tarfile.TarError, EOFError, OSError) as error:
            raise ModelDataError(extraction_failed(url)) from error


def _download(objects: Objects, url: str, target: IO[bytes], is_wanted: Callable[[], bool]) -> None:
    parts = urlsplit(url)
    try:
        with closing(objects.open(parts.netloc, parts.path.removeprefix("/"))) as source:
            while piece := source.read(_PIECE):
                if not is_wanted():
                    raise ModelDataError(download_failed(url))
                target.write(piece)
    except ServiceError as error:
        raise ModelDataError(download_failed(url)) from error
