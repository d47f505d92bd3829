"""Requests that no SDK would send: refused as AWS does; 500 stands for faults of the cloud alone."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.raw_requests import SERVICES, Answer, Raw, known, newest, requests_to, send
from tests.integration.wire import ROLE, Cloud, launched, package, unique

pytestmark = pytest.mark.integration

JSON = "application/x-amz-json-1.0"
FORM = "application/x-www-form-urlencoded"
DEEP = '{"a":' * 100_000 + "1" + "}" * 100_000


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud where there is something to find, under names that the requests have."""
    with launched(tmp_path_factory.mktemp("requests")) as (_, cloud):
        for name in ("plausible", "xxxxxxxxxxxx"):
            cloud.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
            for key in ("plausible", "xxxxxxxxxxxx"):
                cloud.s3.put_object(Bucket=name, Key=key, Body=b"x")
        cloud.functions.create_function(
            FunctionName="plausible",
            Runtime="python3.12",
            Role=ROLE,
            Handler="index.handler",
            Code={"ZipFile": package("def handler(event, context): return event")},
        )
        yield cloud


def _log(cloud: Cloud) -> str:
    return (cloud.folder / "log").read_text(encoding="utf-8", errors="replace")


@pytest.mark.parametrize("service", SERVICES)
def test_no_request_to_any_operation_is_answered_as_a_fault(own: Cloud, service: str) -> None:
    before = len(_log(own))
    faults, misunderstood = [], []
    for name in newest(service).operation_names:
        for kind, raw in requests_to(service, newest(service).operation_model(name)):
            answer = send(own, raw)
            if answer.status >= 500 and answer.status != 501:
                faults.append((name, kind, answer))
            if name not in known(service) and not _is_unknown(answer, raw):
                misunderstood.append((name, kind, answer))
    assert faults == []
    assert misunderstood == []
    written = _log(own)[before:]
    assert "ERROR" not in written
    assert "Traceback" not in written


def _is_unknown(answer: Answer, raw: Raw) -> bool:
    codes = {"UnknownOperationException", "InvalidAction", "NotImplemented"}
    return answer.status == 501 and (raw.method == "HEAD" or answer.code in codes)


@pytest.mark.parametrize("service", ["sqs", "kms", "logs", "events", "stepfunctions", "ecr", "sagemaker"])
@pytest.mark.parametrize(
    "body",
    ["{", "[]", '"x"', "3", b'{"a":"\xff\xfe"}', DEEP],
    ids=["cut", "list", "text", "number", "latin", "deep"],
)
def test_a_body_that_is_no_such_json_is_a_serialization_exception(
    own: Cloud, service: str, body: str | bytes
) -> None:
    answer = send(own, Raw(service, headers=_target(service, newest(service).operation_names[0]), body=body))
    assert (answer.status, answer.code) == (400, "SerializationException")
    assert answer.headers["x-amzn-errortype"] == "SerializationException"


def _target(service: str, operation: str, content_type: str = JSON) -> dict[str, str]:
    prefix = newest(service).metadata["targetPrefix"]
    return {"X-Amz-Target": f"{prefix}.{operation}", "Content-Type": content_type}


@pytest.mark.parametrize(
    ("service", "operation", "body"),
    [
        ("sqs", "ListQueues", '{"MaxResults": "1"}'),
        ("sqs", "CreateQueue", '{"QueueName": "x", "Attributes": {"DelaySeconds": 3}}'),
        ("sqs", "CreateQueue", '{"QueueName": "x", "tags": {"a": null}}'),
        ("sqs", "GetQueueAttributes", '{"QueueUrl": "http://x/0/x", "AttributeNames": [null]}'),
        ("stepfunctions", "ListStateMachines", '{"maxResults": 1.5}'),
        ("stepfunctions", "ListStateMachines", '{"maxResults": 2147483648}'),
        ("stepfunctions", "StopExecution", '{"executionArn": ["x"]}'),
        ("logs", "PutLogEvents", '{"logGroupName": "x", "logStreamName": "x", "logEvents": {}}'),
        ("sagemaker", "ListPipelines", '{"MaxResults": true}'),
    ],
)
def test_a_value_of_another_type_is_a_serialization_exception(
    own: Cloud, service: str, operation: str, body: str
) -> None:
    answer = send(own, Raw(service, headers=_target(service, operation), body=body))
    assert (answer.status, answer.code) == (400, "SerializationException")


