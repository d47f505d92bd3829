"""What AWS's own clients ask on the wire, answered as AWS does or refused by name."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from tests.integration.raw import another
from tests.integration.raw_requests import newest
from tests.integration.wire import ROLE, Cloud, Document, definition, fail_step, refused, token, unique

pytestmark = pytest.mark.integration

EVERYTHING = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


def _plausible(shape: Shape) -> object:
    """Make the smallest value of a shape that a client sends."""
    if isinstance(shape, StructureShape):
        members = [name for name in shape.members if name in shape.required_members]
        if shape.metadata.get("union"):
            members = [next(iter(shape.members))]
        return {name: _plausible(shape.members[name]) for name in members}
    values: dict[str, object] = {
        "integer": max(1, shape.metadata.get("min") or 1),
        "long": max(1, shape.metadata.get("min") or 1),
        "float": 1.0,
        "double": 1.0,
        "boolean": True,
        "timestamp": "2026-01-01T00:00:00Z",
        "blob": b"x",
        "string": (shape.metadata.get("enum") or ["x" * max(1, shape.metadata.get("min") or 1)])[0],
    }
    if isinstance(shape, ListShape):
        return [_plausible(shape.member)]
    return {"k": _plausible(shape.value)} if isinstance(shape, MapShape) else values[shape.type_name]


def _answer(client: object, operation: OperationModel) -> tuple[int, str]:
    request = _plausible(operation.input_shape) if operation.input_shape else {}
    try:
        client._make_api_call(operation.name, request)  # type: ignore[attr-defined]
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]
    return 200, ""


@pytest.mark.parametrize(
    "service",
    ["sagemaker-featurestore-runtime", "sagemaker-a2i-runtime", "sagemaker-edge"],
)
def test_apis_beside_sagemaker_are_said_to_be_missing(cloud: Cloud, service: str) -> None:
    client, model = cloud.stack.client(service), newest(service)
    answers = {name: _answer(client, model.operation_model(name)) for name in model.operation_names}
    assert {status for status, _ in answers.values()} == {501}, answers


def test_operations_that_only_the_newest_client_knows_are_said_to_be_missing(cloud: Cloud) -> None:
    model = newest("sagemaker")
    names = [name for name in model.operation_names if "AIBenchmark" in name or "AutoMLJob" in name]
    assert len(names) >= 8
    answers = {name: _answer(cloud.sagemaker, model.operation_model(name)) for name in names}
    assert {status for status, _ in answers.values()} == {501}, answers


def test_members_that_only_the_newest_client_knows_are_refused_by_name(cloud: Cloud) -> None:
    """The local cloud's own botocore is older, and its parser drops what its model lacks."""
    name = unique("group")
    with refused("ValidationException", "ManagedConfiguration is not supported by the local cloud."):
        cloud.sagemaker.create_model_package_group(
            ModelPackageGroupName=name, ManagedConfiguration={"ManagedStorageType": "Restricted"}
        )
    with refused("ValidationException", "PipelineVersionAlias is not supported by the local cloud."):
        cloud.stack.client("sagemaker").describe_pipeline(PipelineName=name, PipelineVersionAlias="alias")
    cloud.sagemaker.create_model_package_group(ModelPackageGroupName=name, ManagedConfiguration={})


def test_a_role_that_may_do_everything_is_told_so(cloud: Cloud) -> None:
    iam, name = cloud.stack.client("iam"), unique("role")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(EVERYTHING))["Role"]["Arn"]

    def decisions(**request: object) -> list[str]:
        asked = {"PolicySourceArn": arn, "ActionNames": ["sagemaker:CreateTrainingJob", "s3:GetObject"]}
        results = iam.simulate_principal_policy(**asked | request)["EvaluationResults"]
        return [result["EvalDecision"] for result in results]

    assert decisions() == ["implicitDeny", "implicitDeny"]
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps(EVERYTHING))
    assert decisions() == ["allowed", "allowed"]
    denial = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}
    assert decisions(PolicyInputList=[json.dumps(denial)]) == ["allowed", "explicitDeny"]
    policy = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(denial))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=name, PolicyArn=policy)
    (result,) = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["s3:GetObject"])[
        "EvaluationResults"
    ]
    assert result["EvalDecision"] == "explicitDeny"
    assert [item["SourcePolicyId"] for item in result["MatchedStatements"]] == [name]


