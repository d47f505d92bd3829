"""Policies of model package groups, and packages that they share with another cloud."""

import json

import pytest

from localcloud.errors import ServiceError
from localcloud.ports import Caller
from tests.unit.localcloud.sagemaker.cloud import Cloud
from tests.unit.localcloud.sagemaker.registry.test_registry import GROUP_ARN, VERSION_ARN

STRANGER = Caller("210987654321", "eu-west-1")
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::210987654321:root"},
                "Action": "sagemaker:*",
                "Resource": [GROUP_ARN, VERSION_ARN.replace("/1", "/*")],
            }
        ],
    }
)


@pytest.fixture(autouse=True)
def package(cloud: Cloud) -> None:
    cloud.call("CreateModelPackageGroup", ModelPackageGroupName="group")
    cloud.call("CreateModelPackage", ModelPackageGroupName="group", ModelApprovalStatus="Rejected")


def test_a_policy_is_set_given_and_deleted(cloud: Cloud) -> None:
    answer = cloud.call("PutModelPackageGroupPolicy", ModelPackageGroupName="group", ResourcePolicy=POLICY)
    assert answer == {"ModelPackageGroupArn": GROUP_ARN}
    assert cloud.call("GetModelPackageGroupPolicy", ModelPackageGroupName="group") == {
        "ResourcePolicy": POLICY
    }
    assert cloud.call("DeleteModelPackageGroupPolicy", ModelPackageGroupName="group") == {}
    for operation in ("GetModelPackageGroupPolicy", "DeleteModelPackageGroupPolicy"):
        with pytest.raises(ServiceError, match=f"Cannot find resource policy for: {GROUP_ARN}"):
            cloud.call(operation, ModelPackageGroupName="group")
        with pytest.raises(ServiceError, match="Cannot find Model Package Group: arn:"):
            cloud.call(operation, ModelPackageGroupName="none")


@pytest.mark.parametrize("policy", ["{", "[]", "{}", pytest.param("[" * 20_000, id="deep")])
def test_what_is_no_policy_is_refused(cloud: Cloud, policy: str) -> None:
    with pytest.raises(ServiceError, match="ResourcePolicy is no") as caught:
        cloud.call("PutModelPackageGroupPolicy", ModelPackageGroupName="group", ResourcePolicy=policy)
    assert caught.value.code == "ValidationException"


def test_another_account_sees_what_a_policy_shares(cloud: Cloud) -> None:
    def ask(operation: str, **request: object) -> dict[str, object]:
        return cloud.sagemaker.call(operation, STRANGER, request)

    with pytest.raises(ServiceError, match="does not exist"):
        ask("DescribeModelPackage", ModelPackageName=VERSION_ARN)
    cloud.call("PutModelPackageGroupPolicy", ModelPackageGroupName="group", ResourcePolicy=POLICY)
    assert (
        ask("DescribeModelPackageGroup", ModelPackageGroupName=GROUP_ARN)["ModelPackageGroupName"] == "group"
    )
    assert ask("DescribeModelPackage", ModelPackageName=VERSION_ARN)["ModelPackageVersion"] == 1
    assert ask("ListModelPackages", ModelPackageGroupName=GROUP_ARN)["ModelPackageSummaryList"]
    assert VERSION_ARN in str(ask("BatchDescribeModelPackage", ModelPackageArnList=[VERSION_ARN]))
    ask("UpdateModelPackage", ModelPackageArn=VERSION_ARN, ModelApprovalStatus="Approved")
    found = cloud.call("DescribeModelPackage", ModelPackageName=VERSION_ARN)
    assert found["ModelApprovalStatus"] == "Approved"
    with pytest.raises(ServiceError, match="does not exist"):  # by name, it is one's own
        ask("DescribeModelPackageGroup", ModelPackageGroupName="group")
