"""IAM enforced on the wire: who may do what, how each service says no, and what is recorded of it."""

import json
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.iam.operations import permissions_of
from tests.integration.raw import another, raw, signed
from tests.integration.signing import signed_headers
from tests.integration.stack import CLOUD_PYTHON, Keys, local_cloud
from tests.integration.wire import Cloud, refused, unique

pytestmark = pytest.mark.integration

ACCOUNT, REGION = "000000000000", "us-west-2"
Document = dict[str, Any]


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    folder = tmp_path_factory.mktemp("strict")
    with local_cloud(folder, "--iam", "enforce") as port:
        yield Cloud(folder, port)


def allow(action: object, resource: object = "*", **more: object) -> Document:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def document(*statements: Document) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [*statements]})


def user(cloud: Cloud, *statements: Document) -> Keys:
    """Make a user with these permissions; give its key."""
    iam, name = cloud.stack.client("iam"), unique("user")
    iam.create_user(UserName=name)
    if statements:
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Keys(key["AccessKeyId"], key["SecretAccessKey"])


def role(cloud: Cloud, *statements: Document, trust: object = None, **more: object) -> str:
    """Make a role that the account may assume; give its ARN."""
    iam, name = cloud.stack.client("iam"), unique("role")
    trusted = {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"]}
    trusted["Principal"] = trust or {"AWS": ACCOUNT}  # type: ignore[assignment]
    arn = iam.create_role(RoleName=name, Path="/team/", AssumeRolePolicyDocument=document(trusted), **more)[
        "Role"
    ]["Arn"]
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(*statements))
    return str(arn)


def session(cloud: Cloud, role_arn: str, **more: object) -> Document:
    sts = cloud.stack.client("sts")
    opened = sts.assume_role(RoleArn=role_arn, RoleSessionName="session", **more)
    return dict(opened["Credentials"])


def recorded(cloud: Cloud) -> Document:
    target = "/_sagestep/permissions"
    answer = raw(cloud, "GET", target, **signed(cloud, "GET", target))
    assert answer.status == 200
    return dict(json.loads(answer.text))


DENIALS = [
    json.loads(line) for line in Path(__file__).with_name("denials.jsonl").read_text("utf-8").splitlines()
]


def test_each_service_denies_in_its_own_way(strict: Cloud) -> None:
    keys = user(strict)
    arn = another(strict, "sts", keys).get_caller_identity()["Arn"]  # needs no permission
    for case in DENIALS:
        with pytest.raises(ClientError) as raised:
            getattr(another(strict, case["service"], keys), case["operation"])(**case["members"])
        answer = raised.value.response
        found = answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]
        assert found == (case["code"], case["status"]), case
        if action := case["action"]:  # none in the answer to a HEAD
            assert answer["Error"]["Message"] == (
                f"User: {arn} is not authorized to perform: {action} on resource: {case['resource']} "
                f"because no identity-based policy allows the {action} action"
            )


def test_what_is_allowed_is_served_and_no_more(strict: Cloud) -> None:
    bucket = strict.bucket()
    s3 = strict.stack.client("s3")
    for key in ("in/a.csv", "out/b.csv"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    arn = f"arn:aws:s3:::{bucket}"
    listing = allow("s3:ListBucket", arn, Condition={"StringLike": {"s3:prefix": "in/*"}})
    mine = another(strict, "s3", user(strict, allow("s3:GetObject", f"{arn}/in/*"), listing))
    assert mine.get_object(Bucket=bucket, Key="in/a.csv")["Body"].read() == b"x"
    assert mine.list_objects_v2(Bucket=bucket, Prefix="in/")["KeyCount"] == 1
    with refused("AccessDenied", "s3:GetObject"):
        mine.get_object(Bucket=bucket, Key="out/b.csv")
    with refused("AccessDenied", "s3:ListBucket"):
        mine.list_objects_v2(Bucket=bucket)
    with refused("403"):  # no prefix, so the condition is false
        mine.head_bucket(Bucket=bucket)
    # Nobody learns that an object is missing who may not list the bucket.
    with refused("AccessDenied", "s3:ListBucket"):
        mine.get_object(Bucket=bucket, Key="in/none")
    seeing = another(strict, "s3", user(strict, allow("s3:GetObject"), allow("s3:ListBucket")))
    with refused("NoSuchKey"):
        seeing.get_object(Bucket=bucket, Key="in/none")


def test_a_presigned_address_is_used_in_the_name_of_who_signed_it(strict: Cloud) -> None:
    bucket = strict.bucket()
    strict.stack.client("s3").put_object(Bucket=bucket, Key="k", Body=b"x")
    statuses = []
    for statements in ([], [allow("s3:GetObject", f"arn:aws:s3:::{bucket}/k")]):
        for version in ("s3v4", "s3"):
            client = another(strict, "s3", user(strict, *statements), signature_version=version)
            address = client.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "k"})
            statuses.append(raw(strict, "GET", address.partition(f":{strict.port}")[2]).status)
    assert statuses == [403, 403, 200, 200]