def test_users_have_the_policies_of_their_groups(cloud: Cloud) -> None:
    iam, name = cloud.stack.client("iam"), unique("user")
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    iam.create_group(GroupName=name)
    iam.put_group_policy(GroupName=name, PolicyName="all", PolicyDocument=json.dumps(EVERYTHING))
    iam.add_user_to_group(GroupName=name, UserName=name)
    (result,) = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["s3:GetObject"])[
        "EvaluationResults"
    ]
    assert [item["SourcePolicyId"] for item in result["MatchedStatements"]] == [f"group_{name}_all"]


def test_a_simulation_of_nobody_or_of_what_is_not_supported_is_refused(cloud: Cloud) -> None:
    iam = cloud.stack.client("iam")
    role = "arn:aws:iam::000000000000:role/nobody"
    with refused("NoSuchEntity", "The role with name nobody cannot be found."):
        iam.simulate_principal_policy(PolicySourceArn=role, ActionNames=["a:b"])
    with refused("InvalidInput", "does not clearly define entity type and name"):
        iam.simulate_principal_policy(PolicySourceArn=f"{role[:-11]}root", ActionNames=["a:b"])
    there = iam.create_role(RoleName=unique("role"), AssumeRolePolicyDocument=json.dumps(EVERYTHING))
    with refused("InvalidInput", "PolicyExclusionList is not supported"):
        iam.simulate_principal_policy(
            PolicySourceArn=there["Role"]["Arn"],
            ActionNames=["a:b"],
            PolicyExclusionList=[{"PolicyType": "inline"}],
        )


def test_a_simulation_of_policies_alone_is_told_in_pages_with_what_it_could_not_know(cloud: Cloud) -> None:
    iam, statement = cloud.stack.client("iam"), {"Effect": "Allow", "Action": "s3:Get*"}
    condition = {"StringEquals": {"aws:PrincipalTag/team": "maps"}}
    policy = {
        "Version": "2012-10-17",
        "Statement": [statement | {"Resource": "arn:aws:s3:::a/*", "Condition": condition}],
    }
    asked = {
        "PolicyInputList": [json.dumps(policy)],
        "ResourceArns": ["arn:aws:s3:::a/x", "arn:aws:s3:::b/x"],
    }
    paginator = iam.get_paginator("simulate_custom_policy")

    def results(*actions: str, **more: object) -> list[dict[str, Any]]:
        pages = [*paginator.paginate(ActionNames=actions, PaginationConfig={"PageSize": 1}, **asked, **more)]
        assert len(pages) == len(actions)
        return [result for page in pages for result in page["EvaluationResults"]]

    first, second = results("s3:GetObject", "s3:PutObject")
    assert first["EvalResourceName"] == "arn:${Partition}:s3:::${BucketName}/${ObjectName}"
    assert first["EvalDecision"] == second["EvalDecision"] == "implicitDeny"
    assert first["ResourceSpecificResults"][0]["MissingContextValues"] == ["aws:PrincipalTag/team"]
    team = {
        "ContextKeyName": "aws:PrincipalTag/team",
        "ContextKeyValues": ["maps"],
        "ContextKeyType": "string",
    }
    (result,) = results("s3:GetObject", ContextEntries=[team])
    specific = result["ResourceSpecificResults"]
    assert [item["EvalResourceDecision"] for item in specific] == ["allowed", "implicitDeny"]
    assert specific[0]["MatchedStatements"][0]["SourcePolicyId"] == "PolicyInputList.1"


