"""How much of a processor and of the memory the hosts of jobs and the instances of endpoints use.

Source: developer guide, "Monitor Amazon SageMaker AI with Amazon CloudWatch", jobs and endpoint metrics:
"CPUUtilization … the sum of each individual CPU core's utilization", "MemoryUtilization … the percentage of
memory that is used by the containers on an instance". An instance has the memory of the machine.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from localcloud.containers.container import Container
from localcloud.ports import Datum, Metrics

_FIRST = 0.5
"""Seconds until the first look, and to the next one while nothing has used the processor: most jobs here are
short."""


@dataclass(slots=True)
class Instance:
    """A host or an instance: the dimensions of its metrics, its containers, what was seen of them last."""

    dimensions: Mapping[str, str]
    containers: Sequence[Container]
    seen: float = 0.0
    cpu_seconds: float = 0.0


class Utilization:
    """Tells CloudWatch what instances use, while they run.

    `every`: seconds between two looks.
    """

    def __init__(
        self,
        metrics: Metrics,
        namespace: str,
        instances: Sequence[Instance],
        every: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._metrics = metrics
        self._namespace = namespace
        self._instances = instances
        self._every = every
        self._now = now
        begun = now()
        self._next = begun + _FIRST
        self._patience = begun + every
        for instance in instances:
            instance.seen = begun

    def look(self) -> None:
        """Measure, if it is time to."""
        now = self._now()
        if now < self._next:
            return
        data = [datum for instance in self._instances for datum in _data(instance, now)]
        is_starting = now < self._patience and not all(instance.cpu_seconds for instance in self._instances)
        self._next = now + (_FIRST if is_starting else self._every)
        if data:
            self._metrics.put(self._namespace, data)


def _data(instance: Instance, now: float) -> list[Datum]:
    found = [container.usage() for container in instance.containers]
    usages = [usage for usage in found if usage is not None]
    if len(usages) < len(found):
        return []
    cpu_seconds, memory = sum(one.cpu_seconds for one in usages), sum(one.memory for one in usages)
    used, elapsed = cpu_seconds - instance.cpu_seconds, now - instance.seen
    instance.seen, instance.cpu_seconds = now, cpu_seconds or instance.cpu_seconds
    if not memory:  # none runs any more
        return []
    measured = {"MemoryUtilization": min(100.0, 100 * memory / _memory_of_the_machine())}
    if cpu_seconds and used >= 0:  # else nothing is known yet, or an ended process has taken its time with it
        measured["CPUUtilization"] = 100 * used / elapsed
    return [Datum(name, percent, instance.dimensions, "Percent") for name, percent in measured.items()]


def _memory_of_the_machine() -> int:
    import psutil  # noqa: PLC0415 - a container runs without it, too

    return int(psutil.virtual_memory().total)
