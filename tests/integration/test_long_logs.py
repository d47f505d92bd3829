"""A job that prints a lot: its log is whole, and not in memory."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.images import launched, put_data, train, training
from tests.integration.processes import linux, processes
from tests.integration.wire import Cloud

if TYPE_CHECKING:
    from mypy_boto3_logs.type_defs import GetLogEventsResponseTypeDef

pytestmark = [pytest.mark.integration, linux]

GROUP = "/aws/sagemaker/TrainingJobs"
MEGABYTES = 60


def resident(cloud: Cloud) -> int:
    """Give the most memory that any process of the local cloud has, in MB (proc(5), VmRSS)."""
    lines = [
        line
        for pid in processes(cloud.folder)
        for line in Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines()
    ]
    return max(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS"))


def read(cloud: Cloud, stream: str, **page: Any) -> "GetLogEventsResponseTypeDef":
    return cloud.logs.get_log_events(logGroupName=GROUP, logStreamName=stream, **page)


def test_a_long_log_is_whole_and_not_in_memory(tmp_path: Path) -> None:
    with launched(tmp_path) as (_, cloud):
        data = put_data(cloud, "1")
        train(cloud, training(data))
        before = resident(cloud)
        request = training(data, megabytes=str(MEGABYTES))
        assert train(cloud, request, seconds=300)["TrainingJobStatus"] == "Completed"
        assert resident(cloud) - before < MEGABYTES
        name = request["TrainingJobName"]
        [stream] = cloud.logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix=name)["logStreams"]
        assert stream["storedBytes"] > MEGABYTES * 1_000_000
        first = read(cloud, stream["logStreamName"], startFromHead=True)
        assert first["events"][0]["message"] == f"{'x' * 999_990}{0:10}"
        second = read(cloud, stream["logStreamName"], startFromHead=True, nextToken=first["nextForwardToken"])
        assert second["events"][0]["message"] == f"{'x' * 999_990}{1:10}"
        assert read(cloud, stream["logStreamName"])["events"][-1]["message"].startswith("sees us-west-2")
        found = cloud.logs.filter_log_events(logGroupName=GROUP, filterPattern="sees")["events"]
        assert [event["logStreamName"] for event in found].count(stream["logStreamName"]) == 1
