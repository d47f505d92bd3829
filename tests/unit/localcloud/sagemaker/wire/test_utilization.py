"""What instances use of the processor and of the memory, as CloudWatch is told."""

from collections.abc import Sequence
from typing import cast

from localcloud.containers.container import Container, Usage
from localcloud.ports import Datum
from localcloud.sagemaker.wire.utilization import Instance, Utilization


class FakeContainer:
    """A container whose use of the machine is told one after the other."""

    def __init__(self, *usages: Usage | None) -> None:
        self._usages = list(usages)

    def usage(self) -> Usage | None:
        return self._usages.pop(0)


class FakeMetrics:
    def __init__(self) -> None:
        self.found: list[dict[str, float]] = []

    def put(self, namespace: str, data: Sequence[Datum]) -> None:
        assert namespace == "here"
        self.found.append({datum.name: datum.value for datum in data})


def told(times: Sequence[float], *containers: FakeContainer) -> list[dict[str, float]]:
    """Give what is told of one instance with these containers, which begins at the first of these times."""
    metrics, clock = FakeMetrics(), iter(times)
    instances = [Instance({"Host": "algo-1"}, cast("Sequence[Container]", containers))]
    used = Utilization(metrics, "here", instances, 10.0, lambda: next(clock))
    for _ in times[1:]:
        used.look()
    return metrics.found


def test_an_instance_uses_what_all_its_containers_use() -> None:
    first, second = told(
        [0.0, 0.4, 1.0, 5.0, 11.0],
        FakeContainer(Usage(0.5, 1000), Usage(10.5, 2000)),
        FakeContainer(Usage(0.5, 1000), Usage(10.5, 2000)),
    )
    assert (first["CPUUtilization"], second["CPUUtilization"]) == (100.0, 200.0)
    assert (
        0 < first["MemoryUtilization"] < second["MemoryUtilization"] == 2 * first["MemoryUtilization"] < 100
    )


def test_a_process_that_has_ended_leaves_the_processor_out() -> None:
    container = FakeContainer(Usage(5.0, 1000), Usage(2.0, 1000), Usage(3.0, 1000))
    first, second, third = told([0.0, 10.0, 20.0, 30.0], container)
    assert (first["CPUUtilization"], third["CPUUtilization"]) == (50.0, 10.0)
    assert second.keys() == {"MemoryUtilization"}


def test_an_instance_that_only_starts_is_looked_at_again_soon() -> None:
    container = FakeContainer(Usage(0.0, 1000), Usage(0.0, 1000), Usage(1.5, 1000))
    found = told([0.0, 0.5, 0.7, 1.0, 1.5, 2.5], container)
    assert [datum.get("CPUUtilization") for datum in found] == [None, None, 300.0]
    (later,) = told([0.0, *range(10, 13)], FakeContainer(Usage(0.0, 1000)))
    assert later.keys() == {"MemoryUtilization"}


def test_what_is_not_known_is_not_told() -> None:
    assert told([0.0, 10.0], FakeContainer(None)) == []
    assert told([0.0, 10.0], FakeContainer(Usage(1.0, 1000)), FakeContainer(None)) == []
    assert told([0.0, 10.0], FakeContainer(Usage(0.0, 0))) == []
