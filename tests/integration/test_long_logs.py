"""A job that prints a lot: its log is whole, and not in memory."""

from pathlib import Path

import pytest

from tests.integration.images import launched, put_data, train, training
from tests.integration.processes import linux, processes
from tests.integration.wire import Cloud

pytestmark = [pytest.mark.integration, linux]

GROUP = "/aws/sagemaker/TrainingJobs"
MEGABYTES = 60


def resident(cloud: Cloud) -> int:
    """Give the most memory that any process of the local cloud has, in MB (proc(5), VmRSS)."""
    sizes = []
    for pid in processes(cloud.folder):
        for line in Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines():
            if line.startswith("VmRSS"):
                sizes.append(int(line.split()[1]) // 1024)
    return max(sizes)


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
        where = {"logGroupName": GROUP, "logStreamName": stream["logStreamName"]}
        first = cloud.logs.get_log_events(**where, startFromHead=True)
        assert first["events"][1]["message"] == f"{'x' * 999_990}{0:10}"
        second = cloud.logs.get_log_events(**where, nextToken=first["nextForwardToken"], startFromHead=True)
        assert second["events"][0]["message"] == f"{'x' * 999_990}{1:10}"
        last = cloud.logs.get_log_events(**where)["events"][-1]["message"]
        assert last.startswith("sees us-west-2")
        found = cloud.logs.filter_log_events(logGroupName=GROUP, filterPattern="sees")["events"]
        assert [event["logStreamName"] for event in found].count(stream["logStreamName"]) == 1
