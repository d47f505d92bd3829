"""How durations, times, numbers and JSON are written on a page. Pure."""

from __future__ import annotations

import json
import re
from datetime import datetime

from driver.executions.trace import Outcome

OUTCOMES = {
    Outcome.SUCCEEDED: "Succeeded",
    Outcome.FAILED: "Failed",
    Outcome.CAUGHT: "Failed, caught",
    Outcome.STOPPED: "Stopped",
    Outcome.RUNNING: "Running",
    Outcome.CACHED: "From the cache",
}


def duration(seconds: float) -> str:
    """Write how long something took, in the two largest units that say something."""
    seconds = max(seconds, 0)
    if seconds < 0.9995:
        return f"{round(seconds * 1000)} ms" if seconds >= 0.0005 else "0 s"
    if seconds < 59.95:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{round(seconds)} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def clock_time(time: datetime | None) -> str:
    """Write date, time of day and its zone."""
    return f"{time:%Y-%m-%d %H:%M:%S} {time.tzname() or ''}".rstrip() if time else "not known"


def number(value: int) -> str:
    """Write a whole number with its thousands apart."""
    return f"{value:,}"


def pretty(text: str) -> str:
    """Lay out JSON for reading; another text stays as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


def cut(text: str, most: int) -> str:
    """Cut a text and mark it, if it is longer than that."""
    return text if len(text) <= most else f"{text[:most].rstrip()} …"


def console_address(arn: str) -> str:
    """Return the page of AWS's console about a job, an execution, a model or an endpoint.

    It is empty where the console has no such page, and for a resource of a local cloud.
    """
    found = re.fullmatch(r"arn:aws:(\w+):([\w-]+):(\d{12}):(.+)", arn)
    if found is None or found[3] == "000000000000":
        return ""
    service, region, _, resource = found.groups()
    base = f"https://{region}.console.aws.amazon.com"
    if service == "states" and resource.startswith("execution:"):
        return f"{base}/states/home?region={region}#/v2/executions/details/{arn}"
    kind, _, name = resource.partition("/")
    pages = {
        "training-job": "jobs",
        "processing-job": "processing-jobs",
        "transform-job": "transform-jobs",
        "model": "models",
        "endpoint": "endpoints",
        "endpoint-config": "endpointConfig",
    }
    if service == "sagemaker" and kind in pages:
        return f"{base}/sagemaker/home?region={region}#/{pages[kind]}/{name}"
    return ""
