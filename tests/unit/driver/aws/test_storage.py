from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber

from driver.aws.storage import Storage
from driver.model.values import BucketContent, StoredObject
from tests.unit.driver.fakes import NOON


@pytest.fixture
def s3() -> Iterator[Stubber]:
    client = boto3.client(
        "s3", region_name="us-west-2", aws_access_key_id="test", aws_secret_access_key="test"
    )
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def storage(s3: Stubber) -> Storage:
    return Storage(s3.client)  # type: ignore[arg-type]


def test_the_newest_of_all_pages_is_found(s3: Stubber, storage: Storage) -> None:
    times = {"p/a": 1, "p/b": 3, "p/c": 2}
    items = [
        {"Key": key, "Size": 10, "LastModified": NOON + timedelta(minutes=minutes)}
        for key, minutes in times.items()
    ]
    asked = {"Bucket": "bucket", "Prefix": "p/"}
    s3.add_response(
        "list_objects_v2",
        {"Contents": items[:2], "IsTruncated": True, "NextContinuationToken": "more"},
        asked,
    )
    s3.add_response("list_objects_v2", {"Contents": items[2:]}, asked | {"ContinuationToken": "more"})
    assert storage.newest("bucket", "p/") == StoredObject("p/b", 10, NOON + timedelta(minutes=3))


def test_no_more_objects_are_listed_than_are_asked_for(s3: Stubber, storage: Storage) -> None:
    items = [{"Key": key, "Size": 10, "LastModified": NOON} for key in ("p/a", "p/b")]
    asked = {"Bucket": "bucket", "Prefix": "p/"}
    s3.add_response(
        "list_objects_v2", {"Contents": items, "IsTruncated": True, "NextContinuationToken": "more"}, asked
    )
    assert storage.find("bucket", "p/", most=1) == [StoredObject("p/a", 10, NOON)]


def test_an_empty_prefix_has_no_newest(s3: Stubber, storage: Storage) -> None:
    s3.add_response("list_objects_v2", {})
    assert storage.newest("bucket", "p/") is None


def test_a_bucket_that_is_gone_holds_nothing(s3: Stubber, storage: Storage) -> None:
    s3.add_client_error("list_objects_v2", "NoSuchBucket", "gone", 404)
    assert storage.measure("bucket") == BucketContent(0, 0)


def test_objects_are_counted_and_sized_on_all_pages(s3: Stubber, storage: Storage) -> None:
    s3.add_response(
        "list_objects_v2",
        {"Contents": [{"Size": 700}, {"Size": 800}], "IsTruncated": True, "NextContinuationToken": "more"},
    )
    s3.add_response("list_objects_v2", {"Contents": [{"Size": 1}]})
    assert storage.measure("bucket") == BucketContent(3, 1501)


def test_very_many_objects_are_not_counted_to_the_end(s3: Stubber, storage: Storage) -> None:
    for page in range(11):
        s3.add_response(
            "list_objects_v2",
            {
                "Contents": [{"Size": 2}] * 1000,
                "IsTruncated": True,
                "NextContinuationToken": f"page {page}",
            },
        )
    assert storage.measure("bucket") == BucketContent(11000, 22000, is_counted=False)


class HalfAFile:
    """A client whose download breaks off, or goes through."""

    def __init__(self, *, breaks: bool) -> None:
        self._breaks = breaks

    def download_file(self, bucket: str, key: str, path: str, Callback: Callable[[int], None]) -> None:  # noqa: N803
        Path(path).write_text("half")
        if self._breaks:
            raise ConnectionError("reset")
        Callback(4)


def test_a_download_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    storage = Storage(HalfAFile(breaks=True))  # type: ignore[arg-type]
    with pytest.raises(ConnectionError):
        storage.download("bucket", "key", tmp_path / "run" / "results_0.csv", lambda _: None)
    assert list((tmp_path / "run").iterdir()) == []


def test_a_download_appears_whole_and_readable(tmp_path: Path) -> None:
    path = tmp_path / "run" / "results_0.csv"
    Storage(HalfAFile(breaks=False)).download("bucket", "key", path, lambda _: None)  # type: ignore[arg-type]
    assert path.read_text() == "half"
    assert path.stat().st_mode & 0o777 == 0o600
