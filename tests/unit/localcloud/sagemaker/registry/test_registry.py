"""The model registry: groups, versions, approval."""

import pytest

from localcloud.errors import ServiceError
from tests.unit.localcloud.sagemaker.cloud import Document
from tests.unit.localcloud.sagemaker.hosting.account import IMAGE, MODEL_DATA, Account

GROUP_ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package-group/group"
VERSION_ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/group/1"
SPECIFICATION: Document = {
    "Containers": [{"Image": IMAGE, "ModelDataUrl": MODEL_DATA}],
    "SupportedContentTypes": ["text/csv"],
    "SupportedResponseMIMETypes": ["text/csv"],
}
BOTH = (
    "Both ModelPackageName and ModelPackageGroupName are provided in the input. "
    "Cannot determine which one to use."
)
METRICS: Document = {
    "ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": "s3://bucket/quality.json"}}
}


@pytest.fixture
def account() -> Account:
    return Account()


def group(account: Account, name: str = "group") -> None:
    account.call("CreateModelPackageGroup", ModelPackageGroupName=name)


def register(account: Account, **more: object) -> str:
    given = {"ModelPackageGroupName": "group", "InferenceSpecification": SPECIFICATION} | more
    return str(account.call("CreateModelPackage", **given)["ModelPackageArn"])


def describe(account: Account, name: str) -> Document:
    return account.call("DescribeModelPackage", ModelPackageName=name)


def listed(account: Account, **request: object) -> list[str]:
    found = account.listed("ListModelPackages", "ModelPackageSummaryList", **request)
    return [str(item["ModelPackageArn"]).partition("/")[2] for item in found]


def test_a_group_is_described_by_name_and_by_arn(account: Account) -> None:
    answer = account.call(
        "CreateModelPackageGroup", ModelPackageGroupName="group", Tags=[{"Key": "team", "Value": "one"}]
    )
    assert answer == {"ModelPackageGroupArn": GROUP_ARN}
    for name in ("group", GROUP_ARN):
        described = account.call("DescribeModelPackageGroup", ModelPackageGroupName=name)
        assert described.pop("CreationTime")
        assert described == {
            "ModelPackageGroupName": "group",
            "ModelPackageGroupArn": GROUP_ARN,
            "ModelPackageGroupStatus": "Completed",
            "CreatedBy": {},
        }
    assert account.store.tags[GROUP_ARN] == {"team": "one"}


def test_groups_that_exist_or_do_not_are_refused_in_aws_words(account: Account) -> None:
    message = account.refusal("DescribeModelPackageGroup", ModelPackageGroupName="group")
    assert message == "Model Package Group does not exist."
    group(account)
    message = account.refusal("CreateModelPackageGroup", ModelPackageGroupName="group")
    assert message == f"Model Package Group already exists: {GROUP_ARN}"
    foreign = GROUP_ARN.replace("123456789012", "999999999999")
    message = account.refusal("DescribeModelPackageGroup", ModelPackageGroupName=foreign)
    assert message == "Model Package Group does not exist."


def test_groups_are_listed(account: Account) -> None:
    for name in ("b", "a"):
        group(account, name)
    wanted: tuple[Document, ...] = ({}, {"SortBy": "Name", "SortOrder": "Ascending"}, {"NameContains": "b"})
    found = [
        account.listed("ListModelPackageGroups", "ModelPackageGroupSummaryList", **request)
        for request in wanted
    ]
    names = [[item["ModelPackageGroupName"] for item in groups] for groups in found]
    assert names == [["b", "a"], ["a", "b"], ["b"]]


def test_a_version_waits_for_approval_and_keeps_what_it_was_given(account: Account) -> None:
    group(account)
    assert register(account, ModelMetrics=METRICS, CertifyForMarketplace=False) == VERSION_ARN
    described = describe(account, VERSION_ARN)
    assert described.pop("CreationTime")
    assert described == {
        "ModelPackageName": "group",
        "ModelPackageGroupName": "group",
        "ModelPackageVersion": 1,
        "ModelPackageArn": VERSION_ARN,
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        "ModelApprovalStatus": "PendingManualApproval",
        "InferenceSpecification": SPECIFICATION,
        "ModelMetrics": METRICS,
        "CertifyForMarketplace": False,
        "CreatedBy": {},
    }
    assert describe(account, "group/1")["ModelPackageArn"] == VERSION_ARN


def test_versions_count_on_when_one_is_deleted(account: Account) -> None:
    group(account)
    register(account)
    register(account)
    account.call("DeleteModelPackage", ModelPackageName="group/2")
    assert register(account).endswith("group/3")
    assert listed(account, ModelPackageGroupName=GROUP_ARN) == ["group/1", "group/3"]


