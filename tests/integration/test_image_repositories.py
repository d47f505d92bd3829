"""Image repositories (ECR, which is moto's) as Terraform makes and unmakes them."""

import json
from typing import Any

import pytest

from tests.integration.wire import Cloud, refused, unique

pytestmark = pytest.mark.integration

POLICY = {
    "rules": [
        {
            "rulePriority": 1,
            "selection": {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 3},
            "action": {"type": "expire"},
        }
    ]
}


@pytest.fixture
def ecr(cloud: Cloud) -> Any:
    return cloud.stack.client("ecr")


def test_a_repository_comes_with_its_policies_and_goes(ecr: Any) -> None:
    name = unique("repository")
    made = ecr.create_repository(repositoryName=name, tags=[{"Key": "a", "Value": "b"}])["repository"]
    assert made["repositoryUri"] == f"000000000000.dkr.ecr.us-west-2.amazonaws.com/{name}"
    ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=json.dumps(POLICY))
    kept = ecr.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"]
    assert json.loads(kept) == POLICY
    assert ecr.list_tags_for_resource(resourceArn=made["repositoryArn"])["tags"] == [
        {"Key": "a", "Value": "b"}
    ]
    ecr.delete_lifecycle_policy(repositoryName=name)
    ecr.delete_repository(repositoryName=name)
    with refused("RepositoryNotFoundException"):
        ecr.describe_repositories(repositoryNames=[name])
