import pytest

from tests.unit.localcloud.sagemaker.cloud import Document
from tests.unit.localcloud.sagemaker.hosting.account import IMAGE, MODEL_DATA, Account

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model/model"


def test_a_model_is_described_as_it_was_created(account: Account) -> None:
    role = "arn:aws:iam::123456789012:role/models"
    container = {"Image": IMAGE, "Mode": "SingleModel", "Environment": {"SAGEMAKER_PROGRAM": "serve.py"}}
    answer = account.call(
        "CreateModel",
        ModelName="model",
        PrimaryContainer=container,
        ExecutionRoleArn=role,
        EnableNetworkIsolation=False,
        Tags=[{"Key": "team", "Value": "one"}],
    )
    assert answer == {"ModelArn": ARN}
    described = account.call("DescribeModel", ModelName="model")
    assert described.pop("CreationTime")
    assert described == {
        "ModelName": "model",
        "ModelArn": ARN,
        "PrimaryContainer": container,
        "ExecutionRoleArn": role,
        "EnableNetworkIsolation": False,
    }
    assert account.store.tags[ARN] == {"team": "one"}


def test_containers_may_have_one_entry(account: Account) -> None:
    account.call("CreateModel", ModelName="model", Containers=[{"Image": IMAGE, "ModelDataUrl": MODEL_DATA}])
    described = account.call("DescribeModel", ModelName="model")
    assert described["Containers"] == [{"Image": IMAGE, "ModelDataUrl": MODEL_DATA}]
    assert account.store.hosting.models["model"].container.image == IMAGE


def test_a_taken_name_is_refused_in_aws_words(account: Account) -> None:
    account.create_model()
    message = account.refusal("CreateModel", ModelName="model", PrimaryContainer={"Image": IMAGE})
    assert message == f'Cannot create already existing model "{ARN}".'


@pytest.mark.parametrize("operation", ["DescribeModel", "DeleteModel"])
def test_an_unknown_model_is_refused_in_aws_words(account: Account, operation: str) -> None:
    assert account.refusal(operation, ModelName="model") == f'Could not find model "{ARN}".'


def test_a_deleted_model_is_gone_with_its_tags(account: Account) -> None:
    account.create_model()
    account.call("DeleteModel", ModelName="model")
    assert account.call("ListModels") == {"Models": []}
    assert not account.store.tags


@pytest.mark.parametrize(
    ("container", "name"),
    [
        ({"Mode": "MultiModel"}, "Mode MultiModel"),
        ({"MultiModelConfig": {"ModelCacheSetting": "Enabled"}}, "MultiModelConfig"),
        ({"ImageConfig": {"RepositoryAccessMode": "Vpc"}}, "RepositoryAccessMode Vpc"),
        ({"InferenceSpecificationName": "first"}, "InferenceSpecificationName"),
        ({"ModelDataSource": {}}, "ModelDataSource"),
    ],
)
def test_containers_that_are_not_supported_are_refused_by_name(
    account: Account, container: dict[str, object], name: str
) -> None:
    message = account.refusal("CreateModel", ModelName="model", PrimaryContainer={"Image": IMAGE} | container)
    assert message == f"{name} is not supported by the local cloud."


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({}, "One of PrimaryContainer and Containers must be given."),
        ({"PrimaryContainer": {}}, "A container must have an Image or a ModelPackageName."),
        (
            {"Containers": [{"Image": IMAGE, "ContainerHostname": "a"}] * 2},
            "The ContainerHostname of each container must be unique.",
        ),
        (
            {"Containers": [{"Image": IMAGE}] * 2, "InferenceExecutionConfig": {"Mode": "Direct"}},
            "With the Mode Direct there must be Containers, each with a ContainerHostname.",
        ),
        (
            {"PrimaryContainer": {"Image": IMAGE}, "Containers": [{"Image": IMAGE}]},
            "Only one of PrimaryContainer and Containers can be given.",
        ),
        (
            {"PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": "https://host/m"}},
            "ModelDataUrl 'https://host/m' must be the S3 path of a single gzip compressed tar archive.",
        ),
    ],
)
def test_other_requests_that_cannot_work_are_refused(
    account: Account, request_: dict[str, object], message: str
) -> None:
    assert account.refusal("CreateModel", ModelName="model", **request_) == message


