"""What a Distributed Map exports to S3: the results of its child executions, by status, and a manifest.

Source: Step Functions developer guide, "ResultWriter (Map)" (names of the files, members of the manifest and
of each result). A redrive exports what ran again to ``Redrive-<count>/`` beside what is there.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from localcloud.localstack.children import PENDING, SUCCEEDED, UNSUCCESSFUL, Child, iso

_GROUPS = {"FAILED": UNSUCCESSFUL, "PENDING": {PENDING}, "SUCCEEDED": {SUCCEEDED}}

Files = dict[str, list[dict[str, Any]]]


def result_files(
    children: Iterable[Child], folder: str, arns: Mapping[str, str], now: datetime
) -> tuple[dict[str, bytes], Files]:
    """Give the objects to write, by key, and their entries in the manifest.

    Parameters
    ----------
    folder
        The prefix of the keys, with its slash.
    arns
        The prefix of the children's ARNs as `execution`, and the ARN of their `machine`.
    """
    contents: dict[str, bytes] = {}
    entries: Files = {group: [] for group in _GROUPS}
    children = list(children)
    for group, statuses in _GROUPS.items():
        results = [_result(one, arns, now) for one in children if one.status in statuses]
        if results:
            key = f"{folder}{group}_0.json"
            contents[key] = json.dumps(results, separators=(",", ":")).encode()
            entries[group].append({"Key": key, "Size": len(contents[key])})
    return contents, entries


def manifest(bucket: str, map_run: str, files: Files) -> bytes:
    """Write the manifest of a Map Run's results."""
    document = {"DestinationBucket": bucket, "MapRunArn": map_run, "ResultFiles": files}
    return json.dumps(document, separators=(",", ":")).encode()


def _result(child: Child, arns: Mapping[str, str], now: datetime) -> dict[str, Any]:
    given = {"Input": child.given, "InputDetails": {"Included": True}}
    if child.status == PENDING:
        return {**given, "Status": PENDING}
    reason = child.why_not(now)
    told: dict[str, Any] = {
        "ExecutionArn": f"{arns['execution']}{child.name}",
        **given,
        "Name": child.name,
        "RedriveCount": child.redrives,
        "RedriveStatus": "REDRIVABLE_BY_MAP_RUN" if reason is None else "NOT_REDRIVABLE",
        "StartDate": _iso(child.started),
        "StateMachineArn": arns["machine"],
        "Status": child.status,
        "StopDate": _iso(child.stopped),
        "Output": child.output,
        "OutputDetails": {"Included": True},
        "Error": child.error,
        "Cause": child.cause,
        "RedriveStatusReason": reason,
        "RedriveDate": _iso(child.redriven),
    }
    return {name: told[name] for name in sorted(told) if told[name] is not None}


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)
