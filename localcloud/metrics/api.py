"""CloudWatch as the wire sees it: PutMetricData, ListMetrics, GetMetricStatistics, GetMetricData.

Members and limits are those of the service model and of the API reference; error codes are those of the
query protocol.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from localcloud.errors import ServiceError
from localcloud.metrics.series import MINUTE, STATISTICS, Summary, periods, unknown_statistic
from localcloud.metrics.store import Dimensions, Key, MetricStore
from localcloud.ports import Caller, Datum
from localcloud.validation import validate

SERVICE = "cloudwatch"

_MOST_DATA = 1000  # metrics of a request (API reference, PutMetricData)
_MOST_VALUES = 150  # different values of one (service model, Values)
_LARGEST = 2.0**360  # value (API reference, MetricDatum), of either sign
_MOST_POINTS = 1440  # of GetMetricStatistics
_MOST_QUERIES = 500  # of GetMetricData
_PAGE = 500  # of ListMetrics
_PAGE_OF_POINTS = 100_800  # of GetMetricData, unless told otherwise
_ACTIVE = timedelta(hours=3)
_OLDEST, _NEWEST = timedelta(days=14), timedelta(hours=2)

Request = Mapping[str, Any]
Answer = dict[str, object]


def utc_now() -> datetime:
    """Give the time, aware, in UTC."""
    return datetime.now(UTC)


class CloudWatch:
    """The metrics of every account and region."""

    def __init__(self, clock: Callable[[], datetime] = utc_now) -> None:
        self._clock = clock
        self._lock = threading.Lock()  # guards _stores
        self._stores: dict[tuple[str, str], MetricStore] = {}
        self._revision = self._saved = 0  # of what services have measured

    def call(self, operation: str, caller: Caller, request: Request) -> Answer:
        """Carry out an operation; `ServiceError` as CloudWatch answers."""
        try:
            validate(SERVICE, operation, request)
        except ServiceError as error:
            raise ServiceError("ValidationError", error.message) from error
        given = {name: value for name, value in request.items() if value is not None}
        return self._OPERATIONS[operation](self, self._store(caller), given)

    def record(self, caller: Caller, namespace: str, data: Sequence[Datum]) -> None:
        """Keep what a service of this cloud has measured."""
        store = self._store(caller)
        for one in data:
            key = (namespace, one.name, tuple(sorted(one.dimensions.items())))
            store.add(key, one.time or self._clock(), one.unit, one.value)
        self._revision += 1  # after it was added: then it is saved, or still to be saved

    def contents(self) -> object:
        """Give all that is kept, to be saved."""
        self._saved = self._revision
        return [(place, store.contents()) for place, store in list(self._stores.items())]

    def fill(self, saved: Any) -> None:
        """Hold what was saved."""
        for (account, region), contents in saved:
            self._store(Caller(account, region)).fill(contents)

    def is_busy(self) -> bool:
        """Tell whether something has changed without a request."""
        return self._saved != self._revision

    def close(self) -> None:
        """End: nothing of it runs."""

    def _store(self, caller: Caller) -> MetricStore:
        with self._lock:
            return self._stores.setdefault((caller.account_id, caller.region), MetricStore())

    def _put(self, store: MetricStore, request: Request) -> Answer:
        _refuse(request, "EntityMetricData", "StrictEntityValidation")
        if request["Namespace"].startswith("AWS/"):
            raise _invalid("The value AWS/ for parameter Namespace is invalid.")
        data = request.get("MetricData") or []
        if len(data) > _MOST_DATA:
            raise _invalid(f"The collection MetricData must not have a size greater than {_MOST_DATA}.")
        if not data:
            raise ServiceError("MissingParameter", "The parameter MetricData is required.")
        for add in [self._read(store, request["Namespace"], one) for one in data]:
            add()
        return {}

    def _read(self, store: MetricStore, namespace: str, datum: Request) -> Callable[[], None]:
        """Check a datum; give what adds it."""
        key = _key({"Namespace": namespace, **datum})
        now = self._clock()
        time, unit = _aware(datum.get("Timestamp") or now), datum.get("Unit") or "None"
        if not now - _OLDEST <= time <= now + _NEWEST:
            raise _invalid(
                f"The parameter Timestamp must be within the last two weeks and not after {now + _NEWEST}."
            )
        ways = [name for name in ("Value", "Values", "StatisticValues") if datum.get(name) is not None]
        if len(ways) != 1:
            raise ServiceError(
                "InvalidParameterCombination",
                f"One of Value, Values and StatisticValues of the metric {key[1]} must be given.",
            )
        _check_numbers(datum)
        match ways[0]:
            case "StatisticValues":
                return lambda: store.add_set(key, time, unit, datum["StatisticValues"])
            case "Value":
                return lambda: store.add(key, time, unit, float(datum["Value"]))
        values = datum["Values"]
        counts = datum.get("Counts") or [1.0] * len(values)
        if len(counts) != len(values) or len(values) > _MOST_VALUES:
            raise _invalid(f"Values and Counts must have the same size, of at most {_MOST_VALUES}.")

        def add() -> None:
            for value, count in zip(values, counts, strict=True):
                store.add(key, time, unit, float(value), float(count))

        return add

    def _list(self, store: MetricStore, request: Request) -> Answer:
        _refuse(request, "OwningAccount")
        since = int((self._clock() - _ACTIVE).timestamp()) if request.get("RecentlyActive") else 0
        wanted = request.get("Dimensions") or []
        keys = sorted(
            key
            for key, last in store.keys()  # noqa: SIM118 - of a store
            if last >= since
            and request.get("Namespace") in {None, key[0]}
            and request.get("MetricName") in {None, key[1]}
            and all(_has(key[2], one) for one in wanted)
        )
        start = _offset(request)
        answer: Answer = {"Metrics": [_described(key) for key in keys[start : start + _PAGE]]}
        return answer | ({"NextToken": str(start + _PAGE)} if len(keys) > start + _PAGE else {})

    def _statistics(self, store: MetricStore, request: Request) -> Answer:
        plain, extended = request.get("Statistics") or [], request.get("ExtendedStatistics") or []
        if not plain and not extended:
            raise ServiceError(
                "InvalidParameterCombination", "Must specify either Statistics or ExtendedStatistics"
            )
        start, end, period = _range(request, request["Period"])
        _check_statistics(extended)
        if (count := (end - start) // period) > _MOST_POINTS:
            raise ServiceError(
                "InvalidParameterCombination",
                f"You have requested up to {count:,} datapoints, which exceeds the limit of "
                f"{_MOST_POINTS:,}. You may reduce the datapoints requested by increasing Period, or "
                "decreasing the time range.",
            )
        found = periods(store.minutes(_key(request)), start, end, period, request.get("Unit"))
        points = []
        for (second, unit), summary in found.items():
            point: Answer = {"Timestamp": datetime.fromtimestamp(second, UTC), "Unit": unit}
            point |= {name: summary.statistic(name) for name in plain}
            more = {name: value for name in extended if (value := summary.statistic(name)) is not None}
            points.append(point | ({"ExtendedStatistics": more} if more else {}))
        return {"Label": request["MetricName"], "Datapoints": points}

    def _data(self, store: MetricStore, request: Request) -> Answer:
        queries = request["MetricDataQueries"]
        if len(queries) > _MOST_QUERIES:
            raise ServiceError("ValidationError", f"At most {_MOST_QUERIES} MetricDataQueries can be given.")
        _refuse(request, "LabelOptions")
        results = [
            self._result(store, request, query) for query in queries if query.get("ReturnData") is not False
        ]
        start, size = _offset(request), request.get("MaxDatapoints") or _PAGE_OF_POINTS
        end = start + size
        is_over = end >= sum(len(points) for _, _, points in results)
        told, before = [], 0  # points of the results before
        for query_id, label, points in results:
            shown = points[max(0, start - before) : max(0, end - before)]
            before += len(points)
            told.append(
                {
                    "Id": query_id,
                    "Label": label,
                    "Timestamps": [time for time, _ in shown],
                    "Values": [value for _, value in shown],
                    "StatusCode": "Complete" if is_over else "PartialData",
                }
            )
        return {"MetricDataResults": told} | ({} if is_over else {"NextToken": str(end)})

    def _result(
        self, store: MetricStore, request: Request, query: Request
    ) -> tuple[str, str, list[tuple[datetime, float]]]:
        _refuse(query, "Expression", "AccountId")
        wanted = query.get("MetricStat")
        if wanted is None:
            raise ServiceError("ValidationError", f"The query {query['Id']} must have a MetricStat.")
        start, end, period = _range(request, wanted["Period"])
        _check_statistics([wanted["Stat"]])
        metric = wanted["Metric"]
        key = _key(metric)
        found = periods(store.minutes(key), start, end, period, wanted.get("Unit"))
        merged: dict[int, Summary] = {}
        for (second, _), summary in found.items():
            merged.setdefault(second, Summary()).merge(summary)
        points = [
            (datetime.fromtimestamp(second, UTC), value)
            for second, summary in merged.items()
            if (value := summary.statistic(wanted["Stat"])) is not None
        ]
        if request.get("ScanBy") != "TimestampAscending":  # the default (service model, ScanBy)
            points.reverse()
        return query["Id"], query.get("Label") or key[1], points

    _OPERATIONS: Mapping[str, Callable[["CloudWatch", MetricStore, Request], Answer]] = {
        "PutMetricData": _put,
        "ListMetrics": _list,
        "GetMetricStatistics": _statistics,
        "GetMetricData": _data,
    }
    OPERATIONS = frozenset(_OPERATIONS)


def _key(request: Request) -> Key:
    """Read which metric is meant."""
    dimensions: Dimensions = tuple(
        sorted((one["Name"], one["Value"]) for one in request.get("Dimensions") or ())
    )
    if len({name for name, _ in dimensions}) < len(dimensions):
        raise _invalid("The names of Dimensions must be unique.")
    return request["Namespace"], request["MetricName"], dimensions


def _described(key: Key) -> Answer:
    namespace, name, dimensions = key
    return {
        "Namespace": namespace,
        "MetricName": name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions],
    }


def _has(dimensions: Dimensions, wanted: Request) -> bool:
    return any(name == wanted["Name"] and wanted.get("Value") in {None, value} for name, value in dimensions)


def _range(request: Request, period: int) -> tuple[int, int, int]:
    """Read StartTime, which counts, and EndTime, which does not; and check the period."""
    start, end = (int(_aware(request[name]).timestamp()) for name in ("StartTime", "EndTime"))
    if start >= end:
        raise _invalid("The parameter StartTime must be less than the parameter EndTime.")
    if period % MINUTE:
        raise _invalid(
            f"Period {period} is not supported by the local cloud, which keeps metrics by the minute. Give "
            "a multiple of 60."
        )
    return start - start % MINUTE, end, period


def _check_numbers(datum: Request) -> None:
    numbers = [datum.get("Value"), *(datum.get("Values") or ()), *(datum.get("Counts") or ())]
    numbers += (datum.get("StatisticValues") or {}).values()
    if not all(abs(one) <= _LARGEST for one in numbers if one is not None):  # NaN is not, either
        raise _invalid(
            f"The values of the metric {datum['MetricName']} must be numbers from -2^360 to 2^360; NaN and "
            "Infinity are not supported."
        )


def _check_statistics(names: Sequence[str]) -> None:
    if (unknown := unknown_statistic(names)) is not None:
        raise _invalid(
            f"The statistic {unknown} is not supported by the local cloud, only {', '.join(STATISTICS)} and "
            "percentiles such as p99."
        )


def _refuse(request: Request, *names: str) -> None:
    for name in names:
        if request.get(name):
            raise _invalid(f"{name} is not supported by the local cloud.")


def _offset(request: Request) -> int:
    token = request.get("NextToken")
    if token is None:
        return 0
    if not token.isdecimal():
        raise ServiceError("InvalidNextToken", "The next token specified is invalid.")
    return int(token)


def _aware(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time


def _invalid(message: str) -> ServiceError:
    return ServiceError("InvalidParameterValue", message)


METRICS = CloudWatch()
"""The one of this process."""
