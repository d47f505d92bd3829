"""Search for training jobs."""

from typing import Any

import pytest

from tests.unit.localcloud.sagemaker.cloud import Cloud, Document
from tests.unit.localcloud.sagemaker.jobs.containers import FakeContainer, FakeImages
from tests.unit.localcloud.sagemaker.jobs.requests import BUCKET, await_end, channel, refusal, training


def train(container: FakeContainer) -> int:
    better = "better" in container.read("input/config/hyperparameters.json")
    container.say("accuracy=0.9" if better else "accuracy=0.7")
    return 0


@pytest.fixture
def two_jobs(cloud: Cloud, images: FakeImages) -> Cloud:
    """A job `good` whose accuracy is 0.9, and a job `poor` whose accuracy is 0.7."""
    images.program = train
    cloud.host.objects[BUCKET, "test/b.csv"] = b"3,4\n"
    for name, kind, depth in (("good", "better", "3"), ("poor", "worse", "5")):
        request = training(
            name,
            HyperParameters={"kind": kind, "max-depth": depth},
            Tags=[{"Key": "team", "Value": kind}],
            InputDataConfig=[channel(), channel("test", f"s3://{BUCKET}/test/")],
        )
        algorithm = request["AlgorithmSpecification"]
        assert isinstance(algorithm, dict)
        algorithm["MetricDefinitions"] = [{"Name": "accuracy", "Regex": "accuracy=([0-9.]+)"}]
        cloud.call("CreateTrainingJob", **request)
        await_end(cloud, "Training", name)
    return cloud


def found(cloud: Cloud, expression: Document | None = None, **members: object) -> list[str]:
    """Give the names of the jobs that a search finds."""
    given = members if expression is None else members | {"SearchExpression": expression}
    answer: Any = cloud.call("Search", Resource="TrainingJob", **given)
    names = [item["TrainingJob"]["TrainingJobName"] for item in answer["Results"]]
    assert answer["TotalHits"]["Relation"] == "EqualTo"
    return names


def by(name: str, operator: str | None = None, value: str | None = None) -> Document:
    """Write a filter."""
    members = {"Name": name, "Operator": operator, "Value": value}
    return {key: item for key, item in members.items() if item is not None}


def test_the_job_that_made_a_model_is_found_with_all_that_describe_says(two_jobs: Cloud) -> None:
    artifacts = by("ModelArtifacts.S3ModelArtifacts", "Equals", f"s3://{BUCKET}/out/good/output/model.tar.gz")
    answer: Any = two_jobs.call("Search", Resource="TrainingJob", SearchExpression={"Filters": [artifacts]})
    described = two_jobs.call("DescribeTrainingJob", TrainingJobName="good")
    del described["ProfilingStatus"]
    [result] = answer["Results"]
    assert result["TrainingJob"] == described | {"Tags": [{"Key": "team", "Value": "better"}]}
    assert answer["TotalHits"] == {"Value": 1, "Relation": "EqualTo"}


@pytest.mark.parametrize(
    ("item", "names"),
    [
        (by("TrainingJobName", value="good"), ["good"]),
        (by("TrainingJobName", "NotEquals", "good"), ["poor"]),
        (by("TrainingJobName", "Contains", "oo"), ["poor", "good"]),
        (by("TrainingJobName", "In", "good,other"), ["good"]),
        (by("HyperParameters.max-depth", "Equals", "5"), ["poor"]),
        (by("HyperParameters.max-depth", "LessThan", "4.5"), ["good"]),
        (by("HyperParameters.max-depth", "GreaterThanOrEqualTo", "3"), ["poor", "good"]),
        (by("HyperParameters.kind", "GreaterThan", "3"), []),
        (by("Tags.team", "Equals", "better"), ["good"]),
        (by("Metrics.accuracy", "GreaterThan", "0.8"), ["good"]),
        (by("Metrics.accuracy", "LessThanOrEqualTo", "0.7"), ["poor"]),
        (by("Metrics.accuracy", "GreaterThanOrEqualTo", "0.7"), ["poor", "good"]),
        (by("Metrics.loss", "Exists"), []),
        (by("FailureReason", "NotExists"), ["poor", "good"]),
        (by("ResourceConfig.InstanceCount", "Equals", "1"), ["poor", "good"]),
        (by("EnableManagedSpotTraining", "Equals", "true"), []),
        (by("CreationTime", "LessThan", "2000-01-01T00:00:00"), []),
        (by("InputDataConfig.ChannelName", "Equals", "test"), ["poor", "good"]),
    ],
)
def test_a_filter(two_jobs: Cloud, item: Document, names: list[str]) -> None:
    assert found(two_jobs, {"Filters": [item]}) == names


