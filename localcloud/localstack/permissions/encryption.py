"""Which customer managed key of KMS encrypts something of this cloud."""

from collections.abc import Callable, Mapping
from typing import Any

from localcloud.localstack.permissions.resources import (
    Place,
    bucket_of,
    queue_of,
    store_of,
    topic_of,
)


def _of_queue(arn: str) -> Any:
    queue = queue_of(Place(arn))
    return queue and queue.attributes.get("KmsMasterKeyId")


def _of_topic(arn: str) -> Any:
    topic = topic_of(Place(arn))
    return topic and topic.kms_master_key_id


def _of_bucket(name: str) -> Any:
    bucket = bucket_of(name)
    rule = ((bucket and bucket.encryption_rule) or {}).get("ApplyServerSideEncryptionByDefault", {})
    return str(rule.get("SSEAlgorithm", "")).startswith("aws:kms") and rule.get("KMSMasterKeyID")


def _of_object(name: str) -> Any:
    path, _, version = name.rpartition("?versionId=")
    bucket, key = bucket_of(path), path.partition("/")[2]
    if bucket is None:
        return None
    found = bucket.objects.get(key, version) if version else bucket.objects.get(key)
    return getattr(found, "kms_key_id", None)


def _of_upload(name: str) -> Any:
    bucket = bucket_of(name)
    upload = bucket and bucket.multiparts.get(name.partition("/")[2])
    return upload and upload.object.kms_key_id


_FOUND: Mapping[str, Callable[[str], Any]] = {
    "kms:key": str,
    "kms:queue": _of_queue,
    "kms:topic": _of_topic,
    "kms:bucket": _of_bucket,
    "kms:object": _of_object,
    "kms:upload": _of_upload,
}


def find_key(kind: str, name: str, account: str, region: str) -> str:
    """Find a key's ARN; an empty text where there is none, or AWS manages it.

    - `kind`: `kms:key` with a key's ID, ARN or alias; `kms:bucket` with a bucket, for what is written to it;
      `kms:object` with `BUCKET/KEY?versionId=VERSION`; `kms:upload` with `BUCKET/ID`; `kms:queue` and
      `kms:topic` with an ARN.
    """
    try:
        named = _FOUND[kind](name)
        return _customer_managed(str(named), account, region) if named else ""
    except ValueError:  # of LocalStack's stores: an account or a region that cannot be
        return ""


def _customer_managed(name: str, account: str, region: str) -> str:
    if name.startswith("arn:"):
        place = Place(name)
        account, region, name = place.account, place.region, place.rest
    store = store_of("localstack.services.kms.models", "kms_stores", account, region)
    if name.startswith("alias/"):
        alias = store and not name.startswith("alias/aws/") and store.aliases.get(name)
        name = alias.metadata["TargetKeyId"] if alias else ""
    key_id = name.removeprefix("key/")
    key = store and store.keys.get(key_id)
    if not key or _is_of_s3(str(key.metadata["Arn"]), account, region):
        return ""
    return str(key.metadata["Arn"])


def _is_of_s3(arn: str, account: str, region: str) -> bool:
    """Tell whether S3 has made a key for itself, which LocalStack does not mark as AWS's own."""
    store = store_of("localstack.services.s3.models", "s3_stores", account, region)
    return bool(store) and store.aws_managed_kms_key_id in {arn, arn.rpartition("/")[2]}
