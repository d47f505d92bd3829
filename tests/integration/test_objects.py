"""Objects of S3 that are too large for memory."""

from pathlib import Path

import pytest

from tests.integration.stack import local_cloud
from tests.integration.wire import Cloud, unique

pytestmark = pytest.mark.integration

LARGE = bytes(3 * 2**20)


def test_two_clouds_may_have_buckets_of_one_name(cloud: Cloud, tmp_path: Path) -> None:
    bucket = unique("bucket")
    place = {"LocationConstraint": "us-west-2"}
    cloud.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=place)  # type: ignore[arg-type]
    cloud.s3.put_object(Bucket=bucket, Key="first", Body=LARGE)
    with local_cloud(tmp_path) as port:
        other = Cloud(tmp_path, port)
        other.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=place)  # type: ignore[arg-type]
        other.s3.put_object(Bucket=bucket, Key="theirs", Body=LARGE)
        other.s3.delete_object(Bucket=bucket, Key="theirs")
        other.s3.delete_bucket(Bucket=bucket)
    cloud.s3.put_object(Bucket=bucket, Key="second", Body=LARGE)
    for key in ("first", "second"):
        assert cloud.s3.get_object(Bucket=bucket, Key=key)["Body"].read() == LARGE
