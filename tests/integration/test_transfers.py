"""Uploads and downloads that somebody interrupts: nothing is left of them, and the next time works."""

import os
import signal
from pathlib import Path

import pytest

from driver.storage import Storage
from tests.integration.wire import Cloud

pytestmark = pytest.mark.integration

LARGE = os.urandom(20 * 2**20)  # s3transfer sends and fetches it in parts


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "large.csv"
    path.write_bytes(LARGE)
    return path


def press_ctrl_c(_count: int) -> None:
    """Interrupt the process once the first piece has gone."""
    os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupted_upload_leaves_nothing_and_can_be_repeated(cloud: Cloud, file: Path) -> None:
    storage, bucket = Storage(cloud.s3), cloud.bucket()
    with pytest.raises(KeyboardInterrupt):
        storage.upload(file, bucket, "large.csv", press_ctrl_c)
    assert storage.find(bucket, "") == []
    assert cloud.s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []
    storage.upload(file, bucket, "large.csv", lambda _: None)
    assert cloud.s3.get_object(Bucket=bucket, Key="large.csv")["Body"].read() == LARGE


def test_an_interrupted_download_leaves_nothing_and_can_be_repeated(
    cloud: Cloud, file: Path, tmp_path: Path
) -> None:
    storage, bucket, wanted = Storage(cloud.s3), cloud.bucket(), tmp_path / "downloads" / "large.csv"
    storage.upload(file, bucket, "large.csv", lambda _: None)
    with pytest.raises(KeyboardInterrupt):
        storage.download(bucket, "large.csv", wanted, press_ctrl_c)
    assert list(wanted.parent.iterdir()) == []
    (wanted.parent / ".large.csv.killed").write_text("half of it")
    storage.download(bucket, "large.csv", wanted, lambda _: None)
    assert [path.name for path in wanted.parent.iterdir()] == ["large.csv"]
    assert wanted.read_bytes() == LARGE
