"""Which permissions an operation needs: AWS's Service Authorization Reference, and a table of exceptions.

``reference.json`` is made by ``tools/make_iam_reference.py`` and carries its date. An operation needs the
action of its own name unless the table says otherwise. Sources of the table: S3 user guide, "Required
permissions for Amazon S3 API operations"; the developer guides of SQS, SNS, Lambda and KMS on permissions.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

PREFIXES = {
    "stepfunctions": "states",
    "sagemaker-metrics": "sagemaker",
    "sagemaker-runtime": "sagemaker",
    "resourcegroupstaggingapi": "tag",
}
"""Prefixes of actions, of the services (by botocore's names) whose prefix is another."""

_EXCEPTIONS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "s3": {
        "CompleteMultipartUpload": ["PutObject"],
        "CopyObject": ["GetObject", "PutObject"],
        "CreateBucketMetadataConfiguration": ["CreateBucketMetadataTableConfiguration"],
        "CreateMultipartUpload": ["PutObject"],
        "CreateSession": ["s3express:CreateSession"],
        "DeleteBucketAnalyticsConfiguration": ["PutAnalyticsConfiguration"],
        "DeleteBucketCors": ["PutBucketCORS"],
        "DeleteBucketEncryption": ["PutEncryptionConfiguration"],
        "DeleteBucketIntelligentTieringConfiguration": ["PutIntelligentTieringConfiguration"],
        "DeleteBucketInventoryConfiguration": ["PutInventoryConfiguration"],
        "DeleteBucketLifecycle": ["PutLifecycleConfiguration"],
        "DeleteBucketMetadataConfiguration": ["DeleteBucketMetadataTableConfiguration"],
        "DeleteBucketMetricsConfiguration": ["PutMetricsConfiguration"],
        "DeleteBucketOwnershipControls": ["PutBucketOwnershipControls"],
        "DeleteBucketReplication": ["PutReplicationConfiguration"],
        "DeleteBucketTagging": ["PutBucketTagging"],
        "DeleteObjects": ["DeleteObject"],
        "DeletePublicAccessBlock": ["PutBucketPublicAccessBlock"],
        "GetBucketAccelerateConfiguration": ["GetAccelerateConfiguration"],
        "GetBucketAnalyticsConfiguration": ["GetAnalyticsConfiguration"],
        "GetBucketCors": ["GetBucketCORS"],
        "GetBucketEncryption": ["GetEncryptionConfiguration"],
        "GetBucketIntelligentTieringConfiguration": ["GetIntelligentTieringConfiguration"],
        "GetBucketInventoryConfiguration": ["GetInventoryConfiguration"],
        "GetBucketLifecycle": ["GetLifecycleConfiguration"],
        "GetBucketLifecycleConfiguration": ["GetLifecycleConfiguration"],
        "GetBucketMetadataConfiguration": ["GetBucketMetadataTableConfiguration"],
        "GetBucketMetricsConfiguration": ["GetMetricsConfiguration"],
        "GetBucketNotificationConfiguration": ["GetBucketNotification"],
        "GetBucketReplication": ["GetReplicationConfiguration"],
        "GetObjectAttributes": ["GetObject", "GetObjectAttributes"],
        "GetObjectLockConfiguration": ["GetBucketObjectLockConfiguration"],
        "GetPublicAccessBlock": ["GetBucketPublicAccessBlock"],
        "HeadBucket": ["ListBucket"],
        "HeadObject": ["GetObject"],
        "ListBucketAnalyticsConfigurations": ["GetAnalyticsConfiguration"],
        "ListBucketIntelligentTieringConfigurations": ["GetIntelligentTieringConfiguration"],
        "ListBucketInventoryConfigurations": ["GetInventoryConfiguration"],
        "ListBucketMetricsConfigurations": ["GetMetricsConfiguration"],
        "ListBuckets": ["ListAllMyBuckets"],
        "ListDirectoryBuckets": ["s3express:ListAllMyDirectoryBuckets"],
        "ListMultipartUploads": ["ListBucketMultipartUploads"],
        "ListObjectVersions": ["ListBucketVersions"],
        "ListObjects": ["ListBucket"],
        "ListObjectsV2": ["ListBucket"],
        "ListParts": ["ListMultipartUploadParts"],
        "PostObject": ["PutObject"],
        "PutBucketAccelerateConfiguration": ["PutAccelerateConfiguration"],
        "PutBucketAnalyticsConfiguration": ["PutAnalyticsConfiguration"],
        "PutBucketCors": ["PutBucketCORS"],
        "PutBucketEncryption": ["PutEncryptionConfiguration"],
        "PutBucketIntelligentTieringConfiguration": ["PutIntelligentTieringConfiguration"],
        "PutBucketInventoryConfiguration": ["PutInventoryConfiguration"],
        "PutBucketLifecycle": ["PutLifecycleConfiguration"],
        "PutBucketLifecycleConfiguration": ["PutLifecycleConfiguration"],
        "PutBucketMetricsConfiguration": ["PutMetricsConfiguration"],
        "PutBucketNotificationConfiguration": ["PutBucketNotification"],
        "PutBucketReplication": ["PutReplicationConfiguration"],
        "PutObjectLockConfiguration": ["PutBucketObjectLockConfiguration"],
        "PutPublicAccessBlock": ["PutBucketPublicAccessBlock"],
        "SelectObjectContent": ["GetObject"],
        "UploadPart": ["PutObject"],
        "UploadPartCopy": ["GetObject", "PutObject"],
        "WriteGetObjectResponse": ["s3-object-lambda:WriteGetObjectResponse"],
    },
    "sqs": {
        "ChangeMessageVisibilityBatch": ["ChangeMessageVisibility"],
        "DeleteMessageBatch": ["DeleteMessage"],
        "SendMessageBatch": ["SendMessage"],
    },
    "sns": {"PublishBatch": ["Publish"]},
    "lambda": {
        "GetLayerVersionByArn": ["GetLayerVersion"],
        "Invoke": ["InvokeFunction"],
        "InvokeWithResponseStream": ["InvokeFunction"],
    },
    "kms": {"ReEncrypt": ["ReEncryptFrom", "ReEncryptTo"]},
}

