"""Actions and resources of requests: of the examples that matter, and of every operation that is served."""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.model import OperationModel

from localcloud.iam.operations import permissions_of
from localcloud.iam.requests.call import Call
from localcloud.iam.requests.pairs import NO_PERMISSION_NEEDED, pairs_of
from localcloud.iam.requests.resources import any_arn
from localcloud.sagemaker.api import SageMaker

ACCOUNT, REGION = "123456789012", "us-west-2"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/worker"
SERVICES = (
    "s3", "sqs", "sns", "lambda", "stepfunctions", "sagemaker", "sagemaker-runtime", "sagemaker-geospatial",
    "sagemaker-metrics",
    "iam", "sts", "logs", "events", "kms", "ecr",
)  # fmt: skip

WITHOUT_A_NAME = {
    # AWS asks about all of them: the reference's template holds an asterisk, or is about the list.
    "s3": {"ListBuckets"},
    "sns": {"ListSubscriptions", "ListTopics"},
    # AWS makes the name.
    # It has only a token.
    "lambda": {
        "SendDurableExecutionCallbackFailure", "SendDurableExecutionCallbackHeartbeat",
        "SendDurableExecutionCallbackSuccess",
    },
    "sagemaker": {
        "ListModelPackages",
        # AWS makes the name, or finds it: the latest version of an image, the cluster that is called so.
        "CreateArtifact", "CreateCluster", "CreateDomain", "CreateMlflowApp", "CreatePartnerApp",
        "DeleteCluster", "DescribeCluster", "UpdateCluster",
        "DeleteImageVersion", "DescribeImageVersion", "UpdateImageVersion",
    },
    "sagemaker-geospatial": {"StartEarthObservationJob", "StartVectorEnrichmentJob"},
    "iam": {
        "CreateDelegationRequest", "CreateServiceLinkedRole", "CreateVirtualMFADevice",
        # The user who asks, whom only the local cloud knows.
        "ChangePassword", "GetAccessKeyLastUsed", "GetServiceLinkedRoleDeletionStatus",
    },
    # What LocalStack does not serve: the request names it by `name` or `id`.
    "logs": {
        "CreateLogAnomalyDetector", "CreateScheduledQuery", "PutDeliveryDestination", "UpdateScheduledQuery",
        "DeleteDelivery", "DeleteDeliveryDestination", "DeleteDeliverySource",
        "DeleteScheduledQuery", "GetDelivery", "GetDeliveryDestination", "GetDeliverySource", "GetLogRecord",
        "GetQueryResults", "GetScheduledQuery", "GetScheduledQueryHistory", "UpdateDeliveryConfiguration",
    },
    "events": {
        "ActivateEventSource", "CreatePartnerEventSource", "DeactivateEventSource",
        "DeletePartnerEventSource", "DescribeEventSource", "DescribePartnerEventSource",
    },
}  # fmt: skip
"""Operations whose resource has an asterisk for a name."""


def call(service: str, operation: str, **members: object) -> Call:
    return Call(service, operation, members, ACCOUNT, REGION)


def asked(service: str, operation: str, **members: object) -> list[tuple[str, str]]:
    return [(pair.action, pair.resource) for pair in pairs_of(call(service, operation, **members))]


def arn(rest: str) -> str:
    service = rest.partition(":")[0]
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{rest.partition(':')[2]}"


