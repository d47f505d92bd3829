"""Requests decided: keys of the request, policies of resources, accounts, roles; and the record."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from localcloud.iam.authorization import (
    IAM_POLICY,
    RESOURCE_POLICY,
    Caller,
    Outcome,
    as_user,
    decide,
    read_policy,
)
from localcloud.iam.denials import denial_of
from localcloud.iam.policies import Policy
from localcloud.iam.principals import principal_context
from localcloud.iam.record import Record
from localcloud.iam.requests.call import Call
from localcloud.iam.requests.keys import known_of
from localcloud.iam.requests.pairs import Pair, pairs_of

ACCOUNT, REGION = "123456789012", "us-west-2"
ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def policy(kind: str = IAM_POLICY, **statement: object) -> Policy:
    text = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", **statement}})
    found = read_policy("p", kind, text)
    assert found is not None
    return found


class Known:
    """Resources with these policies, owners and tags."""

    def __init__(
        self,
        policies: Mapping[str, Policy] | None = None,
        owners: Mapping[str, str] | None = None,
        tags: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self._policies, self._owners, self._tags = policies or {}, owners or {}, tags or {}

    def policy(self, arn: str) -> Policy | None:
        return self._policies.get(arn)

    def owner(self, arn: str) -> str:
        return self._owners.get(arn, "")

    def tags(self, arn: str) -> Mapping[str, str]:
        return self._tags.get(arn, {})


def ann(*policies: Policy) -> Caller:
    return Caller(ANN, ANN, identity=policies, keys=principal_context(ANN))


def outcomes(caller: Caller, call: Call, resources: Known | None = None) -> list[Outcome]:
    known = known_of(call, NOW)
    return [decide(caller, call, pair, known, resources or Known()) for pair in pairs_of(call)]


def call(service: str, operation: str, **members: object) -> Call:
    return Call(service, operation, members, ACCOUNT, REGION)


def is_allowed(condition: object, request: Call, resources: Known | None = None) -> bool:
    """Tell whether the first pair is allowed under a condition."""
    allowing = policy(Action="*", Resource="*", Condition=condition)
    return outcomes(ann(allowing), request, resources)[0].is_allowed


TAGS = [{"Key": "Team", "Value": "geo"}]
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"
SEND = call("sqs", "SendMessage", QueueUrl=f"http://localhost/{ACCOUNT}/q")


@pytest.mark.parametrize(
    ("condition", "request_"),
    [
        ({"StringLike": {"s3:prefix": "in/*"}}, call("s3", "ListObjectsV2", Bucket="b", Prefix="in/1")),
        ({"NumericLessThan": {"s3:max-keys": "11"}}, call("s3", "ListObjects", Bucket="b", MaxKeys=10)),
        ({"StringEquals": {"aws:RequestTag/team": "geo"}}, call("sagemaker", "CreateModel", Tags=TAGS)),
        ({"StringEquals": {"aws:RequestTag/team": "geo"}}, call("sqs", "CreateQueue", tags={"Team": "geo"})),
        (
            {"ForAllValues:StringEquals": {"aws:TagKeys": ["Team"]}, "Null": {"aws:TagKeys": "false"}},
            call("kms", "CreateKey", Tags=[{"TagKey": "Team", "TagValue": "geo"}]),
        ),
        (
            {"ForAllValues:StringLike": {"sagemaker:InstanceTypes": ["ml.m5.*"]}},
            call("sagemaker", "CreateTrainingJob", ResourceConfig={"InstanceType": "ml.m5.large"}),
        ),
        ({"Bool": {"aws:SecureTransport": "true"}}, SEND),
        ({"StringEquals": {"aws:RequestedRegion": REGION, "aws:ResourceAccount": ACCOUNT}}, SEND),
        ({"DateLessThan": {"aws:CurrentTime": "2026-11-28T00:00:00Z"}}, SEND),
        ({"StringEquals": {"aws:username": "ann"}}, SEND),
        (
            {"StringEquals": {"kms:EncryptionContext:purpose": "test"}},
            call("kms", "Encrypt", KeyId="k", EncryptionContext={"purpose": "test"}),
        ),
        ({"StringEquals": {"sts:ExternalId": "x"}}, call("sts", "AssumeRole", RoleArn="r", ExternalId="x")),
        (
            {"StringEquals": {"states:StateMachineQualifier": "live"}},
            call(
                "stepfunctions",
                "StartExecution",
                stateMachineArn=f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:m:live",
            ),
        ),
        (
            {"StringEquals": {"events:source": "shop"}},
            call("events", "PutEvents", Entries=[{"Source": "shop"}]),
        ),
    ],
)
def test_condition_keys_come_from_the_request(condition: Mapping[str, object], request_: Call) -> None:
    # Of KMS the key's own policy has to allow, too; and of roles their trust policies.
    anybody = policy(RESOURCE_POLICY, Action="*", Principal="*")
    resources = Known({pair.resource: anybody for pair in pairs_of(request_)})
    own = policy(Action="*", Resource="*", Condition=condition)
    denying = policy(Effect="Deny", Action="*", Resource="*", Condition=condition)
    assert outcomes(ann(own), request_, resources)[0].is_allowed
    assert not outcomes(ann(own, denying), request_, resources)[0].is_allowed


def test_condition_keys_that_the_request_lacks_are_told() -> None:
    own = policy(Action="*", Resource="*", Condition={"StringLike": {"s3:prefix": "in/*"}})
    (found,) = outcomes(ann(own), call("s3", "HeadBucket", Bucket="b"))
    assert not found.is_allowed
    assert found.verdict.missing == ("s3:prefix",)


def test_tags_of_the_resource() -> None:
    condition = {"StringEquals": {"aws:ResourceTag/team": "geo"}}
    assert is_allowed(condition, SEND, Known(tags={QUEUE: {"Team": "geo"}}))
    assert not is_allowed(condition, SEND)


def test_the_policy_of_a_model_package_group_decides_of_its_packages() -> None:
    packages = f"arn:aws:sagemaker:{REGION}:210987654321:model-package/g"
    group = packages.replace("model-package/", "model-package-group/")
    own = policy(Action="sagemaker:*", Resource="*")
    theirs = policy(
        RESOURCE_POLICY,
        Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        Action=["sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages"],
        Resource=f"{packages}/*",
    )
    known = Known({f"{packages}/1": theirs, f"{packages}/*": theirs, group: theirs})
    describe = call("sagemaker", "DescribeModelPackage", ModelPackageName=f"{packages}/1")
    for request in (describe, call("sagemaker", "ListModelPackages", ModelPackageGroupName=group)):
        assert outcomes(ann(own), request, known)[0].is_allowed
        assert not outcomes(ann(own), request)[0].is_allowed
        assert not outcomes(ann(), request, known)[0].is_allowed
    update = call("sagemaker", "UpdateModelPackage", ModelPackageArn=f"{packages}/1")
    assert not outcomes(ann(own), update, known)[0].is_allowed


def test_a_role_is_passed_to_a_service_and_for_a_resource() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/worker"
    job = call("sagemaker", "CreateTrainingJob", TrainingJobName="j", RoleArn=role)
    creating = policy(Action="sagemaker:*", Resource="*")

    def passes(condition: object) -> bool:
        own = policy(Action="iam:PassRole", Resource=role, Condition=condition)
        return all(found.is_allowed for found in outcomes(ann(creating, own), job))

    assert passes({"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}})
    assert passes({"ArnLike": {"iam:AssociatedResourceArn": "arn:aws:sagemaker:*:*:training-job/*"}})
    assert not passes({"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}})
    assert [found.is_allowed for found in outcomes(ann(creating), job)] == [True, False]


def test_the_policy_of_a_resource_allows_services_and_denies_root() -> None:
    rule = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/r"
    sending = policy(
        RESOURCE_POLICY,
        Action="sqs:SendMessage",
        Principal={"Service": "events.amazonaws.com"},
        Condition={"ArnEquals": {"aws:SourceArn": rule}},
    )

    def sent(source: str) -> bool:
        keys = {**principal_context("events.amazonaws.com"), "aws:sourcearn": [source]}
        service = Caller("events.amazonaws.com", "events.amazonaws.com", keys=keys)
        return outcomes(service, SEND, Known({QUEUE: sending}))[0].is_allowed

    assert sent(rule)
    assert not sent(rule + "2")
    root = Caller(f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:iam::{ACCOUNT}:root")
    denying = policy(RESOURCE_POLICY, Effect="Deny", Action="*", Principal="*")
    assert outcomes(root, SEND)[0].is_allowed
    assert not outcomes(root, SEND, Known({QUEUE: denying}))[0].is_allowed


def test_both_accounts_must_allow() -> None:
    reading = call("s3", "GetObject", Bucket="theirs", Key="k")
    owners = {"arn:aws:s3:::theirs/k": "210987654321"}
    own = policy(Action="s3:*", Resource="*")
    theirs = policy(RESOURCE_POLICY, Action="s3:GetObject", Principal={"AWS": ANN})
    assert not outcomes(ann(own), reading, Known(owners=owners))[0].is_allowed
    both = Known({"arn:aws:s3:::theirs/k": theirs}, owners)
    assert outcomes(ann(own), reading, both)[0].is_allowed
    assert not outcomes(ann(), reading, both)[0].is_allowed


def test_a_role_is_assumed_by_whom_it_trusts_also_by_the_deployer() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/worker"
    assuming = call("sts", "AssumeRole", RoleArn=role, RoleSessionName="session")
    root = Caller(f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:iam::{ACCOUNT}:root")
    deployer = as_user(root, policy(Action="*", Resource="*"))

    def is_trusted(principal: object) -> bool:
        trust = policy(RESOURCE_POLICY, Action="sts:AssumeRole", Principal=principal)
        return outcomes(deployer, assuming, Known({role: trust}))[0].is_allowed

    assert is_trusted({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    assert not is_trusted({"Service": "lambda.amazonaws.com"})
    (without_trust,) = outcomes(deployer, assuming)
    assert "because no role trust policy allows the sts:AssumeRole action" in without_trust.reason


def test_a_trust_policy_is_about_assuming_alone() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/worker"
    trust = policy(RESOURCE_POLICY, Action="*", Principal={"AWS": ANN})
    assert not outcomes(ann(), call("iam", "DeleteRole", RoleName="worker"), Known({role: trust}))[
        0
    ].is_allowed


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        '{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Odd": {"a": "b"}}}}',
    ],
)
def test_a_text_that_is_no_policy_counts_as_none_and_is_told(
    text: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert read_policy("broken", IAM_POLICY, text) is None
    assert "the policy 'broken' counts as none" in caplog.text


@pytest.mark.parametrize("end", ["", ":*"])
def test_a_log_group_is_named_with_or_without_an_asterisk_where_it_is_made(end: str) -> None:
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:g"
    making = call("logs", "CreateLogGroup", logGroupName="g")
    own, denying = (
        policy(Effect=effect, Action="logs:*", Resource=f"{group}{end}") for effect in ("Allow", "Deny")
    )
    everything = policy(Action="*", Resource="*")
    assert outcomes(ann(own), making)[0].is_allowed
    assert outcomes(ann(), making)[0].asked.resource == group
    (denied,) = outcomes(ann(everything, denying), making)
    assert f"on resource: {group} with an explicit deny" in denied.reason


def test_sns_writes_its_actions_in_capitals() -> None:
    (found,) = outcomes(ann(), call("sns", "Publish", TopicArn=f"arn:aws:sns:{REGION}:{ACCOUNT}:news"))
    assert found.asked.action == "sns:Publish"
    assert found.reason == (
        f"User: {ANN} is not authorized to perform: SNS:Publish on resource: "
        f"arn:aws:sns:{REGION}:{ACCOUNT}:news because no identity-based policy allows the SNS:Publish action"
    )


@pytest.mark.parametrize(
    ("prefix", "protocol", "code", "status"),
    [
        ("sqs kms", "json", "KMS.AccessDeniedException", 400),
        ("sns kms", "query", "KMSAccessDenied", 400),
        ("s3 kms", "rest-xml", "AccessDenied", 403),
        ("s3", "rest-xml", "AccessDenied", 403),
        ("sqs", "json", "AccessDenied", 403),
        ("sqs", "query", "AccessDenied", 403),
        ("sns", "query", "AuthorizationError", 403),
        ("iam", "query", "AccessDenied", 403),
        ("sts", "query", "AccessDenied", 403),
        ("lambda", "rest-json", "AccessDeniedException", 403),
        ("sagemaker", "json", "AccessDeniedException", 400),
        ("states", "json", "AccessDeniedException", 400),
        ("logs", "smithy-rpc-v2-cbor", "AccessDeniedException", 400),
    ],
)
def test_each_service_has_its_code_and_status(prefix: str, protocol: str, code: str, status: int) -> None:
    service, _, of_keys = prefix.partition(" ")
    denial = denial_of(service, protocol, f"{of_keys or service}:Decrypt", "no")
    assert (denial.code, denial.status, denial.message) == (code, status, "no")


def test_the_record_counts_and_tells_why() -> None:
    record = Record()
    for moment in (1.0, 2.0):
        for found in outcomes(ann(policy(Sid="Own", Action="sqs:*", Resource="*")), SEND):
            record.add(ann(), found, moment, "sqs:SendMessage")
    for found in outcomes(ann(), SEND):
        record.add(ann(), found, 3.0, "sqs:SendMessage")
    record.add_unasked("localstack", "s3:ListBuckets")
    told = json.loads(json.dumps(record.described()))
    allowed, denied = told["decisions"]
    assert (allowed["count"], allowed["first"], allowed["last"]) == (2, 1.0, 2.0)
    assert allowed["statements"] == [
        {"policy": "p", "type": "identity-based policy", "index": 0, "sid": "Own"}
    ]
    assert (denied["decision"], denied["principal"], denied["resource"]) == ("implicitDeny", ANN, QUEUE)
    assert [(item["time"], item["operation"]) for item in told["denials"]] == [(3.0, "sqs:SendMessage")]
    assert told["not_asked"] == [{"by": "localstack", "operation": "s3:ListBuckets", "count": 1}]


def test_the_record_drops_what_was_not_repeated_for_longest() -> None:
    record = Record(most=2)

    def add(bucket: str) -> None:
        request = call("s3", "HeadBucket", Bucket=bucket)
        pair = Pair("s3:ListBucket", f"arn:aws:s3:::{bucket}")
        record.add(ann(), decide(ann(), request, pair, known_of(request, NOW), Known()), 1.0)

    for bucket in ("a", "b", "a", "c"):
        add(bucket)
    told = record.described()
    decisions = told["decisions"]
    assert isinstance(decisions, list)
    assert [row["resource"] for row in decisions] == ["arn:aws:s3:::a", "arn:aws:s3:::c"]
    assert told["dropped"] == 1
