"""The last lines of the logs of jobs that failed: they say what went wrong in a program of one's own."""

from __future__ import annotations

from driver.aws.logs import hosts_in
from driver.executions.deployed import Deployed
from driver.executions.trace import Trace
from driver.host.control_characters import without_escapes

_JOBS = 3  # that are told
_LINES = 10  # of each log


def last_lines(deployed: Deployed, trace: Trace) -> list[str]:
    """Write the last lines of the logs of jobs that failed in an execution and in those within it.

    SageMaker puts what a container writes to standard output and standard error into one stream,
    and those of several instances into a stream for each.
    """
    failed = [span for part in trace.walk() for span in part.spans if span.has_failed and span.log_group]
    told: list[str] = []
    for span in list({span.resource_arn: span for span in failed}.values())[:_JOBS]:
        events = deployed.connection.logs.tail(span.log_group, span.log_streams, _LINES)
        several = hosts_in(events)
        lines = [
            f"{event.host}: {line}" if several else line
            for event in events
            for line in without_escapes(event.message).splitlines()
        ]
        if lines:
            told += [f"The last lines of the log of {span.resource}:"]
            told += [f"  {line.rstrip()}" for line in lines[-_LINES:]]
    return told