_STATE_MACHINE = "arn:${Partition}:states:${Region}:${Account}:stateMachine:${StateMachineName}"
_TOPIC = "arn:${Partition}:sns:${Region}:${Account}:${TopicName}"
_TOPICS = "arn:${Partition}:sns:${Region}:${Account}:*"
_ARNS = {
    # IAM user guide, "Policy evaluation for requests within a single account": AllowS3ListRead.
    "s3:ListAllMyBuckets": {"bucket": "arn:${Partition}:s3:::*"},
    # The reference lists no resource; AWS's denials name the state machine that waits.
    "states:SendTaskFailure": {"statemachine": _STATE_MACHINE},
    "states:SendTaskHeartbeat": {"statemachine": _STATE_MACHINE},
    "states:SendTaskSuccess": {"statemachine": _STATE_MACHINE},
    # As in recorded denials, where the reference lists no resource either.
    "sqs:ListQueues": {"": "arn:${Partition}:sqs:${Region}:${Account}:"},
    "sns:ListTopics": {"": _TOPICS},
    "sns:ListSubscriptions": {"": _TOPICS},
    "sns:GetSubscriptionAttributes": {"topic": _TOPIC},
    "sns:SetSubscriptionAttributes": {"topic": _TOPIC},
    "sns:Unsubscribe": {"topic": _TOPIC},
    "logs:DescribeLogGroups": {"": "arn:${Partition}:logs:${Region}:${Account}:log-group::log-stream:"},
}
_ARNS |= {
    f"iam:List{noun}s": {"": f"arn:${{Partition}}:iam::${{Account}}:{kind}/"}
    for noun, kind in {
        "Role": "role",
        "User": "user",
        "Group": "group",
        "InstanceProfile": "instance-profile",
    }.items()
}  # as in recorded denials, too
_EVERYTHING = {"": "*"}


@dataclass(frozen=True, slots=True)
class Permission:
    """What an operation must be allowed.

    Parameters
    ----------
    action
        With its prefix, such as ``s3:GetObject``.
    arns
        Templates of the ARNs of what it may act on, by type of resource; ``*`` where there are no types.
    keys
        The condition keys that the reference lists for it; those that every request has are not among them.
    needs
        Further actions that AWS asks for on the way where the request passes a role or tags.
    is_listed
        Whether the reference knows the action; one that is newer is known by its name only.
    """

    action: str
    arns: Mapping[str, str]
    keys: Sequence[str] = ()
    needs: Sequence[str] = ()
    is_listed: bool = True


def permissions_of(service: str, operation: str, members: Collection[str] = ()) -> Sequence[Permission]:
    """Tell what an operation needs to be allowed; each of them.

    Parameters
    ----------
    service
        By botocore's name, such as ``stepfunctions``.
    members
        The members of the request: with VersionId, S3 asks for the action of versions.
    """
    prefix = PREFIXES.get(service, service)
    names = _EXCEPTIONS.get(prefix, {}).get(operation, (operation,))
    if prefix == "s3" and "VersionId" in members:
        names = [_of_version(name) for name in names]
    return [permission_of(name if ":" in name else f"{prefix}:{name}") for name in names]


def _of_version(name: str) -> str:
    of_version = name.replace("Object", "ObjectVersion", 1)
    return of_version if of_version in reference()["s3"]["actions"] else name


@cache
def permission_of(action: str) -> Permission:
    """Tell what the reference says of an action."""
    prefix, _, name = action.partition(":")
    service = reference().get(prefix, {"actions": {}, "resources": {}})
    found = service["actions"].get(name)
    arns = {kind: service["resources"][kind]["arn"] for kind in (found or {}).get("resources", {})}
    arns = _ARNS.get(action) or arns or _EVERYTHING
    if found is None:
        return Permission(action, arns, is_listed=False)
    return Permission(action, arns, found.get("keys", ()), found.get("needs", ()))


@cache
def reference() -> dict[str, Any]:
    """Give what the reference says of each service, by the prefix of its actions."""
    read = json.loads(Path(__file__).with_name("reference.json").read_text(encoding="utf-8"))
    services: dict[str, Any] = read["services"]
    return services
