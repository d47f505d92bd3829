"""What records do beside being kept: filters and pages of lists, versions, Start and Stop, what is in use."""

import pytest

from localcloud.errors import ServiceError
from localcloud.sagemaker.records.table import FAMILIES
from tests.unit.localcloud.sagemaker.cloud import Cloud, Document
from tests.unit.localcloud.sagemaker.records.resources import listed, make


def _notebooks(cloud: Cloud, **request: object) -> list[object]:
    found = listed(cloud, FAMILIES["NotebookInstance"], **request)
    return [item["NotebookInstanceName"] for item in found]


def test_lists_are_filtered_ordered_and_paged(cloud: Cloud) -> None:
    for name in ("b-one", "a-two", "c-one"):
        make(cloud, "NotebookInstance", NotebookInstanceName=name)
    cloud.call("StopNotebookInstance", NotebookInstanceName="a-two")
    assert _notebooks(cloud) == ["a-two", "b-one", "c-one"]
    assert _notebooks(cloud, SortBy="CreationTime", SortOrder="Descending") == ["c-one", "a-two", "b-one"]
    assert _notebooks(cloud, NameContains="one") == ["b-one", "c-one"]
    assert _notebooks(cloud, StatusEquals="Stopped") == ["a-two"]
    page = cloud.call("ListNotebookInstances", MaxResults=2)
    rest = cloud.call("ListNotebookInstances", MaxResults=2, NextToken=page["NextToken"])
    assert [item["NotebookInstanceName"] for item in rest["NotebookInstances"]] == ["c-one"]  # type: ignore[attr-defined]
    assert "NextToken" not in rest


def test_profiles_are_listed_by_their_domain(cloud: Cloud) -> None:
    one, other = make(cloud, "UserProfile"), make(cloud, "UserProfile", UserProfileName="other")
    assert one.identity["DomainId"] != other.identity["DomainId"]
    found = listed(cloud, FAMILIES["UserProfile"], DomainIdEquals=other.identity["DomainId"])
    assert [item["UserProfileName"] for item in found] == ["other"]


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"MaxResults": 101}, "less than or equal to 100"),
        ({"StatusEquals": "Sleeping"}, "enum value set"),
        ({"NextToken": "unheard"}, "Invalid NextToken"),
    ],
)
def test_filters_and_tokens_are_checked(cloud: Cloud, request_: Document, message: str) -> None:
    with pytest.raises(ServiceError, match=message) as caught:
        cloud.call("ListNotebookInstances", **request_)
    assert caught.value.code == "ValidationException"


def test_a_notebook_instance_is_changed_and_deleted_at_rest(cloud: Cloud) -> None:
    make(cloud, "NotebookInstance", NotebookInstanceName="a", LifecycleConfigName="start")
    for operation in ("UpdateNotebookInstance", "DeleteNotebookInstance", "StartNotebookInstance"):
        with pytest.raises(ServiceError, match=r"Status \(InService\) not in \(\[Stopped") as caught:
            cloud.call(operation, NotebookInstanceName="a")
        assert caught.value.code == "ValidationException"
    cloud.call("StopNotebookInstance", NotebookInstanceName="a")
    cloud.call("UpdateNotebookInstance", NotebookInstanceName="a", DisassociateLifecycleConfig=True)
    found = cloud.call("DescribeNotebookInstance", NotebookInstanceName="a")
    assert found["NotebookInstanceStatus"] == "Stopped"
    assert "NotebookInstanceLifecycleConfigName" not in found
    cloud.call("StartNotebookInstance", NotebookInstanceName="a")
    assert (
        cloud.call("DescribeNotebookInstance", NotebookInstanceName="a")["NotebookInstanceStatus"]
        == "InService"
    )


def test_a_domain_with_profiles_is_in_use(cloud: Cloud) -> None:
    profile = make(cloud, "UserProfile")
    domain = {"DomainId": profile.identity["DomainId"]}
    with pytest.raises(ServiceError, match=r"because UserProfile\(s\) are associated with it") as caught:
        cloud.call("DeleteDomain", **domain)
    assert caught.value.code == "ResourceInUse"
    cloud.call("DeleteUserProfile", **profile.identity)
    cloud.call("DeleteDomain", **domain)


def test_a_profile_of_no_domain_is_not_made(cloud: Cloud) -> None:
    with pytest.raises(ServiceError, match="Domain d-none does not exist") as caught:
        cloud.call("CreateUserProfile", DomainId="d-none", UserProfileName="ada")
    assert caught.value.code == "ResourceNotFound"


def test_an_update_of_a_domain_keeps_the_settings_that_it_does_not_name(cloud: Cloud) -> None:
    role = "arn:aws:iam::123456789012:role/studio"
    made = make(cloud, "Domain", DefaultUserSettings={"ExecutionRole": role, "SecurityGroups": ["sg-1"]})
    changed = {"SecurityGroups": ["sg-2"]}
    cloud.call("UpdateDomain", **made.identity, DefaultUserSettings=changed)
    found = cloud.call("DescribeDomain", **made.identity)["DefaultUserSettings"]
    assert found == {"ExecutionRole": role, "SecurityGroups": ["sg-2"]}


