"""S3 URIs in all their forms."""

import pytest

from localcloud.sagemaker.wire.s3_uri import S3Uri


@pytest.mark.parametrize(
    "uri",
    [
        "s3://my.bucket/a b/c",
        "https://s3.amazonaws.com/my.bucket/a%20b/c",
        "https://s3-us-west-2.amazonaws.com/my.bucket/a%20b/c",
        "https://s3.us-gov-west-1.amazonaws.com/my.bucket/a%20b/c",
        "https://s3.dualstack.eu-west-1.amazonaws.com/my.bucket/a%20b/c",
        "https://s3.cn-north-1.amazonaws.com.cn/my.bucket/a%20b/c",
        "https://my.bucket.s3.amazonaws.com/a%20b/c",
        "https://my.bucket.s3.us-west-2.amazonaws.com/a%20b/c",
        "https://my.bucket.s3-us-west-2.amazonaws.com/a%20b/c",
        "https://my.bucket.s3-fips.us-west-2.amazonaws.com/a%20b/c",
    ],
)
def test_each_form_names_bucket_and_key(uri: str) -> None:
    assert S3Uri.parse(uri) == S3Uri("my.bucket", "a b/c")
    assert str(S3Uri.parse(uri)) == "s3://my.bucket/a b/c"


@pytest.mark.parametrize(
    ("uri", "bucket"),
    [
        ("s3://bucket", "bucket"),
        ("s3://bucket/", "bucket"),
        ("https://bucket.s3.amazonaws.com", "bucket"),
        ("https://s3.amazonaws.com/bucket", "bucket"),
        ("https://s3.s3.us-west-2.amazonaws.com/", "s3"),
    ],
)
def test_a_bucket_alone_is_its_empty_prefix(uri: str, bucket: str) -> None:
    assert S3Uri.parse(uri) == S3Uri(bucket, "")


@pytest.mark.parametrize(
    "uri",
    [
        "bucket/key",
        "http://s3.amazonaws.com/bucket/key",
        "https://s3.amazonaws.com/",
        "https://bucket/key",
        "https://bucket.s3.us-west-2.example.com/key",
        "https://bucket.ec2.us-west-2.amazonaws.com/key",
        "https://bucket.s3.amazonaws.com/key?versionId=1",
    ],
)
def test_what_names_no_bucket_in_s3_is_refused(uri: str) -> None:
    with pytest.raises(ValueError, match="is no S3 URI of the form"):
        S3Uri.parse(uri)