def test_an_approval_is_recorded(account: Account) -> None:
    group(account)
    answer = account.perform(
        "CreateModelPackage",
        ModelPackageGroupName="group",
        CustomerMetadataProperties={"a": "1", "b": "2"},
        CertifyForMarketplace=False,
    )
    arn = answer["ModelPackageArn"]
    answer = account.perform(
        "UpdateModelPackage",
        ModelPackageArn=arn,
        ModelApprovalStatus="Approved",
        ApprovalDescription="good",
        CustomerMetadataProperties={"c": "3"},
        CustomerMetadataPropertiesToRemove=["a"],
        AdditionalInferenceSpecificationsToAdd=[
            {"Name": "more", "Containers": [{"Image": IMAGE}]},
        ],
    )
    assert answer == {"ModelPackageArn": arn}
    described = describe(account, str(arn))
    assert (described["ModelApprovalStatus"], described["ApprovalDescription"]) == ("Approved", "good")
    assert described["CustomerMetadataProperties"] == {"b": "2", "c": "3"}
    assert described["AdditionalInferenceSpecifications"] == [
        {"Name": "more", "Containers": [{"Image": IMAGE}]}
    ]
    assert described["CertifyForMarketplace"] is False
    assert described["LastModifiedTime"]
    assert listed(account, ModelPackageGroupName="group", ModelApprovalStatus="Approved") == ["group/1"]
    assert listed(account, ModelPackageGroupName="group", ModelApprovalStatus="Rejected") == []


def test_a_package_without_a_group_has_a_name_and_no_approval(account: Account) -> None:
    given = {"ModelPackageName": "single", "InferenceSpecification": SPECIFICATION}
    arn = str(account.call("CreateModelPackage", **given)["ModelPackageArn"])
    assert arn == "arn:aws:sagemaker:eu-west-1:123456789012:model-package/single"
    described = describe(account, "single")
    assert described["ModelPackageName"] == "single"
    assert "ModelPackageVersion" not in described
    assert "ModelApprovalStatus" not in described
    assert "no version" in account.refusal(
        "UpdateModelPackage", ModelPackageArn=arn, ModelApprovalStatus="Approved"
    )
    assert account.refusal("CreateModelPackage", **given) == f"ModelPackage already exists: {arn}"
    group(account)
    register(account)
    assert listed(account) == ["single"]
    assert listed(account, ModelPackageType="Both", SortBy="Name", SortOrder="Ascending") == [
        "group/1",
        "single",
    ]
    account.call("CreateModel", ModelName="model", PrimaryContainer={"ModelPackageName": "single"})


def test_a_group_with_versions_cannot_be_deleted(account: Account) -> None:
    group(account)
    register(account)
    with pytest.raises(ServiceError, match="still contains model packages") as caught:
        account.call("DeleteModelPackageGroup", ModelPackageGroupName="group")
    assert caught.value.code == "ConflictException"
    account.call("DeleteModelPackage", ModelPackageName=VERSION_ARN)
    account.call("DeleteModelPackageGroup", ModelPackageGroupName="group")
    assert account.call("ListModelPackageGroups") == {"ModelPackageGroupSummaryList": []}
    assert GROUP_ARN not in account.store.tags


def test_a_client_token_has_its_effect_once(account: Account) -> None:
    group(account)
    first = register(account, ClientToken="once")
    assert register(account, ClientToken="once") == first
    with pytest.raises(ServiceError, match="used with other parameters") as caught:
        register(account, ClientToken="once", Domain="other")
    assert caught.value.code == "ConflictException"
    account.call("DeleteModelPackage", ModelPackageName=first)
    assert register(account, ClientToken="once").endswith("group/2")


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (
            {"ModelPackageName": "single"},
            BOTH,
        ),
        ({"ModelPackageGroupName": None}, "Missing ARN."),
        (
            {"ModelPackageGroupName": "unknown"},
            "Model Package Group does not exist.",
        ),
        (
            {"Tags": [{"Key": "a", "Value": "1"}]},
            "Tags cannot be given to a version; it has those of its group.",
        ),
        (
            {"SourceAlgorithmSpecification": {"SourceAlgorithms": [{"AlgorithmName": "a"}]}},
            "SourceAlgorithmSpecification is not supported by the local cloud.",
        ),
        (
            {"ModelPackageGroupName": None, "ModelPackageName": "single", "ModelApprovalStatus": "Approved"},
            "ModelApprovalStatus applies to versions in a ModelPackageGroup only.",
        ),
    ],
)
def test_packages_that_cannot_be_registered_are_refused(
    account: Account, request_: dict[str, object], message: str
) -> None:
    group(account)
    given = {"ModelPackageGroupName": "group", "InferenceSpecification": SPECIFICATION} | request_
    assert account.refusal("CreateModelPackage", **given) == message


def test_packages_that_cannot_be_deployed_are_refused(account: Account) -> None:
    group(account)
    approved = {"ModelApprovalStatus": "Approved"}
    bare = register(account, InferenceSpecification=None, **approved)
    several = register(
        account, InferenceSpecification={"Containers": [{"Image": IMAGE}, {"Image": IMAGE}]}, **approved
    )
    for arn, reason in ((bare, "has no InferenceSpecification"), (several, "has 2 containers")):
        message = account.refusal(
            "CreateModel", ModelName="model", PrimaryContainer={"ModelPackageName": arn}
        )
        assert reason in message
