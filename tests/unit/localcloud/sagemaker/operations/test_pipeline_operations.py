"""Create-, Update-, Describe-, Delete- and ListPipelines."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from localcloud.errors import ServiceError
from localcloud.ports import Caller
from localcloud.sagemaker.api import SageMaker
from tests.unit.localcloud.sagemaker.cloud import (
    CALLER,
    ROLE,
    Cloud,
    Document,
    FakeHost,
    callback_step,
    fail_step,
    lambda_step,
)

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/pipeline"


def refusal(cloud: Cloud, operation: str, code: str = "ValidationException", **request: object) -> str:
    with pytest.raises(ServiceError) as caught:
        cloud.call(operation, **request)
    assert caught.value.code == code
    assert caught.value.status == 400
    return caught.value.message


def definition(*steps: Document) -> str:
    return json.dumps({"Version": "2020-12-01", "Steps": list(steps)})


def test_a_pipeline_is_described_as_it_was_created(cloud: Cloud) -> None:
    text = " " + definition(lambda_step("a"))
    arn = cloud.create(
        PipelineDefinition=text,
        PipelineDisplayName="Shown",
        PipelineDescription="",
        ParallelismConfiguration={"MaxParallelExecutionSteps": 7},
    )
    assert arn == ARN
    created = datetime(2026, 11, 21, 9, tzinfo=UTC)
    assert cloud.call("DescribePipeline", PipelineName="pipeline") == {
        "PipelineArn": ARN,
        "PipelineName": "pipeline",
        "PipelineDisplayName": "Shown",
        "PipelineDefinition": text,
        "PipelineDescription": "",
        "RoleArn": ROLE,
        "PipelineStatus": "Active",
        "CreationTime": created,
        "LastModifiedTime": created,
        "CreatedBy": {},
        "LastModifiedBy": {},
        "ParallelismConfiguration": {"MaxParallelExecutionSteps": 7},
    }
    assert cloud.call("DescribePipeline", PipelineName=ARN)["PipelineName"] == "pipeline"


def test_without_a_display_name_the_name_is_shown(cloud: Cloud) -> None:
    cloud.create(lambda_step("a"))
    assert cloud.call("DescribePipeline", PipelineName="pipeline")["PipelineDisplayName"] == "pipeline"


def test_a_definition_may_lie_in_s3(cloud: Cloud) -> None:
    text = definition(lambda_step("a", Description="Äpfel"))
    cloud.host.objects["bucket", "pipelines/a.json"] = text.encode()
    location = {"Bucket": "bucket", "ObjectKey": "pipelines/a.json"}
    cloud.create(PipelineDefinition=None, PipelineDefinitionS3Location=location)
    assert cloud.call("DescribePipeline", PipelineName="pipeline")["PipelineDefinition"] == text


def test_a_definition_can_be_an_older_version_of_an_object(cloud: Cloud) -> None:
    texts = [definition(lambda_step(name)) for name in ("old", "new")]
    cloud.host.objects["bucket", "key?versionId=v1"], cloud.host.objects["bucket", "key"] = map(
        str.encode, texts
    )
    location = {"Bucket": "bucket", "ObjectKey": "key", "VersionId": "v1"}
    cloud.create(PipelineDefinition=None, PipelineDefinitionS3Location=location)
    assert cloud.call("DescribePipeline", PipelineName="pipeline")["PipelineDefinition"] == texts[0]
    with pytest.raises(ServiceError, match="NoSuchKey"):
        cloud.create(
            name="other",
            PipelineDefinition=None,
            PipelineDefinitionS3Location=location | {"VersionId": "v2"},
        )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "s3://bucket/key. NoSuchKey: The specified key does not exist."),
        (b"\xff", "Unable to read pipeline definition."),
        (b" " * 4_200_000, "s3://bucket/key is larger than 4194304 bytes"),
        (b" " * 1_100_000, "too long (length: 1100000, maximum allowed: 1048576)"),
        (b"{", "Unable to parse pipeline definition. The definition is not JSON"),
    ],
)
def test_a_definition_in_s3_that_cannot_be_read_is_refused(
    cloud: Cloud, content: bytes | None, reason: str
) -> None:
    if content is not None:
        cloud.host.objects["bucket", "key"] = content
    with pytest.raises(ServiceError) as caught:
        cloud.create(
            PipelineDefinition=None, PipelineDefinitionS3Location={"Bucket": "bucket", "ObjectKey": "key"}
        )
    assert caught.value.code == "ValidationException"
    assert reason in caught.value.message


def test_a_definition_is_given_exactly_once(cloud: Cloud) -> None:
    with pytest.raises(
        ServiceError, match="Either Pipeline Definition or Pipeline Definition S3 location should"
    ):
        cloud.create(PipelineDefinition=None)
    with pytest.raises(
        ServiceError, match="Both Pipeline Definition and Pipeline Definition S3 Location shouldn't"
    ):
        cloud.create(PipelineDefinitionS3Location={"Bucket": "bucket", "ObjectKey": "key"})


def test_a_wrong_definition_is_refused_and_nothing_is_created(cloud: Cloud) -> None:
    with pytest.raises(ServiceError) as caught:
        cloud.create({"Name": "train", "Type": "EMR", "Arguments": {}})
    assert caught.value.code == "ValidationException"
    assert caught.value.message.startswith(
        "Unable to parse pipeline definition. Step 'train' is of type 'EMR'"
    )
    assert "does not exist" in refusal(cloud, "DescribePipeline", "ResourceNotFound", PipelineName="pipeline")


def test_names_are_unique(cloud: Cloud) -> None:
    cloud.create(lambda_step("a"))
    with pytest.raises(ServiceError, match=r"Pipeline with name \(pipeline\) already exists") as caught:
        cloud.create(lambda_step("a"))
    assert caught.value.code == "ValidationException"


def test_the_same_creation_may_be_asked_again_but_not_another_with_its_token(cloud: Cloud) -> None:
    token = cloud.token()
    for _ in range(2):
        assert cloud.create(lambda_step("a"), ClientRequestToken=token) == ARN
    with pytest.raises(ServiceError, match="was used with other parameters") as caught:
        cloud.create(lambda_step("b"), ClientRequestToken=token)
    assert caught.value.code == "ConflictException"


def test_a_creation_that_failed_may_be_tried_again_with_its_token(cloud: Cloud) -> None:
    cloud.create(lambda_step("a"))
    token = cloud.token()
    with pytest.raises(ServiceError, match="already exists"):
        cloud.create(lambda_step("b"), ClientRequestToken=token)
    cloud.call("DeletePipeline", PipelineName="pipeline", ClientRequestToken=cloud.token())
    assert cloud.create(lambda_step("b"), ClientRequestToken=token) == ARN


def test_accounts_and_regions_do_not_see_each_other(cloud: Cloud) -> None:
    cloud.create(lambda_step("a"))
    for stranger in (Caller("123456789012", "us-east-1"), Caller("210987654321", "eu-west-1")):
        assert cloud.sagemaker.call("ListPipelines", stranger, {}) == {"PipelineSummaries": []}
        for name in ("pipeline", ARN):
            with pytest.raises(ServiceError, match="does not exist"):
                cloud.sagemaker.call("DescribePipeline", stranger, {"PipelineName": name})


def test_an_update_replaces_what_it_names_and_leaves_the_rest(cloud: Cloud) -> None:
    cloud.create(lambda_step("a"), PipelineDescription="old")
    before = cloud.call("DescribePipeline", PipelineName="pipeline")
    text = definition(lambda_step("b"))
    assert cloud.call("UpdatePipeline", PipelineName="pipeline", PipelineDefinition=text) == {
        "PipelineArn": ARN,
        "PipelineVersionId": 2,
    }
    after = cloud.call("DescribePipeline", PipelineName="pipeline")
    modified = after["LastModifiedTime"]
    assert isinstance(modified, datetime)
    assert modified > before["LastModifiedTime"]  # type: ignore[operator]
    assert after == before | {"PipelineDefinition": text, "LastModifiedTime": modified}
    cloud.call("UpdatePipeline", PipelineName="pipeline", PipelineDescription="", PipelineDisplayName="New")
    after = cloud.call("DescribePipeline", PipelineName="pipeline")
    assert (after["PipelineDescription"], after["PipelineDisplayName"]) == ("", "New")


def test_an_update_with_a_wrong_definition_changes_nothing(cloud: Cloud) -> None:
    cloud.create(lambda_step("a"))
    before = cloud.call("DescribePipeline", PipelineName="pipeline")
    message = refusal(cloud, "UpdatePipeline", PipelineName="pipeline", PipelineDefinition="{}")
    assert message.startswith("Unable to parse pipeline definition.")
    assert cloud.call("DescribePipeline", PipelineName="pipeline") == before


def test_a_running_execution_keeps_the_definition_it_was_started_with(cloud: Cloud) -> None:
    cloud.create(callback_step("a"), lambda_step("old", DependsOn=["a"]))
    arn = cloud.start()
    token = cloud.wait_for_messages(1)[0]["token"]
    cloud.call("UpdatePipeline", PipelineName="pipeline", PipelineDefinition=definition(fail_step("new")))
    cloud.succeed(token)
    cloud.wait_for_end(arn)
    assert cloud.statuses(arn) == {"a": "Succeeded", "old": "Succeeded"}
    described = cloud.call("DescribePipelineDefinitionForExecution", PipelineExecutionArn=arn)
    assert "old" in str(described["PipelineDefinition"])


def test_what_does_not_exist_cannot_be_updated_or_deleted(cloud: Cloud) -> None:
    refusal(cloud, "UpdatePipeline", "ResourceNotFound", PipelineName="pipeline")
    refusal(
        cloud, "DeletePipeline", "ResourceNotFound", PipelineName="pipeline", ClientRequestToken=cloud.token()
    )


def test_a_pipeline_with_running_executions_cannot_be_deleted(cloud: Cloud) -> None:
    cloud.create(callback_step("a"))
    arn = cloud.start()
    token = cloud.wait_for_messages(1)[0]["token"]
    request: Document = {"PipelineName": "pipeline", "ClientRequestToken": cloud.token()}
    assert arn in refusal(cloud, "DeletePipeline", "ConflictException", **request)
    cloud.succeed(token)
    cloud.wait_for_end(arn)
    assert cloud.call("DeletePipeline", **request) == {"PipelineArn": ARN}
    assert cloud.call("DeletePipeline", **request) == {"PipelineArn": ARN}
    refusal(cloud, "DescribePipelineExecution", "ResourceNotFound", PipelineExecutionArn=arn)
    refusal(cloud, "SendPipelineExecutionStepSuccess", "ResourceNotFound", CallbackToken=token)
    refusal(cloud, "ListTags", ResourceArn=ARN)


def test_lists_are_sorted_filtered_and_cut_into_pages(cloud: Cloud) -> None:
    for name in ("beta", "alpha", "gamma", "alpine"):
        cloud.create(lambda_step("a"), name=name)

    def names(**request: object) -> list[str]:
        found: list[str] = []
        token: object = None
        while True:
            answer = cloud.call("ListPipelines", **request, NextToken=token)
            summaries = answer["PipelineSummaries"]
            assert isinstance(summaries, list)
            assert len(summaries) <= int(str(request.get("MaxResults", 100)))
            found += [summary["PipelineName"] for summary in summaries]
            token = answer.get("NextToken")
            if token is None:
                return found

    assert names() == ["alpine", "gamma", "alpha", "beta"]
    assert names(SortOrder="Ascending") == ["beta", "alpha", "gamma", "alpine"]
    assert names(SortBy="Name", SortOrder="Ascending") == ["alpha", "alpine", "beta", "gamma"]
    assert names(SortBy="Name", MaxResults=1) == ["gamma", "beta", "alpine", "alpha"]
    assert names(MaxResults=3, SortOrder="Ascending") == ["beta", "alpha", "gamma", "alpine"]
    assert names(PipelineNamePrefix="al", SortBy="Name") == ["alpine", "alpha"]
    created = cloud.call("DescribePipeline", PipelineName="alpha")["CreationTime"]
    assert names(CreatedAfter=created) == ["alpine", "gamma"]
    assert names(CreatedBefore=created) == ["beta"]
    assert isinstance(created, datetime)
    assert names(CreatedBefore=created.replace(tzinfo=None)) == ["beta"]


def test_a_page_is_not_disturbed_by_what_comes_or_goes_between(cloud: Cloud) -> None:
    for name in ("one", "two", "three"):
        cloud.create(lambda_step("a"), name=name)
    page = cloud.call("ListPipelines", MaxResults=2)
    cloud.create(lambda_step("a"), name="four")
    cloud.call("DeletePipeline", PipelineName="two", ClientRequestToken=cloud.token())
    rest = cloud.listed("ListPipelines", "PipelineSummaries", MaxResults=2, NextToken=page["NextToken"])
    assert [summary["PipelineName"] for summary in rest] == ["one"]


@pytest.mark.parametrize("token", ["x", "e30=", "W10", "WzEsICJhIiwgbnVsbF0=", "%%%"])
def test_a_token_that_no_page_gave_is_refused(cloud: Cloud, token: str) -> None:
    cloud.create(lambda_step("a"))
    assert refusal(cloud, "ListPipelines", NextToken=token) == "Invalid NextToken."


def test_a_token_of_a_list_in_another_order_is_refused(cloud: Cloud) -> None:
    for name in ("one", "two"):
        cloud.create(lambda_step("a"), name=name)
    token = cloud.call("ListPipelines", MaxResults=1)["NextToken"]
    assert refusal(cloud, "ListPipelines", NextToken=token, SortBy="Name") == "Invalid NextToken."


def test_the_last_run_is_told(cloud: Cloud) -> None:
    arn = cloud.run(lambda_step("a"))
    started = cloud.describe(arn)["CreationTime"]
    assert cloud.call("DescribePipeline", PipelineName="pipeline")["LastRunTime"] == started
    (summary,) = cloud.listed("ListPipelines", "PipelineSummaries")
    assert summary["LastExecutionTime"] == started


@pytest.mark.parametrize(
    ("operation", "member", "value"),
    [
        ("ListPipelines", "ManagedBy", "AWS"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(
    cloud: Cloud, operation: str, member: str, value: object
) -> None:
    cloud.create(lambda_step("a"))
    request: Document = {member: value}
    if operation != "ListPipelines":
        request["PipelineName"] = "pipeline"
    message = refusal(cloud, operation, "ValidationException", **request)
    assert message == f"{member} is not supported by the local cloud."


def test_an_operation_that_we_do_not_have_says_so(cloud: Cloud) -> None:
    with pytest.raises(ServiceError, match="does not have sagemaker:CreateAutoMLJob") as caught:
        cloud.sagemaker.call("CreateAutoMLJob", CALLER, {})
    assert caught.value.status == 501


def test_times_are_aware_and_in_utc_by_default() -> None:
    sagemaker = SageMaker(FakeHost())
    text = definition(lambda_step("a"))
    request = {
        "PipelineName": "p",
        "PipelineDefinition": text,
        "RoleArn": ROLE,
        "ClientRequestToken": "t" * 32,
    }
    sagemaker.call("CreatePipeline", CALLER, request)
    created = sagemaker.call("DescribePipeline", CALLER, {"PipelineName": "p"})["CreationTime"]
    sagemaker.close()
    assert isinstance(created, datetime)
    assert created.utcoffset() == timedelta(0)
