"""Keys of KMS that a request makes its service use in the name of who asks.

A key that AWS manages for a service asks nothing of who may use the service. Sources: S3 API reference,
"Permissions" of PutObject, GetObject, HeadObject, CreateMultipartUpload, UploadPart, ListParts,
CompleteMultipartUpload; S3 user guide, "Using server-side encryption with AWS KMS keys" (encryption context);
SQS developer guide, "Key management"; SNS developer guide, "Key management"; KMS developer guide,
"Condition keys for AWS KMS" (``kms:ViaService``).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from localcloud.iam.requests.call import Call
from localcloud.iam.requests.services import copy_source, kms_key

GENERATE, DECRYPT = "kms:GenerateDataKey", "kms:Decrypt"

_OF_MESSAGES: Mapping[str, Sequence[str]] = {
    "SendMessage": (GENERATE, DECRYPT),
    "SendMessageBatch": (GENERATE, DECRYPT),
    "ReceiveMessage": (DECRYPT,),
    "Publish": (GENERATE, DECRYPT),
    "PublishBatch": (GENERATE, DECRYPT),
}
_READS = frozenset({"GetObject", "SelectObjectContent"})
_WRITES = frozenset({"PutObject", "PostObject", "CopyObject", "CreateMultipartUpload"})
_OF_UPLOADS = frozenset({"UploadPart", "UploadPartCopy", "ListParts", "CompleteMultipartUpload"})
_COPIES = frozenset({"CopyObject", "UploadPartCopy"})


@dataclass(frozen=True, slots=True)
class KeyUse:
    """What a service does with a key.

    - `context`: name and value of the encryption context.
    """

    action: str
    key: str
    context: tuple[str, str]


def key_uses(call: Call) -> Iterator[KeyUse]:
    """Yield the uses of keys that a request needs."""
    if call.prefix == "s3":
        yield from _of_s3(call)
    elif actions := _OF_MESSAGES.get(call.operation, ()):
        yield from _of_messages(call, actions)


def _of_messages(call: Call, actions: Sequence[str]) -> Iterator[KeyUse]:
    """Tell what a queue or a topic needs; `kms:queue` and `kms:topic` find the key by the URL or the ARN."""
    if call.prefix == "sqs":
        kind, name, told = "kms:queue", call.text("QueueUrl"), "aws:sqs:arn"
        parts = name.rstrip("/").split("/")
        arn = call.arn(parts[-1], account=parts[-2] if len(parts) > 1 else None)
    elif call.prefix == "sns":
        kind, told = "kms:topic", "aws:sns:topicArn"
        arn = call.text("TopicArn", "TargetArn")
    else:
        return
    if arn and (key := call.find(kind, arn)):
        yield from (KeyUse(action, key, (told, arn)) for action in actions)


def _of_s3(call: Call) -> Iterator[KeyUse]:
    operation, bucket = call.operation, call.text("Bucket")
    context = ("aws:s3:arn", f"arn:{call.partition}:s3:::{bucket}/{call.text('Key')}")
    if operation in _COPIES:
        other, name, version = copy_source(call)
        if key := call.find("kms:object", _version(other, name, version)):
            yield KeyUse(DECRYPT, key, ("aws:s3:arn", f"arn:{call.partition}:s3:::{other}/{name}"))
    if operation in _WRITES:
        if key := _written_with(call):
            yield KeyUse(GENERATE, key, context)
    elif operation in _OF_UPLOADS:
        needs_key = operation != "CompleteMultipartUpload" or any(
            name.startswith("Checksum") for name in call.members
        )
        if needs_key and (key := call.find("kms:upload", f"{bucket}/{call.text('UploadId')}")):
            yield KeyUse(DECRYPT, key, context)
    elif operation in _READS or (operation == "HeadObject" and call.text("ChecksumMode")):
        actions = (DECRYPT,) if operation in _READS else (GENERATE, DECRYPT)
        version = call.text("VersionId")
        if key := call.find("kms:object", _version(bucket, call.text("Key"), version)):
            yield from (KeyUse(action, key, context) for action in actions)


def _version(bucket: str, key: str, version: str) -> str:
    return f"{bucket}/{key}?versionId={version}"


def _written_with(call: Call) -> str:
    """Give the key that an object is written with: the request's, or the bucket's own."""
    if call.text("SSECustomerAlgorithm"):
        return ""
    algorithm, key = call.text("ServerSideEncryption"), call.text("SSEKMSKeyId")
    if algorithm and not algorithm.startswith("aws:kms"):
        return ""
    if algorithm and key:
        return call.find("kms:key", kms_key(call, key))
    return call.find("kms:bucket", call.text("Bucket"))