def test_expressions_are_joined(two_jobs: Cloud) -> None:
    good, poor = by("TrainingJobName", value="good"), by("TrainingJobName", value="poor")
    assert found(two_jobs, {"Filters": [good, poor]}) == []
    assert found(two_jobs, {"Filters": [good, poor], "Operator": "Or"}) == ["poor", "good"]
    either = {"Filters": [good, poor], "Operator": "Or"}
    assert found(two_jobs, {"Filters": [good], "SubExpressions": [either]}) == ["good"]


def test_nested_filters_are_about_one_item(two_jobs: Cloud) -> None:
    def nested(channel_name: str) -> Document:
        filters = [
            by("InputDataConfig.ChannelName", "Equals", channel_name),
            by("InputDataConfig.DataSource.S3DataSource.S3Uri", "Contains", "/test/"),
        ]
        return {"NestedFilters": [{"NestedPropertyName": "InputDataConfig", "Filters": filters}]}

    assert found(two_jobs, nested("test")) == ["poor", "good"]
    assert found(two_jobs, nested("train")) == []


def test_results_are_ordered_and_come_in_pages(two_jobs: Cloud) -> None:
    assert found(two_jobs, SortBy="Metrics.accuracy") == ["good", "poor"]
    assert found(two_jobs, SortBy="HyperParameters.kind", SortOrder="Ascending") == ["good", "poor"]
    first: Any = two_jobs.call("Search", Resource="TrainingJob", MaxResults=1)
    assert (len(first["Results"]), first["TotalHits"]["Value"]) == (1, 2)
    assert found(two_jobs, MaxResults=1, NextToken=first["NextToken"]) == ["good"]


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"Resource": "HubContent"}, "Search for HubContent is not supported"),
        ({"SearchExpression": {"Filters": [by("RoleArn", "LessThan", "3")]}}, "text property RoleArn"),
        ({"SearchExpression": {"Filters": [by("CreationTime", "LessThan", "3 o'clock")]}}, "3 o'clock"),
        ({"VisibilityConditions": [{"Key": "a", "Value": "b"}]}, "VisibilityConditions is not supported"),
    ],
)
def test_what_cannot_be_searched_is_refused(two_jobs: Cloud, members: Document, words: str) -> None:
    assert words in refusal(two_jobs, "Search", {"Resource": "TrainingJob"} | members)


def test_names_of_properties_are_suggested(two_jobs: Cloud) -> None:
    def suggested(hint: str) -> list[str]:
        answer: Any = two_jobs.call(
            "GetSearchSuggestions",
            Resource="TrainingJob",
            SuggestionQuery={"PropertyNameQuery": {"PropertyNameHint": hint}},
        )
        return [item["PropertyName"] for item in answer["PropertyNameSuggestions"]]

    assert suggested("") == [
        "HyperParameters.kind",
        "HyperParameters.max-depth",
        "Metrics.accuracy",
        "Tags.team",
    ]
    assert suggested("HyperParameters.m") == ["HyperParameters.max-depth"]
    assert refusal(two_jobs, "GetSearchSuggestions", {"Resource": "Image"}).startswith(
        "Search for Image is not"
    )
