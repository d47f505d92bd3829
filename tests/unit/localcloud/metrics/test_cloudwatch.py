"""CloudWatch metrics: what is put is found again by the minute, and memory has a limit."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from localcloud.errors import ServiceError
from localcloud.metrics import store
from localcloud.metrics.api import CloudWatch
from localcloud.metrics.series import Summary
from localcloud.ports import Caller, Datum

NOW = datetime(2026, 11, 27, 12, 0, 30, tzinfo=UTC)
CALLER = Caller("123456789012", "eu-west-1")
RANGE: dict[str, Any] = {"StartTime": NOW - timedelta(hours=1), "EndTime": NOW + timedelta(minutes=1)}
METRIC: dict[str, Any] = {
    "Namespace": "Mine", "MetricName": "depth", "Dimensions": [{"Name": "Host", "Value": "a"}]
}  # fmt: skip


@pytest.fixture
def cloudwatch() -> CloudWatch:
    return CloudWatch(lambda: NOW)


def call(cloudwatch: CloudWatch, operation: str, **request: Any) -> Any:
    return cloudwatch.call(operation, CALLER, request)


def put(cloudwatch: CloudWatch, **datum: Any) -> None:
    given = {"MetricName": "depth", "Dimensions": METRIC["Dimensions"]} | datum
    call(cloudwatch, "PutMetricData", Namespace="Mine", MetricData=[given])


def statistics(cloudwatch: CloudWatch, **request: Any) -> Any:
    answer = call(cloudwatch, "GetMetricStatistics", **(METRIC | RANGE | {"Period": 60} | request))
    return answer["Datapoints"]


def refusal(cloudwatch: CloudWatch, operation: str, request: Mapping[str, Any]) -> tuple[str, str]:
    with pytest.raises(ServiceError) as caught:
        call(cloudwatch, operation, **request)
    return caught.value.code, caught.value.message


def test_values_of_a_minute_are_summed_up(cloudwatch: CloudWatch) -> None:
    for value in (1, 2, 6):
        put(cloudwatch, Value=value, Unit="Count")
    put(cloudwatch, Value=10, Unit="Count", Timestamp=NOW - timedelta(minutes=2))
    names = ["SampleCount", "Sum", "Average", "Minimum", "Maximum"]
    earlier, now = statistics(cloudwatch, Statistics=names, ExtendedStatistics=["p50"])
    assert earlier["Average"] == 10
    assert [now[name] for name in names] == [3, 9, 3, 1, 6]
    assert (now["Unit"], now["ExtendedStatistics"]) == ("Count", {"p50": 2})
    assert now["Timestamp"] == NOW.replace(second=0)
    hours = statistics(cloudwatch, Statistics=["Sum"], Period=3600, StartTime=NOW - timedelta(minutes=5))
    assert [hour["Sum"] for hour in hours] == [10, 9]  # an hour has begun between them


def test_sets_and_counts_are_values_too(cloudwatch: CloudWatch) -> None:
    put(cloudwatch, Values=[1, 2], Counts=[3, 1])
    put(cloudwatch, StatisticValues={"SampleCount": 2, "Sum": 8, "Minimum": 3, "Maximum": 5})
    (point,) = statistics(cloudwatch, Statistics=["Sum", "Maximum"], ExtendedStatistics=["p90"])
    assert (point["Sum"], point["Maximum"]) == (13, 5)
    assert "ExtendedStatistics" not in point  # a set tells no values


def test_metrics_are_listed_by_what_they_have(cloudwatch: CloudWatch) -> None:
    put(cloudwatch, Value=1)
    put(cloudwatch, MetricName="loss", Value=1, Dimensions=[], Timestamp=NOW - timedelta(hours=5))
    cloudwatch.record(CALLER, "AWS/SageMaker", [Datum("Invocations", 1, {"EndpointName": "e"}, "None")])

    def names(**request: Any) -> list[str]:
        return [item["MetricName"] for item in call(cloudwatch, "ListMetrics", **request)["Metrics"]]

    assert names() == ["Invocations", "depth", "loss"]
    assert names(Namespace="Mine", RecentlyActive="PT3H") == ["depth"]
    assert names(Dimensions=[{"Name": "Host"}]) == ["depth"]
    assert names(Dimensions=[{"Name": "Host", "Value": "b"}]) == []
    other = Caller("210987654321", "eu-west-1")
    assert cloudwatch.call("ListMetrics", other, {}) == {"Metrics": []}


def test_a_page_of_data_goes_on_with_the_next_query(cloudwatch: CloudWatch) -> None:
    for minutes in range(3):
        put(cloudwatch, Value=minutes, Timestamp=NOW - timedelta(minutes=minutes))
    stat = {"Metric": METRIC, "Period": 60, "Stat": "Average"}
    request: dict[str, Any] = {"MetricDataQueries": [{"Id": one, "MetricStat": stat} for one in "ab"]}
    request |= {**RANGE, "MaxDatapoints": 2}
    pages = []
    while True:
        answer = call(cloudwatch, "GetMetricData", **request)
        pages.append([one["Values"] for one in answer["MetricDataResults"]])
        if (token := answer.get("NextToken")) is None:
            break
        request["NextToken"] = token
    assert pages == [[[0, 1], []], [[2], [0]], [[], [1, 2]]]


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), 1e200])
def test_numbers_that_cloudwatch_does_not_keep_are_refused(cloudwatch: CloudWatch, number: float) -> None:
    a_set = {"SampleCount": 1, "Sum": number, "Minimum": 0, "Maximum": 1}
    for datum in ({"Value": number}, {"Values": [1, number]}, {"StatisticValues": a_set}):
        request = {"Namespace": "Mine", "MetricData": [{"MetricName": "depth", **datum}]}
        code, message = refusal(cloudwatch, "PutMetricData", request)
        assert (code, "from -2^360 to 2^360" in message) == ("InvalidParameterValue", True)
    assert call(cloudwatch, "ListMetrics") == {"Metrics": []}


def test_data_comes_newest_first_and_in_pages(cloudwatch: CloudWatch) -> None:
    for minutes in range(3):
        put(cloudwatch, Value=minutes, Timestamp=NOW - timedelta(minutes=minutes))
    stat = {"Metric": METRIC, "Period": 60, "Stat": "Average"}
    queries = [{"Id": "a", "MetricStat": stat}, {"Id": "b", "MetricStat": stat, "ReturnData": False}]
    request = {"MetricDataQueries": queries, **RANGE}
    (result,) = call(cloudwatch, "GetMetricData", **request)["MetricDataResults"]
    assert (result["Id"], result["Label"], result["Values"]) == ("a", "depth", [0, 1, 2])
    first = call(cloudwatch, "GetMetricData", **request, MaxDatapoints=2, ScanBy="TimestampAscending")
    assert first["MetricDataResults"][0]["Values"] == [2, 1]
    assert first["MetricDataResults"][0]["StatusCode"] == "PartialData"
    rest = call(
        cloudwatch,
        "GetMetricData",
        **request,
        MaxDatapoints=2,
        ScanBy="TimestampAscending",
        NextToken=first["NextToken"],
    )
    assert rest["MetricDataResults"][0]["Values"] == [0]
    assert "NextToken" not in rest


@pytest.mark.parametrize(
    ("operation", "request_", "code"),
    [
        (
            "PutMetricData",
            {"Namespace": "AWS/Own", "MetricData": [{"MetricName": "a", "Value": 1}]},
            "InvalidParameterValue",
        ),
        ("PutMetricData", {"Namespace": "Mine"}, "MissingParameter"),
        (
            "PutMetricData",
            {"Namespace": "Mine", "MetricData": [{"MetricName": "a"}]},
            "InvalidParameterCombination",
        ),
        (
            "PutMetricData",
            {
                "Namespace": "Mine",
                "MetricData": [{"MetricName": "a", "Value": 1, "Timestamp": NOW - timedelta(days=20)}],
            },
            "InvalidParameterValue",
        ),
        ("PutMetricData", {"MetricData": []}, "ValidationError"),
        ("GetMetricStatistics", {**METRIC, **RANGE, "Period": 60}, "InvalidParameterCombination"),
        (
            "GetMetricStatistics",
            {**METRIC, **RANGE, "Period": 5, "Statistics": ["Sum"]},
            "InvalidParameterValue",
        ),
        (
            "GetMetricStatistics",
            {**METRIC, "StartTime": NOW, "EndTime": NOW, "Period": 60, "Statistics": ["Sum"]},
            "InvalidParameterValue",
        ),
        (
            "GetMetricStatistics",
            {**METRIC, **RANGE, "StartTime": NOW - timedelta(days=9), "Period": 60, "Statistics": ["Sum"]},
            "InvalidParameterCombination",
        ),
        (
            "GetMetricStatistics",
            {**METRIC, **RANGE, "Period": 60, "ExtendedStatistics": ["tm99"]},
            "InvalidParameterValue",
        ),
        (
            "GetMetricData",
            {"MetricDataQueries": [{"Id": "a", "Expression": "1+1"}], **RANGE},
            "InvalidParameterValue",
        ),
        ("ListMetrics", {"NextToken": "x"}, "InvalidNextToken"),
    ],
)
def test_what_is_refused(cloudwatch: CloudWatch, operation: str, request_: dict[str, Any], code: str) -> None:
    assert refusal(cloudwatch, operation, request_)[0] == code


def test_many_values_are_rounded_and_few_are_not() -> None:
    summary = Summary()
    for number in range(10_000):
        summary.add(1000 + number / 7)
    assert len(summary.values) <= 200
    assert summary.count == 10_000
    median = summary.statistic("p50")
    assert median is not None
    assert abs(median - 1714) < 1714 * 0.05


def test_memory_has_a_limit(monkeypatch: pytest.MonkeyPatch, cloudwatch: CloudWatch) -> None:
    monkeypatch.setattr(store, "_MOST_MINUTES", 3)
    for name in ("first", "second", "third", "fourth"):
        put(cloudwatch, MetricName=name, Value=1)
    found = [item["MetricName"] for item in call(cloudwatch, "ListMetrics")["Metrics"]]
    assert found == ["fourth", "second", "third"]


def test_what_is_saved_is_kept(cloudwatch: CloudWatch) -> None:
    put(cloudwatch, Value=3)
    again = CloudWatch(lambda: NOW)
    again.fill(cloudwatch.contents())
    assert statistics(again, Statistics=["Sum"])[0]["Sum"] == 3
    put(again, Value=4)
    assert statistics(again, Statistics=["Sum"])[0]["Sum"] == 7
    assert statistics(cloudwatch, Statistics=["Sum"])[0]["Sum"] == 3


def test_what_services_measure_is_to_be_saved(cloudwatch: CloudWatch) -> None:
    cloudwatch.contents()
    assert not cloudwatch.is_busy()
    cloudwatch.record(CALLER, "AWS/SageMaker", [Datum("Invocations", 1, {"EndpointName": "e"}, "None")])
    assert cloudwatch.is_busy()
    cloudwatch.contents()
    assert not cloudwatch.is_busy()
