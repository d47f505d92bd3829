"""What is measured of jobs: the processor time of their hosts, and what training programs print.

Source: developer guide, "Monitor Amazon SageMaker AI with Amazon CloudWatch" (jobs: "CPUUtilization … the sum
of each individual CPU core's utilization", by Host) and "Use Amazon CloudWatch metrics for monitoring and
analyzing training jobs" (TrainingJobName).
"""

import time
from collections.abc import Callable, Mapping

from localcloud.containers.container import Container
from localcloud.ports import Datum, Metrics
from localcloud.sagemaker.jobs.job import JobInfo

_SECONDS = 10.0  # between two looks; a first one comes earlier, since most jobs are short here
_FIRST = 0.5


class Utilization:
    """Tells CloudWatch how much of a processor each host of a job uses, while it runs.

    `hosts`: the containers by the names of the hosts.
    """

    def __init__(
        self,
        metrics: Metrics,
        info: JobInfo,
        hosts: Mapping[str, Container],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._metrics = metrics
        self._info = info
        self._hosts = hosts
        self._now = now
        begun = now()
        self._next = begun + _FIRST
        self._last = dict.fromkeys(hosts, (begun, 0.0))

    def look(self) -> None:
        """Measure, if it is time to."""
        now = self._now()
        if now < self._next:
            return
        self._next = now + _SECONDS
        data = []
        for host, container in self._hosts.items():
            used = container.cpu_seconds()
            before, earlier = self._last[host]
            if not used or used < earlier:  # not known; or a process has ended, whose time is gone with it
                self._last[host] = (now, used or earlier)
                continue
            self._last[host] = (now, used)
            percent = 100 * (used - earlier) / (now - before)
            data.append(Datum("CPUUtilization", percent, {"Host": f"{self._info.name}/{host}"}, "Percent"))
        if data:
            self._metrics.put(f"/aws/sagemaker/{self._info.kind}Jobs", data)


def observed(metrics: Metrics, info: JobInfo) -> Callable[[str, float], None]:
    """Give what tells CloudWatch of each value that a training program prints."""
    dimensions = {"TrainingJobName": info.name}

    def tell(name: str, value: float) -> None:
        metrics.put("/aws/sagemaker/TrainingJobs", [Datum(name, value, dimensions, "None")])

    return tell
