"""Objects that are read in ranges."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from localcloud.errors import ServiceError
from localcloud.localstack import object_reader
from localcloud.localstack.object_reader import open_object


class Store:
    """S3 with one object, which may be replaced while it is read."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.asked: list[str] = []

    def get(self, *, Range: str, IfMatch: str | None = None) -> Any:  # noqa: N803 - as S3 calls them
        self.asked.append(Range)
        first, last = map(int, Range.removeprefix("bytes=").split("-"))
        if IfMatch not in {None, str(hash(self.content))}:
            raise ClientError({"Error": {"Code": "PreconditionFailed", "Message": "changed"}}, "GetObject")
        if first >= len(self.content):
            raise ClientError({"Error": {"Code": "InvalidRange", "Message": "none"}}, "GetObject")
        part = self.content[first : last + 1]
        where = f"bytes {first}-{first + len(part) - 1}/{len(self.content)}"
        return {"Body": io.BytesIO(part), "ETag": str(hash(self.content)), "ContentRange": where}


@contextmanager
def errors() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise ServiceError(error.response["Error"]["Code"], "", 412) from error


@given(st.binary(max_size=100), st.integers(1, 30), st.lists(st.integers(0, 40)))
def test_an_object_is_read_whole_whatever_the_pieces(content: bytes, size: int, pieces: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(object_reader, "RANGE", size)
        with open_object(Store(content).get, errors) as source:
            read = b"".join(source.read(piece) for piece in pieces)
            assert read == content[: sum(pieces)]
            assert read + source.read() == content


def test_no_more_is_asked_for_than_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_reader, "RANGE", 4)
    monkeypatch.setattr(object_reader, "_BUFFER", 2)
    store = Store(b"0123456789")
    with open_object(store.get, errors) as source:
        assert source.read(3) == b"012"
        assert store.asked == ["bytes=0-3"]
        assert source.read(3) == b"345"
        assert store.asked == ["bytes=0-3", "bytes=4-7"]


def test_an_object_that_changes_meanwhile_is_not_mixed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_reader, "RANGE", 4)
    monkeypatch.setattr(object_reader, "_BUFFER", 2)
    store = Store(b"0123456789")
    with open_object(store.get, errors) as source:
        assert source.read(4) == b"0123"
        store.content = b"another one"
        with pytest.raises(ServiceError, match="PreconditionFailed"):
            source.read(4)
