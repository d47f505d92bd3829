"""The service ``sagemaker-metrics``: what programs measure for a trial component, and summaries of it.

Source: API reference of Amazon SageMaker Metrics (BatchPutMetrics, BatchGetMetrics), and
TrialComponentMetricSummary of SageMaker; times that are taken: ``METRIC_TS_LOWER_BOUND_TO_NOW`` of the
SageMaker SDK. StdDev is that of all values. AWS does not document the unit of times as x values, so metrics
are read by iteration alone.
"""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from localcloud.ports import Caller
from localcloud.sagemaker.clock import Clock
from localcloud.sagemaker.operations.experiments import COMPONENT
from localcloud.sagemaker.records.document import Record
from localcloud.sagemaker.store import Store
from localcloud.validation import validate

SERVICE = "sagemaker-metrics"

_OLDEST, _NEWEST = timedelta(days=14), timedelta(hours=2)
_MOST = 100_000  # values that a component keeps: what it takes is bounded
_VALUES = "MetricValues"
"""The member of a component's document with all values; no answer of SageMaker has it."""


def _mean(values: Sequence[float]) -> float:
    """Give the mean, also where the sum is beyond all floats."""
    try:
        return statistics.fmean(values)
    except OverflowError:
        return math.fsum(value / len(values) for value in values)


_STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "Max": max,
    "Min": min,
    "Last": lambda values: values[-1],
    "Count": len,
    "Avg": _mean,
    "StdDev": statistics.pstdev,
}

Value = tuple[datetime, int | None, float]
"""When, at which step, and what."""


class SageMakerMetrics:
    """The service, for every account and region."""

    OPERATIONS: frozenset[str] = frozenset({"BatchGetMetrics", "BatchPutMetrics"})

    def __init__(self, store: Callable[[Caller], Store], clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def call(self, operation: str, caller: Caller, request: Mapping[str, Any]) -> dict[str, object]:
        """Carry out one operation; `ServiceError` as AWS answers."""
        validate(SERVICE, operation, request)
        store = self._store(caller)
        with store.lock:
            if operation == "BatchPutMetrics":
                _, component = store.records.get(COMPONENT, request)
                return self._put(component, request["MetricData"])
            components = {record.arn: record for record in store.records.of(COMPONENT).values()}
            return {"MetricQueryResults": [_result(components, query) for query in request["MetricQueries"]]}

    def close(self) -> None:
        """End: nothing of it runs."""

    def _put(self, component: Record, data: Sequence[Mapping[str, Any]]) -> dict[str, object]:
        kept = {name: list(values) for name, values in _values(component).items()}
        now, errors, changed = self._clock(), [], set[str]()
        for number, item in enumerate(data):
            time = item["Timestamp"] if item["Timestamp"].tzinfo else item["Timestamp"].replace(tzinfo=UTC)
            if not (now - _OLDEST <= time <= now + _NEWEST and math.isfinite(item["Value"])):
                errors.append({"Code": "VALIDATION_ERROR", "MetricIndex": number})
            elif sum(map(len, kept.values())) >= _MOST:
                errors.append({"Code": "METRIC_LIMIT_EXCEEDED", "MetricIndex": number})
            else:
                changed.add(name := item["MetricName"])
                kept.setdefault(name, []).append((time, item.get("Step"), float(item["Value"])))
        component.document[_VALUES] = kept
        before = component.document.get("Metrics") or []
        assert isinstance(before, list)
        told = {summary["MetricName"]: summary for summary in before}
        told |= {name: _summary(component, name, kept[name]) for name in changed}
        component.document["Metrics"] = [told[name] for name in sorted(told)]
        return {"Errors": errors} if errors else {}


def _values(component: Record) -> Mapping[str, Sequence[Value]]:
    found = component.document.get(_VALUES, {})
    assert isinstance(found, Mapping)
    return found


def _summary(component: Record, name: str, values: Sequence[Value]) -> dict[str, object]:
    numbers = _in_order(values)
    told: dict[str, object] = {statistic: count(numbers) for statistic, count in _STATISTICS.items()}
    last = max(time for time, _, _ in values)
    return {"MetricName": name, "SourceArn": component.arn, "TimeStamp": last, **told}


def _in_order(values: Sequence[Value]) -> list[float]:
    """Give the numbers in the order of their times; those of one time as they came."""
    return [number for _, _, number in sorted(values, key=lambda value: value[0])]


def _result(components: Mapping[str, Record], query: Mapping[str, Any]) -> dict[str, object]:
    """Answer one query; what it asks and is not done is told in its result, as the model provides."""
    component = components.get(query["ResourceArn"])
    if component is None:
        return _refused(f"There is no trial component {query['ResourceArn']}.")
    if (query["XAxisType"], query["Period"]) != ("IterationNumber", "IterationNumber"):
        return _refused("The local cloud reads metrics by XAxisType and Period IterationNumber alone.")
    start, end = query.get("Start"), query.get("End")
    steps: dict[int, list[Value]] = {}
    for value in _values(component).get(query["MetricName"], ()):
        step = value[1]
        if step is not None and (start is None or start <= step) and (end is None or step <= end):
            steps.setdefault(step, []).append(value)
    count = _STATISTICS[query["MetricStat"]]
    return {
        "Status": "Complete",
        "XAxisValues": sorted(steps),
        "MetricValues": [float(count(_in_order(steps[step]))) for step in sorted(steps)],
    }


def _refused(message: str) -> dict[str, object]:
    return {"Status": "ValidationError", "Message": message, "XAxisValues": [], "MetricValues": []}