def test_pipelines_tell_which_user_or_role_has_made_and_changed_them(cloud: Cloud) -> None:
    iam, user, pipeline = cloud.stack.client("iam"), unique("user"), unique("pipeline")
    made = iam.create_user(UserName=user)["User"]
    everything = json.dumps(EVERYTHING)
    iam.put_user_policy(UserName=user, PolicyName="everything", PolicyDocument=everything)
    theirs = another(cloud, "sagemaker", iam.create_access_key(UserName=user)["AccessKey"])
    theirs.create_pipeline(
        PipelineName=pipeline,
        PipelineDefinition=definition(fail_step("fail")),
        RoleArn=ROLE,
        ClientRequestToken=token(),
    )
    trusted = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "000000000000"}}
    trust = json.dumps({"Version": "2012-10-17", "Statement": trusted})
    role = iam.create_role(RoleName=user, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName=user, PolicyName="everything", PolicyDocument=everything)
    session = cloud.stack.client("sts").assume_role(RoleArn=role, RoleSessionName="ann")
    another(cloud, "sagemaker", session["Credentials"]).update_pipeline(
        PipelineName=pipeline, PipelineDescription="better"
    )
    described = cloud.sagemaker.describe_pipeline(PipelineName=pipeline)
    assert described["CreatedBy"]["IamIdentity"] == {"Arn": made["Arn"], "PrincipalId": made["UserId"]}
    assert described["LastModifiedBy"]["IamIdentity"] == {
        "Arn": session["AssumedRoleUser"]["Arn"],
        "PrincipalId": session["AssumedRoleUser"]["AssumedRoleId"],
    }
    cloud.sagemaker.update_pipeline(PipelineName=pipeline, PipelineDescription="best")
    described = cloud.sagemaker.describe_pipeline(PipelineName=pipeline)
    assert described["LastModifiedBy"]["IamIdentity"] == {
        "Arn": "arn:aws:iam::000000000000:root",
        "PrincipalId": "000000000000",
    }


def test_a_definition_may_be_an_older_version_of_an_object(cloud: Cloud) -> None:
    bucket, texts = cloud.bucket(), [definition(fail_step(name)) for name in ("old", "new")]
    cloud.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    old, _ = [cloud.s3.put_object(Bucket=bucket, Key="d.json", Body=text)["VersionId"] for text in texts]
    pipeline = unique("pipeline")
    cloud.sagemaker.create_pipeline(
        PipelineName=pipeline,
        PipelineDefinitionS3Location={"Bucket": bucket, "ObjectKey": "d.json", "VersionId": old},
        RoleArn=ROLE,
        ClientRequestToken=token(),
    )
    assert cloud.sagemaker.describe_pipeline(PipelineName=pipeline)["PipelineDefinition"] == texts[0]


def test_log_events_are_filtered_by_the_prefix_of_their_streams(cloud: Cloud) -> None:
    group = unique("group")
    cloud.logs.create_log_group(logGroupName=group)
    now = int(time.time() * 1000)
    for stream in ("a/1", "a/2", "b/1"):
        cloud.logs.create_log_stream(logGroupName=group, logStreamName=stream)
        event: Document = {"timestamp": now, "message": stream}
        put = cloud.stack.client("logs").put_log_events
        put(logGroupName=group, logStreamName=stream, logEvents=[event])

    def found(prefix: str) -> list[str]:
        pages = cloud.logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, logStreamNamePrefix=prefix, PaginationConfig={"PageSize": 1}
        )
        return [event["message"] for page in pages for event in page["events"]]

    assert [found("a/"), found("b"), found("c")] == [["a/1", "a/2"], ["b/1"], []]
    with refused("InvalidParameterException", "logStreamNames and logStreamNamePrefix"):
        cloud.logs.filter_log_events(logGroupName=group, logStreamNamePrefix="a", logStreamNames=["b/1"])
