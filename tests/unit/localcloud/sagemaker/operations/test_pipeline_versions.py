"""Versions of pipelines: made, listed, named, described and started."""

import json
from typing import Any

import pytest

from localcloud.errors import ServiceError
from tests.unit.localcloud.sagemaker.cloud import Cloud, lambda_step


def _update(cloud: Cloud, step: str, **more: object) -> object:
    definition = json.dumps({"Version": "2020-12-01", "Steps": [lambda_step(step)]})
    return cloud.call("UpdatePipeline", PipelineName="pipeline", PipelineDefinition=definition, **more)


def _versions(cloud: Cloud, **request: object) -> list[tuple[object, object]]:
    listed = cloud.listed(
        "ListPipelineVersions", "PipelineVersionSummaries", PipelineName="pipeline", **request
    )
    return [(item["PipelineVersionId"], item.get("PipelineVersionAliases")) for item in listed]


def test_a_changed_definition_is_a_new_version(cloud: Cloud) -> None:
    arn = cloud.create(lambda_step("one"))
    assert _update(cloud, "two") == {"PipelineArn": arn, "PipelineVersionId": 2}
    assert _update(cloud, "two", PipelineDescription="new") == {"PipelineArn": arn, "PipelineVersionId": 2}
    assert _versions(cloud) == [(2, None), (1, None)]
    assert _versions(cloud, SortOrder="Ascending", MaxResults=1) == [(1, None)]
    first = cloud.call("DescribePipeline", PipelineName="pipeline", PipelineVersionId=1)
    assert json.loads(str(first["PipelineDefinition"]))["Steps"][0]["Name"] == "one"


def test_a_version_is_started_by_its_id_and_by_its_alias(cloud: Cloud) -> None:
    pipeline = cloud.create(lambda_step("one"), PipelineVersionAliases=["stable"])
    _update(cloud, "two", PipelineVersionAliases=["next"])
    latest, first, stable = (
        cloud.start(),
        cloud.start(PipelineVersionId=1),
        cloud.start(PipelineVersionAlias="stable"),
    )
    for arn in (latest, first, stable):
        cloud.wait_for_end(arn)
    assert [set(cloud.steps(arn)) for arn in (latest, first, stable)] == [{"two"}, {"one"}, {"one"}]
    assert [cloud.describe(arn)["PipelineVersionId"] for arn in (latest, first, stable)] == [2, 1, 1]
    of_alias = cloud.listed(
        "ListPipelineExecutions",
        "PipelineExecutionSummaries",
        PipelineName=pipeline,
        PipelineVersionAlias="stable",
    )
    assert {item["PipelineExecutionArn"] for item in of_alias} == {first, stable}
    last = cloud.listed("ListPipelineVersions", "PipelineVersionSummaries", PipelineName="pipeline")
    assert [item["LastExecutionPipelineExecutionArn"] for item in last] == [latest, stable]


def test_names_and_aliases_of_a_version_change(cloud: Cloud) -> None:
    arn = cloud.create(lambda_step("one"), PipelineVersionAliases=["stable", "old"])
    _update(cloud, "two")
    cloud.call(
        "UpdatePipelineVersion",
        PipelineArn=arn,
        PipelineVersionId=1,
        PipelineVersionDisplayName="first",
        PipelineVersionDescription="the first",
        PipelineVersionAliasOperations={"Add": ["kept"], "Remove": ["old"]},
    )
    described = cloud.call("DescribePipeline", PipelineName="pipeline", PipelineVersionAlias="kept")
    assert described["PipelineVersionDisplayName"] == "first"
    assert described["PipelineVersionDescription"] == "the first"
    assert described["PipelineVersionAliases"] == ["stable", "kept"]
    with pytest.raises(ServiceError, match="is assigned to version 1") as caught:
        cloud.call(
            "UpdatePipelineVersion",
            PipelineArn=arn,
            PipelineVersionId=2,
            PipelineVersionAliasOperations={"Add": ["kept"]},
        )
    assert caught.value.code == "ConflictException"


@pytest.mark.parametrize(
    ("request_", "code", "message"),
    [
        ({"PipelineVersionId": 7}, "ResourceNotFound", "has no version 7"),
        ({"PipelineVersionAlias": "none"}, "ResourceNotFound", "no version with alias 'none'"),
        (
            {"PipelineVersionId": 1, "PipelineVersionAlias": "a"},
            "ValidationException",
            "can't be specified together",
        ),
    ],
)
def test_versions_that_there_are_none_of_are_told(
    cloud: Cloud, request_: dict[str, Any], code: str, message: str
) -> None:
    cloud.create(lambda_step("one"))
    for call in (
        cloud.start,
        lambda **given: cloud.call("DescribePipeline", PipelineName="pipeline", **given),
    ):
        with pytest.raises(ServiceError, match=message) as caught:
            call(**request_)
        assert caught.value.code == code


def test_aliases_need_a_new_definition_and_a_letter(cloud: Cloud) -> None:
    with pytest.raises(ServiceError, match="numbers only"):
        cloud.create(lambda_step("one"), PipelineVersionAliases=["12"])
    cloud.create(lambda_step("one"))
    with pytest.raises(ServiceError, match="only when the update changes the pipeline definition"):
        _update(cloud, "one", PipelineVersionAliases=["a"])
