"""Which uses of KMS's keys a request needs."""

import json
from collections.abc import Mapping

import pytest

from localcloud.iam.authorization import Caller, decide
from localcloud.iam.policies import Policy, parse_policy
from localcloud.iam.requests.call import Call
from localcloud.iam.requests.keys import no_tags
from localcloud.iam.requests.pairs import Pair, pairs_of

ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
OTHER = KEY.replace("1111", "9999")
QUEUE_URL = f"http://localhost:4566/{ACCOUNT}/jobs"
QUEUE = f"arn:aws:sqs:us-west-2:{ACCOUNT}:jobs"
TOPIC = f"arn:aws:sns:us-west-2:{ACCOUNT}:news"
OBJECT = {"Bucket": "data", "Key": "a/b"}
KNOWN = {
    ("kms:object", "data/a/b?versionId="): KEY,
    ("kms:object", "data/a/b?versionId=2"): OTHER,
    ("kms:bucket", "data"): KEY,
    ("kms:upload", "data/1"): KEY,
    ("kms:key", OTHER): OTHER,
    ("kms:queue", QUEUE): KEY,
    ("kms:topic", TOPIC): KEY,
}
GENERATE, DECRYPT = "kms:GenerateDataKey", "kms:Decrypt"


def call(service: str, operation: str, members: Mapping[str, object]) -> Call:
    def find(kind: str, name: str) -> str:
        return KNOWN.get((kind, name), "")

    return Call(service, operation, members, ACCOUNT, "us-west-2", find=find)


def uses(service: str, operation: str, members: Mapping[str, object]) -> list[Pair]:
    pairs = pairs_of(call(service, operation, members))
    assert not pairs[0].action.startswith("kms:")
    return [pair for pair in pairs if pair.action.startswith("kms:")]


@pytest.mark.parametrize(
    ("operation", "members", "needed"),
    [
        ("GetObject", OBJECT, [(DECRYPT, KEY)]),
        ("GetObject", OBJECT | {"VersionId": "2"}, [(DECRYPT, OTHER)]),
        ("GetObject", OBJECT | {"Key": "plain"}, []),
        ("HeadObject", OBJECT, []),
        ("HeadObject", OBJECT | {"ChecksumMode": "ENABLED"}, [(GENERATE, KEY), (DECRYPT, KEY)]),
        ("PutObject", OBJECT, [(GENERATE, KEY)]),
        ("PutObject", OBJECT | {"ServerSideEncryption": "AES256"}, []),
        ("PutObject", OBJECT | {"SSECustomerAlgorithm": "AES256"}, []),
        ("PutObject", OBJECT | {"ServerSideEncryption": "aws:kms"}, [(GENERATE, KEY)]),
        (
            "PutObject",
            OBJECT | {"ServerSideEncryption": "aws:kms:dsse", "SSEKMSKeyId": OTHER},
            [(GENERATE, OTHER)],
        ),
        ("PutObject", {"Bucket": "other", "Key": "k", "ServerSideEncryption": "aws:kms"}, []),
        (
            "CopyObject",
            OBJECT | {"CopySource": "data/a/b?versionId=2"},
            [(DECRYPT, OTHER), (GENERATE, KEY)],
        ),
        ("CreateMultipartUpload", OBJECT, [(GENERATE, KEY)]),
        ("UploadPart", OBJECT | {"UploadId": "1"}, [(DECRYPT, KEY)]),
        ("ListParts", OBJECT | {"UploadId": "1"}, [(DECRYPT, KEY)]),
        ("CompleteMultipartUpload", OBJECT | {"UploadId": "1"}, []),
        ("CompleteMultipartUpload", OBJECT | {"UploadId": "1", "ChecksumSHA256": "x"}, [(DECRYPT, KEY)]),
        ("DeleteObject", OBJECT, []),
        ("ListObjectsV2", {"Bucket": "data"}, []),
    ],
)
def test_objects_need_the_key_that_encrypts_them(
    operation: str, members: Mapping[str, object], needed: list[tuple[str, str]]
) -> None:
    found = uses("s3", operation, members)
    assert [(pair.action, pair.resource) for pair in found] == needed
    assert {pair.via for pair in found} <= {"s3.us-west-2.amazonaws.com"}


@pytest.mark.parametrize(
    ("service", "operation", "members", "actions", "context"),
    [
        ("sqs", "SendMessage", {"QueueUrl": QUEUE_URL}, [GENERATE, DECRYPT], ("aws:sqs:arn", QUEUE)),
        ("sqs", "SendMessageBatch", {"QueueUrl": QUEUE_URL}, [GENERATE, DECRYPT], ("aws:sqs:arn", QUEUE)),
        ("sqs", "ReceiveMessage", {"QueueUrl": QUEUE_URL}, [DECRYPT], ("aws:sqs:arn", QUEUE)),
        ("sqs", "DeleteMessage", {"QueueUrl": QUEUE_URL}, [], None),
        ("sqs", "SendMessage", {"QueueUrl": f"{QUEUE_URL}2"}, [], None),
        ("sns", "Publish", {"TopicArn": TOPIC}, [GENERATE, DECRYPT], ("aws:sns:topicArn", TOPIC)),
    ],
)
def test_messages_need_the_key_of_their_queue_or_topic(
    service: str, operation: str, members: Mapping[str, object], actions: list[str], context: object
) -> None:
    found = uses(service, operation, members)
    assert [pair.action for pair in found] == actions
    assert {pair.encryption_context for pair in found} <= {context}


class KeyOnly:
    """Nothing but a key, whose policy lets the account decide."""

    def policy(self, _arn: str) -> Policy | None:
        principal = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        return policy(Principal=principal)

    def owner(self, _arn: str) -> str:
        return ACCOUNT

    tags = staticmethod(no_tags)


def policy(**members: object) -> Policy:
    statement = {"Effect": "Allow", "Action": "kms:*", "Resource": "*", **members}
    return parse_policy("own", "", json.dumps({"Version": "2012-10-17", "Statement": statement}))


@pytest.mark.parametrize(
    ("condition", "is_allowed"),
    [
        ({}, True),
        ({"StringEquals": {"kms:ViaService": "s3.us-west-2.amazonaws.com"}}, True),
        ({"StringEquals": {"kms:ViaService": "sqs.us-west-2.amazonaws.com"}}, False),
        ({"StringLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::data/*"}}, True),
        ({"StringLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::other/*"}}, False),
        ({"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["aws:s3:arn"]}}, True),
        ({"Bool": {"aws:ViaAWSService": "true"}}, True),
        ({"Bool": {"aws:ViaAWSService": "false"}}, False),
    ],
)
def test_conditions_know_the_service_that_asks_and_the_encryption_context(
    condition: dict[str, object], is_allowed: object
) -> None:
    asked = call("s3", "GetObject", OBJECT)
    ann = f"arn:aws:iam::{ACCOUNT}:user/ann"
    (pair,) = uses("s3", "GetObject", OBJECT)
    caller = Caller(ann, ann, identity=(policy(Condition=condition),))
    known = {"aws:viaawsservice": ["false"]}
    assert decide(caller, asked, pair, known, KeyOnly()).is_allowed is is_allowed
