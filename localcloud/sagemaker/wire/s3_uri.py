"""S3 URIs, in every form that the service model's pattern ``(https|s3)://([^/]+)/?(.*)`` takes.

An https URI is an S3 endpoint's, in path style (``https://s3-us-west-2.amazonaws.com/bucket/key``) or in
virtual-hosted style (``https://bucket.s3.us-west-2.amazonaws.com/key``; S3 user guide, "Virtual hosting of
buckets"). CDK and older notebooks write them. Their keys are percent-encoded.
"""

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote

# s3.amazonaws.com, s3.<region>.…, s3-<region>.…, s3.dualstack.<region>.…, s3-fips.<region>.…; .cn in China.
_HOST = re.compile(
    r"(?:(?P<bucket>[a-z0-9][a-z0-9.-]+)\.)??"
    r"s3(?:-fips)?(?:[.-](?:dualstack\.)?[a-z]{2,4}(?:-[a-z]+)+-\d)?\.amazonaws\.com(?:\.cn)?"
)


@dataclass(frozen=True, slots=True)
class S3Uri:
    """A bucket and a key, or a prefix of keys."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, uri: str) -> Self:
        """Read a URI; `ValueError` where it names no bucket in S3."""
        match = re.fullmatch(r"(s3|https)://([^/]+)/?(.*)", uri, re.DOTALL)
        if match is None:
            raise _bad(uri)
        scheme, host, path = match.groups()
        if scheme == "s3":
            return cls(host, path)
        endpoint = _HOST.fullmatch(host)
        if endpoint is None or "?" in path:
            raise _bad(uri)
        bucket, key = endpoint["bucket"], path
        if bucket is None:
            bucket, _, key = path.partition("/")
        if not bucket:
            raise _bad(uri)
        return cls(bucket, unquote(key))

    def below(self, path: str) -> "S3Uri":
        """Give what lies below, were this a folder."""
        folder = self.key.rstrip("/")
        return S3Uri(self.bucket, f"{folder}/{path}" if folder else path)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def _bad(uri: str) -> ValueError:
    return ValueError(
        f"'{uri}' is no S3 URI of the form s3://bucket/key or https://bucket.s3.region.amazonaws.com/key."
    )
