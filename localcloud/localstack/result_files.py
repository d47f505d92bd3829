"""What a Distributed Map exports to S3: the results of its child executions, by status, and a manifest.

Source: Step Functions developer guide, "ResultWriter (Map)" (names of the files, members of the manifest and
of each result). A redrive exports what ran again to ``Redrive-<count>/`` beside what is there.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from localcloud.localstack.children import PENDING, SUCCEEDED, UNSUCCESSFUL, Child, iso

_GROUPS = {"FAILED": UNSUCCESSFUL, "PENDING": {PENDING}, "SUCCEEDED": {SUCCEEDED}}

Files = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class WriterConfig:
    """How results are written: with what tells of each execution (NONE) or their outputs alone, as what."""

    transformation: str = "NONE"
    output_type: str = "JSON"

    @classmethod
    def read(cls, given: Mapping[str, str], *, is_exported: bool) -> "WriterConfig":
        """Read a WriterConfig; results that are not exported are outputs alone where it says nothing."""
        transformation = given.get("Transformation", "NONE" if is_exported else "COMPACT")
        return cls(transformation, given.get("OutputType", "JSON"))

    def text(self, values: Sequence[object]) -> str:
        """Write values as the output type has them."""
        if self.output_type == "JSONL":
            return "".join(f"{_json(value)}\n" for value in values)
        return _json(values)

    def state_output(self, values: Sequence[object]) -> object:
        """Give values as the output of the state: JSON Lines are a text."""
        return self.text(values) if self.output_type == "JSONL" else list(values)


def result_files(
    children: Iterable[Child],
    folder: str,
    arns: Mapping[str, str],
    now: datetime,
    config: WriterConfig = WriterConfig(),
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
        found = results([one for one in children if one.status in statuses], config, arns, now)
        if found:
            key = f"{folder}{group}_0.{config.output_type.lower()}"
            contents[key] = config.text(found).encode()
            entries[group].append({"Key": key, "Size": len(contents[key])})
    return contents, entries


def results(
    children: Iterable[Child], config: WriterConfig, arns: Mapping[str, str], now: datetime
) -> list[Any]:
    """Give the results of children; what did not succeed is told whole, whatever the transformation is."""
    found: list[Any] = []
    for one in children:
        if config.transformation == "NONE" or one.status != SUCCEEDED:
            found.append(_result(one, arns, now))
            continue
        output = json.loads(one.output or "null")
        is_flat = config.transformation == "FLATTEN" and isinstance(output, list)
        found += output if is_flat else [output]
    return found


def manifest(bucket: str, map_run: str, files: Files) -> bytes:
    """Write the manifest of a Map Run's results."""
    document = {"DestinationBucket": bucket, "MapRunArn": map_run, "ResultFiles": files}
    return _json(document).encode()


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


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