def test_objects_that_may_not_be_deleted_are_told_one_by_one(strict: Cloud) -> None:
    bucket = strict.bucket()
    for key in ("a", "b"):
        strict.stack.client("s3").put_object(Bucket=bucket, Key=key, Body=b"x")
    mine = another(strict, "s3", user(strict, allow("s3:DeleteObject", f"arn:aws:s3:::{bucket}/a")))
    answer = mine.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a"}, {"Key": "b"}]})
    assert [item["Key"] for item in answer["Deleted"]] == ["a"]
    assert [(item["Key"], item["Code"]) for item in answer["Errors"]] == [("b", "AccessDenied")]
    left = strict.stack.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert [item["Key"] for item in left] == ["b"]


def test_a_copy_needs_to_read_its_source(strict: Cloud) -> None:
    source, target = strict.bucket(), strict.bucket()
    strict.stack.client("s3").put_object(Bucket=source, Key="k", Body=b"x")
    writing = allow("s3:PutObject", f"arn:aws:s3:::{target}/*")
    copy = {"Bucket": target, "Key": "k", "CopySource": {"Bucket": source, "Key": "k"}}
    with refused("AccessDenied", "s3:GetObject", source):
        another(strict, "s3", user(strict, writing)).copy_object(**copy)
    reading = allow("s3:GetObject", f"arn:aws:s3:::{source}/k")
    another(strict, "s3", user(strict, writing, reading)).copy_object(**copy)


def test_groups_managed_policies_and_denials_count(strict: Cloud) -> None:
    iam, keys, group = strict.stack.client("iam"), user(strict), unique("group")
    own = another(strict, "sts", keys).get_caller_identity()["Arn"]
    name = own.rpartition("/")[2]
    sqs = another(strict, "sqs", keys)
    iam.create_group(GroupName=group)
    iam.add_user_to_group(GroupName=group, UserName=name)
    made = iam.create_policy(PolicyName=unique("p"), PolicyDocument=document(allow("sqs:ListQueues")))
    arn = made["Policy"]["Arn"]
    iam.attach_group_policy(GroupName=group, PolicyArn=arn)
    sqs.list_queues()
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(allow("sns:*")), SetAsDefault=True)
    with refused("AccessDenied", "no identity-based policy"):
        sqs.list_queues()
    told = iam.simulate_principal_policy(PolicySourceArn=own, ActionNames=["sqs:ListQueues"])
    assert told["EvaluationResults"][0]["EvalDecision"] == "implicitDeny"
    denial = document({**allow("sqs:*"), "Effect": "Deny"})
    iam.put_user_policy(UserName=name, PolicyName="no", PolicyDocument=denial)
    with refused("AccessDenied", "with an explicit deny in an identity-based policy"):
        sqs.list_queues()


