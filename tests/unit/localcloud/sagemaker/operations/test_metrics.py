"""The service ``sagemaker-metrics``: values of trial components, their summaries, reading them by step."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from localcloud.errors import ServiceError
from tests.unit.localcloud.sagemaker.cloud import CALLER, Cloud

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)  # by the clock of the cloud
METRIC = {"MetricStat": "Last", "Period": "IterationNumber", "XAxisType": "IterationNumber"}


def put(cloud: Cloud, *data: tuple[float, int | None, float], name: str = "loss") -> Any:
    """Put values, each with its time in seconds from now and its step."""
    items = [
        {"MetricName": name, "Timestamp": NOW + timedelta(seconds=late), "Value": value}
        | ({} if step is None else {"Step": step})
        for late, step, value in data
    ]
    request = {"TrialComponentName": "train", "MetricData": items}
    return cloud.sagemaker.metrics.call("BatchPutMetrics", CALLER, request)


def read(cloud: Cloud, *queries: dict[str, object]) -> Sequence[Any]:
    arn = cloud.call("DescribeTrialComponent", TrialComponentName="train")["TrialComponentArn"]
    whole = [{"MetricName": "loss", "ResourceArn": arn, **METRIC, **query} for query in queries]
    answer: Any = cloud.sagemaker.metrics.call("BatchGetMetrics", CALLER, {"MetricQueries": whole})
    found: Sequence[Any] = answer["MetricQueryResults"]
    return found


def summaries(cloud: Cloud) -> Any:
    return cloud.call("DescribeTrialComponent", TrialComponentName="train").get("Metrics")


@pytest.fixture
def component(cloud: Cloud) -> Cloud:
    cloud.call("CreateTrialComponent", TrialComponentName="train")
    return cloud


def test_a_component_summarizes_what_was_put(component: Cloud) -> None:
    assert put(component, (0, 1, 4.0), (20, 3, 1.0), (10, 2, 1.0)) == {}
    put(component, (0, None, 0.5), name="accuracy")
    accuracy, loss = summaries(component)
    assert (accuracy["MetricName"], accuracy["Count"], accuracy["StdDev"]) == ("accuracy", 1, 0.0)
    told = {name: loss[name] for name in ("Max", "Min", "Last", "Count", "Avg", "StdDev")}
    assert told == {
        "Max": 4.0,
        "Min": 1.0,
        "Last": 1.0,
        "Count": 3,
        "Avg": 2.0,
        "StdDev": pytest.approx(1.414, abs=0.001),
    }
    assert loss["TimeStamp"] - accuracy["TimeStamp"] == timedelta(seconds=20)
    assert loss["SourceArn"].endswith(":experiment-trial-component/train")


def test_values_are_read_by_step(component: Cloud) -> None:
    put(component, (0, 1, 4.0), (1, 2, 3.0), (3, 2, 1.0), (2, 2, 5.0), (4, 3, 0.5), (5, None, 9.0))
    last, most, some, none = read(
        component,
        {},
        {"MetricStat": "Max"},
        {"Start": 2, "End": 2, "MetricStat": "Count"},
        {"MetricName": "no"},
    )
    assert last == {"Status": "Complete", "XAxisValues": [1, 2, 3], "MetricValues": [4.0, 1.0, 0.5]}
    assert (most["MetricValues"], some["MetricValues"], none["MetricValues"]) == ([4.0, 5.0, 0.5], [3.0], [])


def test_what_cannot_be_read_is_told_in_the_result(component: Cloud) -> None:
    gone = "arn:aws:sagemaker:us-west-2:000000000000:experiment-trial-component/gone"
    by_time, unknown, fine = read(
        component, {"XAxisType": "Timestamp", "Period": "OneMinute"}, {"ResourceArn": gone}, {}
    )
    assert (by_time["Status"], unknown["Status"], fine["Status"]) == (
        "ValidationError",
        "ValidationError",
        "Complete",
    )
    assert "IterationNumber alone" in by_time["Message"]
    assert unknown["Message"] == f"There is no trial component {gone}."


@pytest.mark.parametrize("late", [-15 * 86400, 3 * 3600])
def test_a_value_of_another_time_is_refused_and_the_others_are_kept(component: Cloud, late: float) -> None:
    answer = put(component, (0, 1, 1.0), (late, 2, 2.0))
    assert answer == {"Errors": [{"Code": "VALIDATION_ERROR", "MetricIndex": 1}]}
    assert [item["Count"] for item in summaries(component)] == [1]


def test_a_component_that_is_not_there_is_refused(cloud: Cloud) -> None:
    with pytest.raises(ServiceError, match="train") as refused:
        put(cloud, (0, 1, 1.0))
    assert refused.value.code == "ResourceNotFound"


def test_a_request_that_breaks_the_model_is_refused(component: Cloud) -> None:
    with pytest.raises(ServiceError, match="metricData"):
        put(component)


def test_a_component_is_found_by_its_metrics(component: Cloud) -> None:
    put(component, (0, 1, 4.0), (1, 2, 1.0))
    for name, value, found in (("Metrics.loss.Min", "2", True), ("Metrics.loss.Max", "2", False)):
        item = {"Name": name, "Operator": "LessThan", "Value": value}
        results = component.listed(
            "Search",
            "Results",
            Resource="ExperimentTrialComponent",
            SearchExpression={"Filters": [item]},
        )
        assert bool(results) is found


def test_values_whose_sum_is_beyond_all_floats_are_summarized(component: Cloud) -> None:
    put(component, (0, 1, 1.5e308), (1, 1, 1.5e308))
    (loss,) = summaries(component)
    assert (loss["Avg"], loss["StdDev"]) == (1.5e308, 0.0)
    (average,) = read(component, {"MetricStat": "Avg"})
    assert average["MetricValues"] == [1.5e308]


def test_a_whole_number_that_no_double_holds_is_refused(component: Cloud) -> None:
    with pytest.raises(ServiceError) as refused:
        put(component, (0, 1, 10**400))
    assert refused.value.code == "SerializationException"


def test_what_is_put_leaves_the_other_summaries_as_they_are(component: Cloud) -> None:
    put(component, (0, 1, 4.0))
    (before,) = summaries(component)
    put(component, (0, 1, 0.5), name="accuracy")
    assert [item["MetricName"] for item in summaries(component)] == ["accuracy", "loss"]
    assert summaries(component)[1] == before
