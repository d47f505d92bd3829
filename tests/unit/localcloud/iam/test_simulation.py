"""Simulations of policies, as the API answers them."""

import json

import pytest

from localcloud.errors import ServiceError
from localcloud.iam.simulation import Identity, entity_of, simulate

ROLE = "arn:aws:iam::123456789012:role/service-role/jobs"
USER = "arn:aws:iam::123456789012:user/ann"
Document = dict[str, object]


def text(*statements: Document) -> str:
    full = [{"Effect": "Allow", "Action": "*", "Resource": "*"} | statement for statement in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": full})


def results(identity: Identity, *actions: str, **request: object) -> list[Document]:
    found = simulate({"ActionNames": actions, **request}, identity)["EvaluationResults"]
    assert isinstance(found, list)
    return found


def test_a_role_that_may_do_everything_is_allowed_everything() -> None:
    (result,) = results(Identity(ROLE, {"role_jobs_all": text({})}), "sagemaker:CreateTrainingJob")
    assert result == {
        "EvalActionName": "sagemaker:CreateTrainingJob",
        "EvalResourceName": "*",
        "EvalDecision": "allowed",
        "MatchedStatements": [
            {
                "SourcePolicyId": "role_jobs_all",
                "SourcePolicyType": "IAM Policy",
                "StartPosition": {"Line": 1, "Column": 42},
                "EndPosition": {"Line": 1, "Column": 92},
            }
        ],
        "MissingContextValues": [],
    }


def test_several_resources_are_told_of_one_by_one_and_the_gravest_of_all() -> None:
    own = Identity(
        ROLE,
        {
            "read": text({"Action": "s3:Get*", "Resource": "arn:aws:s3:::a/*"}),
            "not": text({"Effect": "Deny", "Resource": "arn:aws:s3:::secret/*"}),
        },
    )
    arns = ["arn:aws:s3:::a/x", "arn:aws:s3:::b/x", "arn:aws:s3:::secret/x"]
    (result,) = results(own, "s3:GetObject", ResourceArns=arns)
    specific = result["ResourceSpecificResults"]
    assert isinstance(specific, list)
    assert [(item["EvalResourceName"], item["EvalResourceDecision"]) for item in specific] == [
        (arns[0], "allowed"),
        (arns[1], "implicitDeny"),
        (arns[2], "explicitDeny"),
    ]
    assert [[item["SourcePolicyId"] for item in each["MatchedStatements"]] for each in specific] == [
        ["read"],
        [],
        ["not"],
    ]
    template = "arn:${Partition}:s3:::${BucketName}/${ObjectName}"
    assert (result["EvalResourceName"], result["EvalDecision"]) == (template, "explicitDeny")
    assert result["EvalDecisionDetails"] == {}
    (result,) = results(own, "s3:GetObject", ResourceArns=arns[:1])
    assert (result["EvalResourceName"], result["EvalDecision"]) == (template, "allowed")


def test_conditions_are_judged_by_the_entries_of_the_context() -> None:
    own = Identity(ROLE, {"p": text({"Condition": {"StringEquals": {"iam:PassedToService": "sagemaker"}}})})
    (result,) = results(own, "iam:PassRole")
    assert (result["EvalDecision"], result["MissingContextValues"]) == (
        "implicitDeny",
        ["iam:PassedToService"],
    )
    entry = {
        "ContextKeyName": "IAM:passedtoservice",
        "ContextKeyValues": ["sagemaker"],
        "ContextKeyType": "string",
    }
    (result,) = results(own, "iam:PassRole", ContextEntries=[entry])
    assert (result["EvalDecision"], result["MissingContextValues"]) == ("allowed", [])


def test_the_caller_gives_the_context_and_may_be_another() -> None:
    own = Identity(USER, {"p": text({"Resource": "arn:aws:s3:::b/${aws:username}/*"})})
    bobs = {"ResourceArns": ["arn:aws:s3:::b/bob/x"]}
    (result,) = results(own, "s3:GetObject", **bobs)
    assert result["EvalDecision"] == "implicitDeny"
    (result,) = results(own, "s3:GetObject", CallerArn=USER.replace("ann", "bob"), **bobs)
    assert result["EvalDecision"] == "allowed"


def test_policies_and_a_boundary_may_be_added() -> None:
    nobody = Identity(USER, {}, boundary=text({"Action": "s3:*"}))
    given = {"PolicyInputList": [text({"Action": "iam:*"}), text({})]}
    allowed, denied = results(nobody, "s3:GetObject", "iam:GetUser", **given)
    assert [item["EvalDecision"] for item in (allowed, denied)] == ["allowed", "implicitDeny"]
    assert str(allowed["MatchedStatements"]).count("'PolicyInputList.2'") == 1
    assert denied["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    wider = {"PermissionsBoundaryPolicyInputList": [text({})]}
    (result,) = results(nobody, "iam:GetUser", **given, **wider)
    assert result["EvalDecision"] == "allowed"


def test_a_policy_of_the_resources_counts_for_users() -> None:
    policy = text({"Principal": {"AWS": USER}})
    request = {"ResourcePolicy": policy, "ResourceArns": ["arn:aws:s3:::b/x"]}
    (result,) = results(Identity(USER, {}), "s3:GetObject", **request)
    assert "'SourcePolicyType': 'Resource Policy'" in str(result["MatchedStatements"])
    with pytest.raises(ServiceError, match="isn't supported for IAM roles"):
        results(Identity(ROLE, {}), "s3:GetObject", **request)
    with pytest.raises(ServiceError, match="CallerArn is required"):
        results(Identity("", {}), "s3:GetObject", **request)


def test_pages() -> None:
    own = Identity(ROLE, {"p": text({})})
    request: Document = {"ActionNames": ["a:1", "a:2", "a:3"], "MaxItems": 2}
    first = simulate(request, own)
    assert (first["IsTruncated"], first["Marker"]) == (True, "2")
    second = simulate(request | {"Marker": "2"}, own)
    assert second["IsTruncated"] is False
    assert [item["EvalActionName"] for item in second["EvaluationResults"]] == ["a:3"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"ActionNames": ["GetObject"]}, "Invalid Action Name: GetObject"),
        ({"PolicyInputList": ["{"]}, "Invalid policy PolicyInputList.1: The policy is not in the valid JSON"),
        ({"PermissionsBoundaryPolicyInputList": [text(), text()]}, "Only one permissions boundary"),
        ({"ResourceOwner": "123456789012"}, "ResourceOwner is not supported by the local cloud."),
        ({"CallerArn": "arn:aws:sts::1:assumed-role/a/b"}, "does not clearly define entity type and name"),
        ({"Marker": "x"}, "Invalid Marker"),
    ],
)
def test_what_cannot_be_simulated_is_refused(request_: Document, words: str) -> None:
    with pytest.raises(ServiceError, match=words) as caught:
        simulate({"ActionNames": ["s3:GetObject"]} | request_, Identity(ROLE, {}))
    assert caught.value.code == "InvalidInput"


def test_a_condition_that_cannot_be_evaluated_is_told() -> None:
    own = Identity(ROLE, {"p": text({"Condition": {"StringIs": {"a": "b"}}})})
    with pytest.raises(ServiceError, match="StringIs") as caught:
        results(own, "s3:GetObject")
    assert (caught.value.code, caught.value.status) == ("PolicyEvaluation", 500)


def test_entities() -> None:
    assert entity_of(ROLE) == ("role", "jobs")
    assert entity_of(USER) == ("user", "ann")
    for arn in (
        "arn:aws:iam::123456789012:root",
        "arn:aws:sts::1:assumed-role/a/b",
        "x",
        "arn:aws:iam::1:policy/p",
    ):
        with pytest.raises(ServiceError, match="does not clearly define entity type and name"):
            entity_of(arn)