def test_sessions_have_the_permissions_of_their_role_and_no_more_than_their_policy(strict: Cloud) -> None:
    arn = role(strict, allow(["sqs:ListQueues", "iam:ListUsers"]))
    open_session, narrow = session(strict, arn), document(allow("sqs:ListQueues"))
    limited = session(strict, arn, Policy=narrow)
    another(strict, "iam", open_session).list_users()
    another(strict, "sqs", limited).list_queues()
    with refused("MalformedPolicyDocument"):
        session(strict, arn, Policy="{}")
    gone = [{"arn": f"arn:aws:iam::{ACCOUNT}:policy/none"}]
    with refused("AccessDenied", "explicit deny in a session policy"):  # what is gone allows nothing
        another(strict, "sqs", session(strict, arn, PolicyArns=gone)).list_queues()
    name = arn.rpartition("/")[2]
    with refused("AccessDenied", "because no session policy allows", f"assumed-role/{name}/session"):
        another(strict, "iam", limited).list_users()
    strict.stack.client("iam").delete_role_policy(RoleName=name, PolicyName="own")
    with refused("AccessDenied", "no identity-based policy"):
        another(strict, "sqs", open_session).list_queues()


def test_a_boundary_limits_and_session_tags_are_known(strict: Cloud) -> None:
    iam = strict.stack.client("iam")
    text = document(allow("sqs:*"))
    boundary = iam.create_policy(PolicyName=unique("boundary"), PolicyDocument=text)["Policy"]["Arn"]
    condition = {"StringEquals": {"aws:PrincipalTag/team": "geo"}}
    arn = role(strict, allow(["sqs:*", "sns:*"], Condition=condition), PermissionsBoundary=boundary)
    tagged = session(strict, arn, Tags=[{"Key": "Team", "Value": "geo"}])
    another(strict, "sqs", tagged).list_queues()
    with refused("AuthorizationError", "because no permissions boundary allows the SNS:ListTopics action"):
        another(strict, "sns", tagged).list_topics()
    with refused("AccessDenied", "no identity-based policy"):
        another(strict, "sqs", session(strict, arn)).list_queues()


def test_tags_of_resources_are_known(strict: Cloud) -> None:
    tags = {"Team": "geo"}
    listed = [{"Key": "Team", "Value": "geo"}]
    stack, name = strict.stack, unique("tagged")
    group = stack.client("sagemaker").create_model_package_group(ModelPackageGroupName=name, Tags=listed)
    made = {
        "sqs": stack.client("sqs").create_queue(QueueName=name, tags=tags)["QueueUrl"],
        "sns": stack.client("sns").create_topic(Name=name, Tags=listed)["TopicArn"],
        "kms": stack.client("kms").create_key(Tags=[{"TagKey": "Team", "TagValue": "geo"}])["KeyMetadata"][
            "Arn"
        ],
        "sagemaker": group["ModelPackageGroupArn"],
    }
    for team, is_allowed in (("geo", True), ("other", False)):
        condition = {"StringEquals": {"aws:ResourceTag/team": team}}
        keys = user(strict, allow("*", Condition=condition))
        calls = [
            (another(strict, "sqs", keys).get_queue_attributes, {"QueueUrl": made["sqs"]}),
            (another(strict, "sns", keys).get_topic_attributes, {"TopicArn": made["sns"]}),
            (another(strict, "kms", keys).describe_key, {"KeyId": made["kms"]}),
            (another(strict, "sagemaker", keys).list_tags, {"ResourceArn": made["sagemaker"]}),
        ]
        for act, members in calls:
            if is_allowed:
                act(**members)
            else:
                with pytest.raises(ClientError, match="is not authorized to perform"):
                    act(**members)


def test_roles_are_assumed_and_passed_by_whom_policies_name(strict: Cloud) -> None:
    of_lambda = role(strict, trust={"Service": "lambda.amazonaws.com"})
    with refused("AccessDenied", "because no role trust policy allows the sts:AssumeRole action"):
        session(strict, of_lambda)
    creating = allow(["sagemaker:CreateModel", "sagemaker:AddTags"])
    members = {
        "ModelName": unique("model"),
        "ExecutionRoleArn": of_lambda,
        "PrimaryContainer": {"Image": "x"},
    }
    with refused("AccessDeniedException", "iam:PassRole", of_lambda):
        another(strict, "sagemaker", user(strict, creating)).create_model(**members)
    to_lambda = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    passing = allow("iam:PassRole", of_lambda, Condition=to_lambda)
    with refused("AccessDeniedException", "iam:PassRole"):
        another(strict, "sagemaker", user(strict, creating, passing)).create_model(**members)


