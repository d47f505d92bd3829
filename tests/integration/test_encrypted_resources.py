"""Objects, queues and topics that are encrypted with a customer's key: who uses them needs the key, too."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.integration.raw import another
from tests.integration.wire import Cloud, refused, unique

pytestmark = pytest.mark.integration

DENIED = "is not authorized to perform: kms:{} on resource: {} because no {} policy allows the kms:{} action"


def user(cloud: Cloud) -> tuple[str, dict[str, str]]:
    """Make a user who may do everything but what is KMS's."""
    iam, name = cloud.stack.client("iam"), unique("user")
    iam.create_user(UserName=name)
    allow(cloud, name, "services", ["s3:*", "sqs:*", "sns:*"])
    return name, iam.create_access_key(UserName=name)["AccessKey"]


def allow(cloud: Cloud, name: str, policy: str, actions: list[str]) -> None:
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    cloud.stack.client("iam").put_user_policy(UserName=name, PolicyName=policy, PolicyDocument=document)


@pytest.mark.parametrize("region", ["", "moon-1"])
def test_a_topic_of_a_region_that_cannot_be_is_the_requests_fault(cloud: Cloud, region: str) -> None:
    topic = f"arn:aws:sns:{region}:000000000000:topic"
    with pytest.raises(ClientError) as raised:
        cloud.stack.client("sns").publish(TopicArn=topic, Message="x")
    assert 400 <= raised.value.response["ResponseMetadata"]["HTTPStatusCode"] < 500


def denied(action: str, key: str, kind: str = "identity-based") -> str:
    return DENIED.format(action, key, kind, action)


@pytest.fixture(scope="module")
def key(cloud: Cloud) -> str:
    return str(cloud.stack.client("kms").create_key()["KeyMetadata"]["Arn"])


def test_objects_need_their_key(cloud: Cloud, key: str) -> None:
    name, keys = user(cloud)
    s3, bucket = another(cloud, "s3", keys), unique("bucket")
    own = cloud.stack.client("s3")
    own.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    encrypted = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
    s3.put_object(Bucket=bucket, Key="plain", Body=b"x")
    s3.put_object(Bucket=bucket, Key="managed", Body=b"x", ServerSideEncryption="aws:kms")
    s3.get_object(Bucket=bucket, Key="managed")
    with refused("AccessDenied", denied("GenerateDataKey", key)):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x", **encrypted)
    allow(cloud, name, "keys", ["kms:GenerateDataKey"])
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", **encrypted)
    s3.head_object(Bucket=bucket, Key="k")
    with refused("AccessDenied", denied("Decrypt", key)):
        s3.get_object(Bucket=bucket, Key="k")
    with refused("AccessDenied", denied("Decrypt", key)):
        s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/k")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts", **encrypted)["UploadId"]
    with refused("AccessDenied", denied("Decrypt", key)):
        s3.upload_part(Bucket=bucket, Key="parts", UploadId=upload, PartNumber=1, Body=b"x")
    allow(cloud, name, "keys", ["kms:Decrypt"])
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    own.put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": default}]},
    )
    with refused("AccessDenied", denied("GenerateDataKey", key)):
        s3.put_object(Bucket=bucket, Key="plain", Body=b"x")


def test_queues_and_topics_need_their_key_and_its_policy(cloud: Cloud, key: str) -> None:
    name, keys = user(cloud)
    sqs, sns, kms = another(cloud, "sqs", keys), another(cloud, "sns", keys), cloud.stack.client("kms")
    kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=key)
    encrypted = {"KmsMasterKeyId": f"alias/{name}"}
    queue = cloud.stack.client("sqs").create_queue(QueueName=unique("queue"), Attributes=encrypted)[
        "QueueUrl"
    ]
    topic = cloud.stack.sns.create_topic(Name=unique("topic"), Attributes={"KmsMasterKeyId": key})["TopicArn"]
    with refused("KMS.AccessDeniedException", denied("GenerateDataKey", key)):
        sqs.send_message(QueueUrl=queue, MessageBody="m")
    with refused("KMSAccessDenied", denied("GenerateDataKey", key)):
        sns.publish(TopicArn=topic, Message="m")
    allow(cloud, name, "keys", ["kms:GenerateDataKey", "kms:Decrypt"])
    sqs.send_message(QueueUrl=queue, MessageBody="m")
    sns.publish(TopicArn=topic, Message="m")
    assert len(sqs.receive_message(QueueUrl=queue)["Messages"]) == 1
    nobody = {
        "Effect": "Allow",
        "Action": "kms:*",
        "Resource": "*",
        "Principal": {"Service": "s3.amazonaws.com"},
    }
    closed = json.dumps({"Version": "2012-10-17", "Statement": nobody})
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=closed)
    with refused("KMS.AccessDeniedException", denied("Decrypt", key, "resource-based")):
        sqs.receive_message(QueueUrl=queue)