def test_models_are_listed_the_newest_first_and_page_by_page(account: Account) -> None:
    for name in ("b-model", "a-model", "other"):
        account.create_model(name)
    first = account.call("ListModels", MaxResults=2)
    rest = account.listed("ListModels", "Models", MaxResults=2, NextToken=first["NextToken"])
    assert [item["ModelName"] for item in rest] == ["b-model"]
    every = account.listed("ListModels", "Models")
    assert [item["ModelName"] for item in every] == ["other", "a-model", "b-model"]
    found = account.listed("ListModels", "Models", NameContains="model", SortBy="Name", SortOrder="Ascending")
    assert [item["ModelName"] for item in found] == ["a-model", "b-model"]


def register(account: Account, container: Document | None = None, **more: object) -> str:
    account.call("CreateModelPackageGroup", ModelPackageGroupName="group")
    container = container or {
        "Image": IMAGE,
        "ModelDataUrl": MODEL_DATA,
        "Environment": {"A": "1", "B": "2"},
    }
    answer = account.call(
        "CreateModelPackage",
        ModelPackageGroupName="group",
        InferenceSpecification={"Containers": [container]},
        **more,
    )
    return str(answer["ModelPackageArn"])


def test_a_model_package_is_resolved_through_the_registry(account: Account) -> None:
    arn = register(account, ModelApprovalStatus="Approved")
    given = {"ModelPackageName": arn, "Environment": {"B": "3"}}
    account.call("CreateModel", ModelName="model", PrimaryContainer=given)
    container = account.store.hosting.models["model"].container
    assert (container.image, container.model_data_url) == (IMAGE, MODEL_DATA)
    assert container.environment == {"A": "1", "B": "3"}
    assert account.call("DescribeModel", ModelName="model")["PrimaryContainer"] == given


def test_a_version_that_is_not_approved_cannot_be_deployed(account: Account) -> None:
    arn = register(account)
    message = account.refusal("CreateModel", ModelName="model", PrimaryContainer={"ModelPackageName": arn})
    assert message == (
        f"ModelPackage {arn} cannot be deployed: its ModelApprovalStatus is PendingManualApproval, and must "
        "be Approved."
    )


def test_a_package_whose_model_data_lies_elsewhere_cannot_be_deployed(account: Account) -> None:
    source = {"S3Uri": "s3://bucket/model/", "S3DataType": "S3Prefix", "CompressionType": "None"}
    container: Document = {"Image": IMAGE, "ModelDataSource": {"S3DataSource": source}}
    arn = register(account, container, ModelApprovalStatus="Approved")
    message = account.refusal("CreateModel", ModelName="model", PrimaryContainer={"ModelPackageName": arn})
    assert message == "ModelDataSource is not supported by the local cloud."


def test_an_unknown_package_is_refused(account: Account) -> None:
    message = account.refusal(
        "CreateModel", ModelName="model", PrimaryContainer={"ModelPackageName": "group/1"}
    )
    arn = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/group/1"
    assert message == f"ModelPackage {arn} does not exist."


def test_a_model_of_several_containers_is_described_as_it_was_given(account: Account) -> None:
    containers = [{"Image": IMAGE}, {"Image": IMAGE, "ContainerHostname": "second"}]
    mode = {"Mode": "Serial"}
    account.call("CreateModel", ModelName="model", Containers=containers, InferenceExecutionConfig=mode)
    described = account.call("DescribeModel", ModelName="model")
    assert (described["Containers"], described["InferenceExecutionConfig"]) == (containers, mode)
    container = account.store.hosting.models["model"].container
    assert [item.name for item in container.all] == ["container-1", "second"]
