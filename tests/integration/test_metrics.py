"""CloudWatch metrics on the wire: what endpoints and jobs measure, and what a program puts."""

import json
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from tests.integration.images import deployed_endpoint, invoke, model, put_data, train, training
from tests.integration.raw import raw, signed
from tests.integration.wire import Cloud, eventually, refused

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def cloudwatch(cloud: Cloud) -> Any:
    return cloud.stack.client("cloudwatch")


def statistics(cloudwatch: Any, namespace: str, name: str, **dimensions: str) -> list[Any]:
    """Give the datapoints of the last hour."""
    now = datetime.now(UTC)
    found: list[Any] = cloudwatch.get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=60,
        Statistics=["Sum", "Average", "Maximum", "SampleCount"],
    )["Datapoints"]
    return found


def total(points: list[Any]) -> float:
    return float(sum(point["Sum"] for point in points))


def test_an_endpoint_counts_and_times_its_invocations(cloud: Cloud, cloudwatch: Any) -> None:
    endpoint = deployed_endpoint(cloud, model(cloud, "weights"))
    for body in ("1", "2", "fail"):
        try:
            invoke(cloud, endpoint, body)
        except Exception:
            assert body == "fail"
    of_endpoint = {"EndpointName": endpoint, "VariantName": "all"}

    def found(name: str) -> list[Any]:
        return statistics(cloudwatch, "AWS/SageMaker", name, **of_endpoint)

    assert total(found("Invocations")) == 3
    assert total(found("Invocation5XXErrors")) == 1
    assert total(found("Invocation4XXErrors")) == 0
    latencies = found("ModelLatency")
    assert sum(point["SampleCount"] for point in latencies) == 3
    assert {point["Unit"] for point in latencies} == {"Microseconds"}
    assert all(0 < point["Average"] < 60e6 for point in latencies)
    for name in ("CPUUtilization", "MemoryUtilization"):
        used = eventually(
            partial(statistics, cloudwatch, "/aws/sagemaker/Endpoints", name, **of_endpoint), seconds=60
        )
        assert {point["Unit"] for point in used} == {"Percent"}
        assert all(0 <= point["Average"] < 6400 for point in used)
    listed = cloudwatch.list_metrics(
        Namespace="AWS/SageMaker", Dimensions=[{"Name": "EndpointName", "Value": endpoint}]
    )
    assert {"Invocations", "ModelLatency", "OverheadLatency"} <= {
        item["MetricName"] for item in listed["Metrics"]
    }


def test_a_training_job_tells_what_it_prints_and_what_it_uses(cloud: Cloud, cloudwatch: Any) -> None:
    name = train(cloud, training(put_data(cloud, "1", "2"), seconds="2"))["TrainingJobName"]
    namespace = "/aws/sagemaker/TrainingJobs"
    assert total(statistics(cloudwatch, namespace, "accuracy", TrainingJobName=name)) == 0.75
    used = statistics(cloudwatch, namespace, "CPUUtilization", Host=f"{name}/algo-1")
    assert {point["Unit"] for point in used} == {"Percent"}
    assert all(0 < point["Average"] < 6400 for point in used)
    memory = statistics(cloudwatch, namespace, "MemoryUtilization", Host=f"{name}/algo-1")
    assert all(0 < point["Average"] <= 100 for point in memory)
    assert memory
    query = {
        "Id": "accuracy",
        "MetricStat": {
            "Metric": {
                "Namespace": namespace,
                "MetricName": "accuracy",
                "Dimensions": [{"Name": "TrainingJobName", "Value": name}],
            },
            "Period": 60,
            "Stat": "Maximum",
        },
    }
    now = datetime.now(UTC)
    (result,) = cloudwatch.get_metric_data(
        MetricDataQueries=[query], StartTime=now - timedelta(hours=1), EndTime=now + timedelta(minutes=1)
    )["MetricDataResults"]
    assert (result["Id"], result["Values"], result["StatusCode"]) == ("accuracy", [0.75], "Complete")


def test_a_program_puts_metrics_of_its_own(cloud: Cloud, cloudwatch: Any) -> None:
    cloudwatch.put_metric_data(
        Namespace="Mine",
        MetricData=[{"MetricName": "depth", "Values": [1.0, 3.0], "Counts": [1.0, 2.0], "Unit": "Count"}],
    )
    (point,) = eventually(lambda: statistics(cloudwatch, "Mine", "depth"), seconds=60)
    assert (point["Sum"], point["Maximum"], point["Unit"]) == (7.0, 3.0, "Count")
    with refused("InvalidParameterValue", "AWS/"):
        cloudwatch.put_metric_data(Namespace="AWS/Mine", MetricData=[{"MetricName": "a", "Value": 1.0}])


def test_a_function_costs_no_request_to_cloudwatch(cloud: Cloud) -> None:
    def sent() -> int:
        target = "/_sagestep/permissions"
        rows = json.loads(raw(cloud, "GET", target, **signed(cloud, "GET", target)).text)["not_asked"]
        return sum(row["count"] for row in rows if row["operation"] == "cloudwatch:PutMetricData")

    before, function = sent(), cloud.function()
    for number in range(3):
        cloud.invoke(function, {"a": number})
    time.sleep(1)  # such a request would be sent after the answer
    assert sent() == before