def test_a_value_of_another_type_in_a_path_a_query_or_a_form_is_refused(own: Cloud) -> None:
    answers = {
        send(own, raw).code
        for raw in (
            Raw("lambda", "GET", "/2015-03-31/functions/?MaxItems=x"),
            Raw("lambda", "GET", "/2018-10-31/layers/name/versions/x"),
        )
    }
    assert answers == {"SerializationException"}
    assert send(own, Raw("s3", "GET", "/plausible?max-keys=abc")).code == "InvalidArgument"
    assert send(own, Raw("s3", "PUT", "/plausible?versioning", body="<VersioningConf")).code == "MalformedXML"
    asked = "Action=AssumeRole&RoleArn=x&RoleSessionName=y&DurationSeconds=x"
    assert send(own, Raw("sts", headers={"Content-Type": FORM}, body=asked)).code == "MalformedInput"


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (Raw("sts", headers={"Content-Type": FORM}, body="Action=NoSuchThing"), 501, "InvalidAction"),
        (Raw("sns", headers={"Content-Type": FORM}, body="Action=NoSuchThing"), 501, "InvalidAction"),
        (Raw("sqs", headers={"Content-Type": FORM}, body="Action=NoSuchThing"), 501, "InvalidAction"),
        (Raw("iam", headers={"Content-Type": FORM}), 400, "MissingAction"),
        (Raw("events", headers={"Content-Type": JSON}, body="{}"), 400, "UnknownOperationException"),
        (Raw("events", headers=_target("events", "NoSuchThing")), 501, "UnknownOperationException"),
        (Raw("lambda", "POST", "/no/such/path", body="{}"), 501, "UnknownOperationException"),
        (Raw("s3", "PATCH", "/plausible/plausible"), 501, "NotImplemented"),
        (Raw("s3", "DELETE", "/plausible/plausible?noSuchThing"), 501, "NotImplemented"),
    ],
    ids=lambda value: f"{value.service} {value.method} {value.path}" if isinstance(value, Raw) else None,
)
def test_what_the_model_does_not_know_is_said_to_be_unknown(
    own: Cloud, raw: Raw, status: int, code: str
) -> None:
    answer = send(own, raw)
    assert (answer.status, answer.code) == (status, code)


def test_an_unknown_operation_on_an_object_leaves_it_alone(own: Cloud) -> None:
    key = unique("key")
    own.s3.put_object(Bucket="plausible", Key=key, Body=b"mine")
    for method, body in (("DELETE", ""), ("PUT", "other")):
        assert send(own, Raw("s3", method, f"/plausible/{key}?annotation", body=body)).status == 501
    assert own.s3.get_object(Bucket="plausible", Key=key)["Body"].read() == b"mine"


@pytest.mark.parametrize("content_type", [JSON, FORM, "text/plain", "", "application/x-amz-json-9.9"])
def test_a_json_request_is_understood_whatever_it_calls_itself(own: Cloud, content_type: str) -> None:
    answer = send(own, Raw("sqs", headers=_target("sqs", "ListQueues", content_type), body="{}"))
    assert answer.status == 200


def test_an_operation_that_is_not_offered_says_so(own: Cloud) -> None:
    answer = send(
        own, Raw("events", headers=_target("events", "CreatePartnerEventSource"), body='{"Name": "x"}')
    )
    assert answer.status == 501
    assert "does not offer events CreatePartnerEventSource" in answer.text


def test_a_service_that_is_not_offered_says_so_and_names_those_that_are(own: Cloud) -> None:
    form = {"Content-Type": FORM}
    for raw in (
        Raw("ec2", headers=form, body="Action=DescribeInstances&Version=2016-11-15"),
        Raw("dynamodb", headers={"X-Amz-Target": "DynamoDB_20120810.ListTables", **form}, body="{}"),
        Raw("athena", headers={"X-Amz-Target": "AmazonAthena.ListDataCatalogs", **form}, body="{}"),
    ):
        answer = send(own, raw)
        assert (answer.status, answer.code) == (501, "InternalFailure")
        assert f"does not offer {raw.service}. It offers cloudwatch, ecr, events" in answer.text


def test_keys_are_made_without_arguments(own: Cloud) -> None:
    """The provider fails on Python 3.11."""
    assert send(own, Raw("kms", headers=_target("kms", "CreateKey"), body="{}")).status == 200


def test_a_layer_whose_versions_are_deleted_does_not_stop_the_list(own: Cloud) -> None:
    layer = own.functions.publish_layer_version(LayerName="gone", Content={"ZipFile": package("")})
    own.functions.delete_layer_version(LayerName="gone", VersionNumber=layer["Version"])
    assert "gone" not in {seen["LayerName"] for seen in own.functions.list_layers()["Layers"]}
    again = own.functions.publish_layer_version(LayerName="gone", Content={"ZipFile": package("")})
    assert again["Version"] == layer["Version"] + 1


def test_a_fault_of_the_cloud_is_500_and_told_once(tmp_path: Path) -> None:
    with launched(tmp_path) as (_, cloud):
        bucket = cloud.bucket()
        folder = next((cloud.folder / "state").rglob("saved/objects"))
        shutil.rmtree(folder)
        folder.touch()  # nothing can be written below it any more
        statuses = {
            send(cloud, Raw("s3", "PUT", f"/{bucket}/key", body=bytes(3 * 2**20))).status for _ in range(3)
        }
        assert statuses == {500}
        assert _log(cloud).count("s3 PutObject failed") == 1
        assert "Traceback" in _log(cloud)