def test_a_model_card_keeps_its_versions(cloud: Cloud) -> None:
    make(cloud, "ModelCard", ModelCardName="card", Content="{}")
    cloud.call("UpdateModelCard", ModelCardName="card", Content='{"a": 1}')
    cloud.call("UpdateModelCard", ModelCardName="card", ModelCardStatus="Approved")
    now = cloud.call("DescribeModelCard", ModelCardName="card")
    assert (now["ModelCardVersion"], now["Content"], now["ModelCardStatus"]) == (2, '{"a": 1}', "Approved")
    assert cloud.call("DescribeModelCard", ModelCardName="card", ModelCardVersion=1)["Content"] == "{}"
    versions = cloud.call("ListModelCardVersions", ModelCardName="card")["ModelCardVersionSummaryList"]
    assert [item["ModelCardVersion"] for item in versions] == [1, 2]  # type: ignore[attr-defined]
    with pytest.raises(ServiceError, match="version 7"):
        cloud.call("DescribeModelCard", ModelCardName="card", ModelCardVersion=7)


def test_image_versions_are_numbered_and_found_by_alias(cloud: Cloud) -> None:
    make(cloud, "Image", ImageName="tools")
    base = {"ImageName": "tools", "BaseImage": "tools:1"}
    for number, alias in ((1, "old"), (2, "new")):
        answer = cloud.call("CreateImageVersion", **base, ClientToken=f"token-{number}", Aliases=[alias])
        assert str(answer["ImageVersionArn"]).endswith(f":image-version/tools/{number}")
    again = cloud.call("CreateImageVersion", **base, ClientToken="token-2", Aliases=["new"])
    assert again == answer  # the same token has its effect once
    assert cloud.call("DescribeImageVersion", ImageName="tools")["Version"] == 2
    assert cloud.call("DescribeImageVersion", ImageName="tools", Alias="old")["Version"] == 1
    cloud.call("UpdateImageVersion", ImageName="tools", Alias="new", AliasesToAdd=["best"])
    assert cloud.call("ListAliases", ImageName="tools") == {
        "SageMakerImageVersionAliases": ["best", "new", "old"]
    }
    cloud.call("DeleteImage", ImageName="tools")
    with pytest.raises(ServiceError, match="Image with ImageName tools does not exist"):
        cloud.call("DescribeImageVersion", ImageName="tools")


def test_a_quota_is_changed_from_the_version_that_it_has(cloud: Cloud) -> None:
    made = make(cloud, "ComputeQuota")
    cloud.call("UpdateComputeQuota", **made.identity, TargetVersion=1, Description="new")
    with pytest.raises(ServiceError, match="is not at version 1") as caught:
        cloud.call("UpdateComputeQuota", **made.identity, TargetVersion=1, Description="newer")
    assert caught.value.code == "ConflictException"


def test_features_are_added_to_a_group(cloud: Cloud) -> None:
    make(
        cloud,
        "FeatureGroup",
        FeatureGroupName="g",
        FeatureDefinitions=[{"FeatureName": "id", "FeatureType": "String"}],
    )
    cloud.call(
        "UpdateFeatureGroup",
        FeatureGroupName="g",
        FeatureAdditions=[{"FeatureName": "x", "FeatureType": "Integral"}],
    )
    found = cloud.call("DescribeFeatureGroup", FeatureGroupName="g")
    assert [item["FeatureName"] for item in found["FeatureDefinitions"]] == ["id", "x"]  # type: ignore[attr-defined]
    assert found["LastUpdateStatus"] == {"Status": "Successful"}


def test_a_field_that_no_description_has_is_refused_by_name(cloud: Cloud) -> None:
    providers = [{"CfnTemplateProvider": {"TemplateName": "a", "TemplateURL": "https://example.com/a"}}]
    with pytest.raises(ServiceError, match="TemplateProviders is not supported by the local cloud"):
        cloud.call("CreateProject", ProjectName="project", TemplateProviders=providers)


def test_an_option_of_a_description_that_has_no_effect_is_refused_by_name(cloud: Cloud) -> None:
    made = make(cloud, "ModelCard")
    assert cloud.call("DescribeModelCard", **made.identity, IncludedData="AllData")["Content"]
    with pytest.raises(ServiceError, match="IncludedData is not supported by the local cloud"):
        cloud.call("DescribeModelCard", **made.identity, IncludedData="MetadataOnly")


def test_a_cluster_tells_what_it_was_given_under_the_names_of_its_description(cloud: Cloud) -> None:
    group = {
        "InstanceGroupName": "workers",
        "InstanceCount": 2,
        "MinInstanceCount": 1,
        "ExecutionRole": "arn:aws:iam::123456789012:role/cluster",
        "KubernetesConfig": {"Labels": {"a": "b"}},
    }
    made = make(cloud, "Cluster", InstanceGroups=[group])
    (found,) = cloud.listed("DescribeCluster", "InstanceGroups", **made.identity)
    assert (found["CurrentCount"], found["TargetCount"], found["MinCount"]) == (2, 2, 1)
    assert found["KubernetesConfig"] == {"CurrentLabels": {"a": "b"}, "DesiredLabels": {"a": "b"}}


def test_what_is_told_only_is_counted_by_its_type(cloud: Cloud) -> None:
    make(cloud, "UserProfile")
    cloud.call("CreateContext", ContextName="a", ContextType="b", Source={"SourceUri": "c"})
    assert cloud.sagemaker.told_only() == {"Domain": 1, "UserProfile": 1}
