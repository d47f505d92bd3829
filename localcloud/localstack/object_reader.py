"""An object of S3 that is read in ranges, so that no more than one of them is ever in memory.

LocalStack's web server writes an answer as fast as the disk gives it, whether or not it is read: the whole
answer to one GET of a large object would be in memory.
"""

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, BinaryIO, cast

from botocore.exceptions import ClientError

if TYPE_CHECKING:  # stubs, which only the development environment has
    from _typeshed import WriteableBuffer
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

RANGE = 8 * 1024 * 1024
"""Bytes that are asked for at once."""

_BUFFER = 1024 * 1024

Get = Callable[..., "GetObjectOutputTypeDef"]
"""GetObject of this object; takes Range and IfMatch."""


Errors = Callable[[], AbstractContextManager[None]]
"""What errors of S3 become while an object is read."""


def open_object(get: Get, errors: Errors) -> BinaryIO:
    """Open an object for reading from its start.

    Raises `ClientError` if there is no such object, or S3 refuses it.
    """
    try:
        first = get(Range=f"bytes=0-{RANGE - 1}")
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidRange":  # It has no first byte: it is empty.
            raise
        return io.BytesIO(b"")
    return cast("BinaryIO", io.BufferedReader(_Ranges(get, first, errors), _BUFFER))


class _Ranges(io.RawIOBase):
    """The object from its start, range by range; each must be of the same object as the first."""

    def __init__(self, get: Get, first: "GetObjectOutputTypeDef", errors: Errors) -> None:
        super().__init__()
        self._get = get
        self._errors = errors
        self._etag = first["ETag"]
        self._size = int(first["ContentRange"].rpartition("/")[2])
        self._body = first["Body"]
        self._position = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        if self._position == self._size:
            return 0
        with self._errors():
            piece = self._body.read(len(view))
            if not piece:
                self._body.close()
                asked = f"bytes={self._position}-{self._position + RANGE - 1}"
                self._body = self._get(Range=asked, IfMatch=self._etag)["Body"]
                piece = self._body.read(len(view))
        view[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def close(self) -> None:
        if not self.closed:
            self._body.close()
        super().close()