@cache
def model_of(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def served(service: str) -> Iterable[str]:
    return SageMaker.OPERATIONS if service == "sagemaker" else model_of(service).operation_names


def example(shape: Any, name: str, arn_of: str, depth: int = 0) -> Any:
    """Make a value: an ARN where the member's name says that it is one."""
    if shape.type_name == "structure" and depth < 6:
        return {key: example(item, key, arn_of, depth + 1) for key, item in shape.members.items()}
    if shape.type_name == "list":
        return [example(shape.member, name, arn_of, depth + 1)]
    if shape.type_name == "string":
        if name.lower().endswith(("role", "rolearn")):
            return ROLE
        is_arn = name.lower().endswith(("arn", "arns", "modelpackagearnlist", "resourceidentifier", "number"))
        text = arn_of if is_arn or name == "Resource" else f"the-{name}"
        return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/orders" if name == "QueueUrl" else text
    return {"integer": 1, "long": 1, "boolean": False, "map": {}}.get(shape.type_name)


def requests(service: str, model: OperationModel) -> Iterator[Call]:
    """Yield requests: one for each type of resource that the operation may be about."""
    templates = [item for p in permissions_of(service, model.name) for item in p.arns.values()]
    for template in templates or ["*"]:
        arn_of = any_arn(call(service, model.name), template).replace("*", "name")
        members: Mapping[str, object] = {}
        if model.input_shape is not None:
            members = {
                key: value
                for key, value in example(model.input_shape, "", arn_of).items()
                if value is not None
            }
        yield Call(service, model.name, members, ACCOUNT, REGION)


@pytest.mark.parametrize("service", SERVICES)
def test_no_operation_that_is_served_is_without_a_rule(service: str) -> None:
    prefix = {"stepfunctions": "states"}.get(service, service)
    unnamed = set()
    for name in served(service):
        found = [pairs_of(request) for request in requests(service, model_of(service).operation_model(name))]
        if name in NO_PERMISSION_NEEDED.get(prefix, ()):
            assert found == [()] * len(found)
            continue
        assert all(found), name
        first = [pairs[0].resource for pairs in found]
        assert all(text == "*" or text.startswith("arn:aws:") for text in first), first
        assert not any("${" in text for text in first)
        if all("*" in text and text != "*" for text in first):
            unnamed.add(name)
    assert unnamed == WITHOUT_A_NAME.get(service, set())


def test_who_hands_over_a_role_needs_to_pass_it() -> None:
    job = call(
        "sagemaker",
        "CreateTrainingJob",
        TrainingJobName="j",
        RoleArn=ROLE,
        Environment={"ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/other"},
    )
    (_, passing) = pairs_of(job)
    assert (passing.action, passing.resource) == ("iam:PassRole", ROLE)
    assert passing.passed_to == "sagemaker.amazonaws.com"
    assert passing.associated == arn("sagemaker:training-job/j")


def test_who_only_names_a_role_passes_none() -> None:
    assert asked("sts", "AssumeRole", RoleArn=ROLE) == [("sts:AssumeRole", ROLE)]
    assert asked("sagemaker", "ListTrainingJobs", RoleArn=ROLE) == [("sagemaker:ListTrainingJobs", "*")]


def test_a_copy_reads_its_source() -> None:
    members = {"Bucket": "to", "Key": "k", "CopySource": "from/a%20b?versionId=3"}
    assert asked("s3", "CopyObject", **members) == [
        ("s3:GetObjectVersion", "arn:aws:s3:::from/a b"),
        ("s3:PutObject", "arn:aws:s3:::to/k"),
    ]


def test_each_object_that_is_deleted_is_asked_about() -> None:
    objects = {"Objects": [{"Key": "a"}, {"Key": "b", "VersionId": "1"}]}
    assert asked("s3", "DeleteObjects", Bucket="data", Delete=objects) == [
        ("s3:DeleteObject", "arn:aws:s3:::data/a"),
        ("s3:DeleteObjectVersion", "arn:aws:s3:::data/b"),
    ]


CASES = [
    json.loads(line)
    for line in Path(__file__).with_name("requests.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['service']} {case['operation']}")
def test_what_requests_are_about(case: dict[str, Any]) -> None:
    found = asked(case["service"], case["operation"], **case["members"])
    if "first" in case:
        assert found[0][1] == case["first"]
    else:  # an action besides, and maybe on what
        action, *resource = case["further"]
        assert (action, *resource) in [pair[: len(case["further"])] for pair in found]


def test_aliases_and_tokens_are_asked_of_who_knows_them() -> None:
    known = {
        ("kms:alias", "alias/a"): arn("kms:key/1"),
        ("states:task", "token"): arn("states:stateMachine:m"),
        ("sagemaker:callback", "abcdefghij"): arn("sagemaker:pipeline/p/execution/e"),
        ("iam:role", "worker"): ROLE,
    }

    def resource(service: str, operation: str, **members: object) -> str:
        request = Call(service, operation, members, ACCOUNT, REGION, find=lambda *what: known.get(what, ""))
        return pairs_of(request)[0].resource

    assert resource("kms", "Encrypt", KeyId="alias/a") == arn("kms:key/1")
    assert resource("stepfunctions", "SendTaskSuccess", taskToken="token") == arn("states:stateMachine:m")
    assert resource("sagemaker", "SendPipelineExecutionStepSuccess", CallbackToken="abcdefghij") == arn(
        "sagemaker:pipeline/p/execution/e"
    )
    assert resource("iam", "DeleteRole", RoleName="worker") == ROLE
