"""The rooms that the types of job share: S3, transfer, logs, metrics, records."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.errors import ServiceError
from localcloud.ports import Caller
from localcloud.sagemaker.files import container_log
from localcloud.sagemaker.jobs.job import JobInfo, Kind
from localcloud.sagemaker.jobs.logs import Lines, LogFollower, LogStream
from localcloud.sagemaker.jobs.records import Batching, PayloadError, assembled
from localcloud.sagemaker.jobs.s3 import DataError, DataSource, Found
from localcloud.sagemaker.jobs.transfer import download
from localcloud.sagemaker.wire.requests import Request
from localcloud.sagemaker.wire.s3_uri import S3Uri
from tests.unit.localcloud.sagemaker.cloud import FakeHost

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


def paths(prefix: str, *keys: str) -> list[str]:
    host = FakeHost()
    host.objects = {("bucket", key): b"" for key in keys}
    return [found.path for found in DataSource(S3Uri("bucket", prefix)).objects(host)]


@pytest.mark.parametrize("prefix", ["data", "data/"])
def test_a_folder_is_not_part_of_the_path(prefix: str) -> None:
    assert paths(prefix, "data/", "data/a", "data/b/c", "data/b/") == ["a", "b/c"]


def test_other_prefixes() -> None:
    assert paths("data/a.csv", "data/a.csv") == ["a.csv"]
    assert paths("data/tr", "data/train/a", "data/tr/b") == ["b", "train/a"]
    assert paths("", "a", "b/c") == ["a", "b/c"]


@pytest.mark.parametrize(
    "manifest",
    [b"", b"{}", b"[]", b'["a"]', b'[{"prefix": 1}]', b'[{"prefix": "s3://b/"}, 1]', b"[" * 100_000],
)
def test_a_broken_manifest_says_so(manifest: bytes) -> None:
    host = FakeHost()
    host.objects["bucket", "manifest"] = manifest
    with pytest.raises(DataError, match="The manifest s3://bucket/manifest"):
        DataSource(S3Uri("bucket", "manifest"), "ManifestFile").objects(host)


@pytest.mark.parametrize("path", ["../a", "a/../../b", "/a", "a\0b", ""])
def test_nothing_is_written_outside_the_folder(tmp_path: Path, path: str) -> None:
    host = FakeHost()
    with pytest.raises(DataError, match="no path of a file"):
        download([Found(S3Uri("bucket", "key"), path)], tmp_path / "in", host, lambda: True)
    assert list(tmp_path.rglob("*")) == [tmp_path / "in"]


def test_a_key_that_is_the_folder_of_another_is_told(tmp_path: Path) -> None:
    host = FakeHost()
    host.objects = {("bucket", "a"): b"", ("bucket", "a/b"): b""}
    found = DataSource(S3Uri("bucket", "")).objects(host)
    with pytest.raises(DataError, match="Cannot write s3://bucket/a/b"):
        download(found, tmp_path, host, lambda: True)


class RefusingLogs:
    def write(self, group: str, stream: str, lines: Lines) -> None:
        raise ServiceError("ServiceUnavailable", f"{group} {stream}", 503)


def test_lines_are_whole_in_order_and_cut_where_they_are_long(tmp_path: Path) -> None:
    file, heard = tmp_path / "log", list[str]()
    follower = LogFollower(file, lambda: NOW, [lambda lines: heard.extend(text for _, text in lines)])
    follower.follow()
    file.write_bytes(b"one\ntw")
    follower.follow()
    assert heard == ["one"]
    with file.open("ab") as log:
        log.write("o é\r\n\n\xff".encode("latin-1") + b"x" * 2_000_000)
    follower.follow()
    assert heard[:2] == ["one", "two \ufffd"]
    follower.follow(to_the_end=True)
    assert "".join(heard[2:]) == "\ufffd" + "x" * 2_000_000
    assert max(len(text.encode()) for text in heard) + 26 <= 1_048_576


LOGS = st.lists(
    st.one_of(
        st.sampled_from([b"\n", b"\r\n", b"\xff", "é".encode(), "🙂".encode()]), st.binary(max_size=40)
    ),
    max_size=30,
)


@given(LOGS, st.integers(1, 50))
def test_messages_hold_what_was_printed(pieces: list[bytes], longest: int) -> None:
    """Whatever its bytes are, how it comes and how long a message may be."""
    with (
        pytest.MonkeyPatch.context() as patch,
        tempfile.TemporaryDirectory() as folder,
        Path(folder, "log").open("ab", buffering=0) as file,
    ):
        patch.setattr(container_log, "LONGEST", longest + 4)
        patch.setattr(container_log, "_PIECE", longest)
        log, heard = container_log.ContainerLog(Path(folder, "log")), list[str]()
        for piece in pieces:
            file.write(piece)
            heard += [message for messages in log.messages() for message in messages]
        heard += [message for messages in log.messages(to_the_end=True) for message in messages]
    printed = b"".join(pieces)
    assert all(heard)
    assert max((len(text.encode()) for text in heard), default=0) <= longest + 4
    assert not any("\n" in text for text in heard)
    if printed.replace(b"\r", b"").decode("utf-8", "ignore").encode() == printed:
        assert "".join(heard) == printed.decode().replace("\n", "")


def test_a_log_that_is_refused_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    info = JobInfo(Kind.TRAINING, Caller("123456789012", "eu-west-1"), "job", Request({}))
    stream = LogStream(RefusingLogs(), info, "algo-1", NOW)
    for _ in range(3):
        stream.write([(0, "line")])
    assert len(caplog.records) == 1
    assert "job/algo-1-1795251600" in caplog.text


LINES = st.lists(st.binary(max_size=9).map(lambda text: text.replace(b"\n", b"") + b"\n"), max_size=20)


@given(LINES, st.one_of(st.none(), st.integers(10, 40)))
def test_payloads_hold_every_record_once_and_fit(lines: list[bytes], limit: int | None) -> None:
    payloads = list(Batching(by_line=True, single=False, limit=limit).payloads(lines))
    assert b"".join(payloads) == b"".join(lines)
    assert limit is None or all(len(payload) <= limit for payload in payloads)
    single = list(Batching(by_line=True, single=True, limit=limit).payloads(lines))
    assert [record.rstrip(b"\r") for record in single] == [line.rstrip(b"\r\n") for line in lines]
    whole = list(Batching(by_line=False, single=False, limit=None).payloads(lines))
    assert whole == [b"".join(lines)]


def test_a_record_that_is_too_large_is_told() -> None:
    for by_line in (True, False):
        with pytest.raises(PayloadError, match="Too much data for max payload size"):
            list(Batching(by_line=by_line, single=False, limit=3).payloads([b"1234\n"]))


def test_answers_are_put_together() -> None:
    assert assembled(b"a", by_line=True) == assembled(b"a\n", by_line=True) == b"a\n"
    assert assembled(b"a", by_line=False) == b"a"
