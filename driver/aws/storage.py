"""The bucket: uploads and downloads by s3transfer, listings, counts."""

from __future__ import annotations

import glob
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from driver.model.values import BucketContent, StoredObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

OnBytes = Callable[[int], None]

_COUNTED = 10_000  # objects; more are not counted one by one


class Storage:
    """S3, as far as this project needs it."""

    def __init__(self, client: S3Client) -> None:
        self._client = client

    def upload(self, path: Path, bucket: str, key: str, on_bytes: OnBytes) -> None:
        """Upload a file, in parts if it is large; `on_bytes` is told of every piece that went."""
        self._client.upload_file(str(path), bucket, key, Callback=on_bytes)

    def download(self, bucket: str, key: str, path: Path, on_bytes: OnBytes) -> None:
        """Download an object to a file that appears only when it is complete; it starts again each time."""
        path.parent.mkdir(parents=True, exist_ok=True)
        for left in path.parent.glob(f".{glob.escape(path.name)}.*"):
            left.unlink()  # of a download that was killed
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(descriptor)
        try:
            self._client.download_file(bucket, key, temporary, Callback=on_bytes)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def read(self, bucket: str, key: str) -> bytes | None:
        """Read an object whole; None if there is none."""
        try:
            return self._client.get_object(Bucket=bucket, Key=key)["Body"].read()
        except self._client.exceptions.NoSuchKey:
            return None

    def write(self, bucket: str, key: str, content: bytes) -> None:
        """Write an object."""
        self._client.put_object(Bucket=bucket, Key=key, Body=content)

    def find(self, bucket: str, prefix: str, most: int | None = None) -> list[StoredObject]:
        """List the objects under a prefix, or so many of them, in the order of their keys."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=prefix, PaginationConfig={"MaxItems": most} if most else {}
        )
        return [
            StoredObject(item["Key"], item["Size"], item["LastModified"])
            for page in pages
            for item in page.get("Contents", [])
        ]

    def newest(self, bucket: str, prefix: str) -> StoredObject | None:
        """Return the object under a prefix that was written last."""
        found = self.find(bucket, prefix)
        return max(found, key=lambda stored: (stored.modified, stored.key), default=None)

    def measure(self, bucket: str) -> BucketContent:
        """Count and size the bucket's objects: none if there is no bucket; ten thousand are enough."""
        objects = size = 0
        try:
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
                found = page.get("Contents", [])
                objects, size = objects + len(found), size + sum(item["Size"] for item in found)
                if objects > _COUNTED:
                    return BucketContent(objects, size, is_counted=False)
        except self._client.exceptions.NoSuchBucket:
            return BucketContent(0, 0)
        return BucketContent(objects, size)
