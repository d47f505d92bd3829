"""Uploads and downloads that somebody interrupts: nothing is left of them, and the next time works."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from driver.aws.storage import Storage
from tests.integration.stack import ROOT
from tests.integration.wire import Cloud

pytestmark = pytest.mark.integration

LARGE = os.urandom(20 * 2**20)  # s3transfer sends and fetches it in parts
# In a process of its own: a signal that comes late would hit whatever test is running then.
INTERRUPTED = """
import os, signal, sys
from pathlib import Path
from driver.aws.storage import Storage
from tests.integration.stack import Stack

what, port, state, bucket, path = sys.argv[1:]
pressed = []

def press_ctrl_c(_count):
    if not pressed:
        pressed.append(True)
        os.kill(os.getpid(), signal.SIGINT)

storage = Storage(Stack(Path(), int(port), cloud_state=Path(state)).s3)
try:
    if what == "upload":
        storage.upload(Path(path), bucket, "large.csv", press_ctrl_c)
    else:
        storage.download(bucket, "large.csv", Path(path), press_ctrl_c)
except KeyboardInterrupt:
    sys.exit(130)
"""


def interrupt(what: str, cloud: Cloud, bucket: str, path: Path) -> None:
    """Begin a transfer and press Ctrl-C once its first piece has gone."""
    words = [what, str(cloud.port), str(cloud.folder / "state"), bucket, str(path)]
    ended = subprocess.run([sys.executable, "-c", INTERRUPTED, *words], cwd=ROOT, check=False, timeout=60)
    assert ended.returncode == 130


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "large.csv"
    path.write_bytes(LARGE)
    return path


def test_an_interrupted_upload_leaves_nothing_and_can_be_repeated(cloud: Cloud, file: Path) -> None:
    storage, bucket = Storage(cloud.s3), cloud.bucket()
    interrupt("upload", cloud, bucket, file)
    assert storage.find(bucket, "") == []
    assert cloud.s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []
    storage.upload(file, bucket, "large.csv", lambda _: None)
    assert cloud.s3.get_object(Bucket=bucket, Key="large.csv")["Body"].read() == LARGE


def test_an_interrupted_download_leaves_nothing_and_can_be_repeated(
    cloud: Cloud, file: Path, tmp_path: Path
) -> None:
    storage, bucket, wanted = Storage(cloud.s3), cloud.bucket(), tmp_path / "downloads" / "large.csv"
    storage.upload(file, bucket, "large.csv", lambda _: None)
    interrupt("download", cloud, bucket, wanted)
    assert list(wanted.parent.iterdir()) == []
    (wanted.parent / ".large.csv.killed").write_text("half of it")
    storage.download(bucket, "large.csv", wanted, lambda _: None)
    assert [path.name for path in wanted.parent.iterdir()] == ["large.csv"]
    assert wanted.read_bytes() == LARGE