def test_a_queue_policy_denies_even_the_deployer(strict: Cloud) -> None:
    sqs = strict.stack.client("sqs")
    denying = {"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    address = sqs.create_queue(QueueName=unique("q"), Attributes={"Policy": document(denying)})["QueueUrl"]
    with refused("AccessDenied", "with an explicit deny in a resource-based policy"):
        sqs.send_message(QueueUrl=address, MessageBody="m")
    # LocalStack's further address of the same service is no way around.
    path = f"/queue/{REGION}/{ACCOUNT}/{address.rpartition('/')[2]}?Action=SendMessage&MessageBody=m"
    answer = raw(strict, "GET", path, **signed(strict, "GET", path, service="sqs"))
    assert answer.status == 403
    assert "AccessDenied" in answer.text


def test_a_topic_sends_to_a_queue_that_lets_it(strict: Cloud) -> None:
    sqs, sns = strict.stack.client("sqs"), strict.stack.client("sns")
    topic = sns.create_topic(Name=unique("topic"))["TopicArn"]
    sending = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "*",
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    attributes: list[dict[str, str]] = [{"Policy": document(sending)}, {}]
    queues = [sqs.create_queue(QueueName=unique("q"), Attributes=item)["QueueUrl"] for item in attributes]
    for address in queues:
        arn = sqs.get_queue_attributes(QueueUrl=address, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    sns.publish(TopicArn=topic, Message="hello")
    received = [sqs.receive_message(QueueUrl=address, WaitTimeSeconds=3) for address in queues]
    assert ["Messages" in answer for answer in received] == [True, False]


def test_expired_sessions_and_unknown_keys_are_told_as_aws_does(strict: Cloud) -> None:
    with refused("UnrecognizedClientException"):
        another(strict, "sqs", Keys("AKIAIOSFODNN7EXAMPLE", "secret")).list_queues()
    sts = strict.stack.client("sts")
    with refused("AccessDenied", "federated-user/bob"):  # without a policy of its own it may do nothing
        another(strict, "sqs", dict(sts.get_federation_token(Name="bob")["Credentials"])).list_queues()
    opened = sts.get_federation_token(Name="bob", Policy=document(allow("sqs:*")))["Credentials"]
    another(strict, "sqs", dict(opened)).list_queues()
    assert another(strict, "sts", dict(opened)).get_caller_identity()["Arn"].endswith(":federated-user/bob")
    with refused("AuthorizationError", "federated-user/bob", "no session policy"):
        another(strict, "sns", dict(opened)).list_topics()


def test_sessions_of_users_reach_neither_iam_nor_most_of_sts(strict: Cloud) -> None:
    keys = user(strict, allow("*"))
    opened = dict(another(strict, "sts", keys).get_session_token()["Credentials"])
    with refused("InvalidClientTokenId", "The security token included in the request is invalid"):
        another(strict, "iam", opened).list_users()
    sts = another(strict, "sts", opened)
    assert ":user/" in sts.get_caller_identity()["Arn"]
    inner = sts.assume_role(RoleArn=role(strict, allow("*")), RoleSessionName="session")["Credentials"]
    calling = another(strict, "sts", dict(inner))
    asked = {"RoleArn": role(strict, MaxSessionDuration=7200), "RoleSessionName": "session"}
    with refused("ValidationError", "exceeds the MaxSessionDuration set for this role."):
        strict.stack.client("sts").assume_role(**asked, DurationSeconds=7201)
    with refused("ValidationError", "1 hour session limit for roles assumed by role chaining."):
        calling.assume_role(**asked, DurationSeconds=3601)
    with refused("AccessDenied", "Cannot call GetSessionToken with session credentials"):
        calling.get_session_token()
    with refused("AccessDenied", "Cannot call GetFederationToken with session credentials"):
        calling.get_federation_token(Name="bob")


def test_sessions_that_are_revoked_are_denied_and_new_ones_are_not(strict: Cloud) -> None:
    arn = role(strict, allow("sqs:ListQueues"))
    old = session(strict, arn)
    later = (datetime.now(UTC) + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    condition = {"DateLessThan": {"aws:TokenIssueTime": later}}
    policy = document({**allow("*", Condition=condition), "Effect": "Deny"})
    iam, name = strict.stack.client("iam"), arn.rpartition("/")[2]
    iam.put_role_policy(RoleName=name, PolicyName="AWSRevokeOlderSessions", PolicyDocument=policy)
    with refused("AccessDenied", "with an explicit deny in an identity-based policy"):
        another(strict, "sqs", old).list_queues()
    time.sleep(2)
    another(strict, "sqs", session(strict, arn)).list_queues()


def test_what_was_decided_is_recorded_for_the_cloud_s_own_key(strict: Cloud) -> None:
    arn = role(strict, allow("sqs:ListQueues", Sid="Look"))
    mine = session(strict, arn)
    another(strict, "sqs", mine).list_queues()
    another(strict, "sqs", mine).list_queues()
    with refused("AccessDenied"):
        another(strict, "iam", mine).list_users()
    told = recorded(strict)
    assert told["mode"] == "enforce"
    rows = {row["action"]: row for row in told["decisions"] if row["principal"] == arn}
    looked, denied = rows["sqs:ListQueues"], rows["iam:ListUsers"]
    assert (looked["decision"], looked["count"], looked["session"]) == ("allowed", 2, "session")
    assert looked["statements"][0]["sid"] == "Look"
    assert (denied["decision"], denied["resource"]) == ("implicitDeny", "arn:aws:iam::000000000000:user/")
    assert denied["reason"] in [item["reason"] for item in told["denials"]]
    target = "/_sagestep/permissions"
    headers = signed_headers(user(strict), "GET", f"{strict.stack.endpoint}{target}", service="s3")
    refusal = raw(strict, "GET", target, **{name.replace("-", "_"): text for name, text in headers.items()})
    assert refusal.status == 403


def test_no_operation_of_localstack_s_is_without_a_rule() -> None:
    """LocalStack's models differ from botocore's: they have, for one, the form that uploads an object."""
    source = (
        "import json; from localstack.aws.spec import load_service as load; "
        "from localcloud.localstack.settings import DEFAULT_SERVICES as names; "
        "print(json.dumps({name: load(name).operation_names for name in names if name != 'sagemaker'}))"
    )
    told = subprocess.run([str(CLOUD_PYTHON), "-c", source], stdout=subprocess.PIPE, check=True).stdout
    unlisted = {
        f"{service}:{name}"
        for service, names in json.loads(told).items()
        for name in names
        if not all(item.is_listed for item in permissions_of(service, name))
    }
    assert unlisted == {  # none of them is served
        "cloudwatch:DescribeAlarmContributors",
        "ecr:ListImageReferrers",
        "iam:UpdateDelegationRequest",
        "logs:GetLogObject",
        "s3:CreateSession",
        *(f"s3:{name}" for name in ("ListDirectoryBuckets", "RenameObject", "WriteGetObjectResponse")),
    }


def test_audit_serves_and_records(tmp_path: Path) -> None:
    policy = tmp_path / "policy.json"
    policy.write_text(document(allow("iam:*")), encoding="utf-8")
    with local_cloud(tmp_path, "--iam", "audit", "--deployer-policy", str(policy)) as port:
        cloud = Cloud(tmp_path, port)
        cloud.stack.client("sqs").list_queues()
        told = recorded(cloud)
    (denied,) = [row for row in told["decisions"] if row["action"] == "sqs:ListQueues"]
    assert told["mode"] == "audit"
    assert (denied["decision"], denied["principal"]) == (
        "implicitDeny",
        f"arn:aws:iam::{ACCOUNT}:user/deployer",
    )
