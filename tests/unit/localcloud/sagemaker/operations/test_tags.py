"""Tags of pipelines."""

import pytest

from localcloud.errors import ServiceError
from tests.unit.localcloud.sagemaker.cloud import Cloud, Document, lambda_step


def tags(**pairs: str) -> list[Document]:
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


def test_tags_are_those_of_the_creation_and_those_added_since(cloud: Cloud) -> None:
    arn = cloud.create(lambda_step("a"), Tags=tags(team="maps", stage="dev"))
    assert cloud.call("ListTags", ResourceArn=arn)["Tags"] == tags(stage="dev", team="maps")
    added = cloud.call("AddTags", ResourceArn=arn, Tags=tags(stage="prod", cost="7"))
    assert added["Tags"] == tags(team="maps", stage="prod", cost="7")
    assert cloud.call("DeleteTags", ResourceArn=arn, TagKeys=["team", "unheard"]) == {}
    assert cloud.call("ListTags", ResourceArn=arn) == {"Tags": tags(cost="7", stage="prod")}


def test_tags_are_listed_in_pages(cloud: Cloud) -> None:
    arn = cloud.create(lambda_step("a"), Tags=tags(**{f"k{number:02d}": "" for number in range(50)}))
    answer = cloud.call("ListTags", ResourceArn=arn, MaxResults=50)
    assert len(answer["Tags"]) == 50  # type: ignore[arg-type]
    assert "NextToken" not in answer


@pytest.mark.parametrize(
    ("given", "code", "reason"),
    [
        (tags(a="1") + tags(a="2"), "ValidationException", "Duplicate tag key: 'a'"),
        (tags(**{"aws:mine": "1"}), "ValidationException", "begins with aws:, which is reserved"),
        (tags(**{f"k{number}": "" for number in range(50)}), "ResourceLimitExceeded", "at most 50 tags"),
    ],
)
def test_tags_that_cannot_be_are_refused(cloud: Cloud, given: list[Document], code: str, reason: str) -> None:
    arn = cloud.create(lambda_step("a"), Tags=tags(first=""))
    with pytest.raises(ServiceError, match=reason) as caught:
        cloud.call("AddTags", ResourceArn=arn, Tags=given)
    assert caught.value.code == code
    assert cloud.call("ListTags", ResourceArn=arn)["Tags"] == tags(first="")


def test_a_pipeline_with_wrong_tags_is_not_created(cloud: Cloud) -> None:
    with pytest.raises(ServiceError, match="Duplicate tag key"):
        cloud.create(lambda_step("a"), Tags=tags(a="1") + tags(a="2"))
    assert cloud.call("ListPipelines") == {"PipelineSummaries": []}


def test_a_resource_that_does_not_exist_has_no_tags(cloud: Cloud) -> None:
    arn = "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/unheard"
    for operation, more in (("ListTags", {}), ("AddTags", {"Tags": []}), ("DeleteTags", {"TagKeys": ["a"]})):
        with pytest.raises(ServiceError, match="does not exist"):
            cloud.call(operation, ResourceArn=arn, **more)
