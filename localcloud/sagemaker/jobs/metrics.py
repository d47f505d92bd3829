"""Metrics that a training program prints: found by the regular expressions of MetricDefinitions.

The first group of an expression is the value (developer guide, "Use Amazon CloudWatch metrics for
monitoring and analyzing training jobs").
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from localcloud.errors import ValidationError
from localcloud.sagemaker.wire.requests import Answer, Request

Observe = Callable[[str, float], None]
"""Hears of each value: the metric's name, and the value."""


class Metrics:
    """The last value of each metric.

    `expressions`: by the metric's name. `observers`: hear of every value.
    """

    def __init__(self, expressions: Mapping[str, re.Pattern[str]], *observers: Observe) -> None:
        self._expressions = expressions
        self._observers = observers
        self._last: dict[str, tuple[float, int]] = {}

    def read(self, lines: Iterable[tuple[int, str]]) -> None:
        """Look for metrics in lines of the log: milliseconds since 1970, and the text."""
        for millis, line in lines:
            for name, expression in self._expressions.items():
                for match in expression.finditer(line):
                    if (value := _number(match)) is not None:
                        self._last[name] = (value, millis)
                        for observe in self._observers:
                            observe(name, value)

    def final(self) -> list[Answer]:
        """Give FinalMetricDataList."""
        return [
            {"MetricName": name, "Value": value, "Timestamp": datetime.fromtimestamp(millis // 1000, UTC)}
            for name, (value, millis) in self._last.items()
        ]


def read_definitions(definitions: Iterable[Request]) -> dict[str, re.Pattern[str]]:
    """Read MetricDefinitions.

    Raises `ServiceError`: ``ValidationException`` where an expression is none, or a name comes twice.
    """
    found: dict[str, re.Pattern[str]] = {}
    for definition in definitions:
        name, text = definition.text("Name"), definition.text("Regex")
        if name in found:
            raise ValidationError(f"Metric names must be unique. Duplicate metric name: '{name}'.")
        try:
            found[name] = re.compile(text)
        except re.error as error:
            raise ValidationError(f"The Regex '{text}' of metric '{name}' is invalid: {error}.") from error
    return found


def _number(match: re.Match[str]) -> float | None:
    try:
        value = float(match[1] if match.re.groups else match[0])
    except (ValueError, TypeError):  # not a number, or the group took no part
        return None
    return value if math.isfinite(value) else None  # CloudWatch takes no other
