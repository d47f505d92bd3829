"""What became of the items of a fan-out, read from the files that its ResultWriter left in the bucket.

Files and members: Step Functions developer guide, "ResultWriter (Map)": manifest.json names the files of each
status, each an array of child executions.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path

from driver.executions.deployed import Deployed
from driver.executions.fan_out.batches import singles
from driver.executions.fan_out.following import FanOut
from driver.executions.names import Kind, file_name
from driver.executions.outcomes import describe_failure
from driver.host.console import Console
from driver.host.wording import counted
from driver.model.documents import Document, moment, object_in, object_of
from driver.model.exceptions import ExecutionFailedError
from driver.model.status import StateMachineStatus

RESULTS = "outputfiles/fan-out"  # where the ResultWriter writes, see terraform/fan_out.tf
_AT_ONCE = 8  # histories that are read
_SHOWN = 20  # items in the table on the screen; the file has all


@dataclass(frozen=True, slots=True)
class Item:
    """What became of one item.

    `input` is its address, or the item as JSON. `result` is the S3 URI below which its pipeline writes.
    `execution` names the execution that worked on it, `reason` says why it failed.
    """

    number: int
    input: str
    status: str
    result: str
    execution: str
    reason: str


def read_results(deployed: Deployed, fan_out: FanOut) -> list[Item]:
    """Read what became of the items, in their order; items that did not begin may be missing.

    Each redrive has files of its own, of the items that ran again.
    """
    if fan_out.items is None:
        return []
    storage, bucket = deployed.connection.storage, deployed.outputs.bucket_name
    states = deployed.connection.state_machines
    stored = storage.find(bucket, f"{RESULTS}/{fan_out.items.arn.rpartition(':')[2]}/")
    manifests = [one for one in stored if one.key.endswith("/manifest.json")]
    items: dict[int, Item] = {}
    for one in sorted(manifests, key=lambda one: (one.modified, one.key)):
        manifest = object_in((storage.read(bucket, one.key) or b"").decode()) or {}
        files = [
            one
            for listed in object_of(manifest.get("ResultFiles")).values()
            for one in (listed if isinstance(listed, list) else ())
        ]
        children = [
            child for file in files for child in json.loads(storage.read(bucket, str(file["Key"])) or b"[]")
        ]
        with ThreadPoolExecutor(max_workers=_AT_ONCE) as threads:
            for told in threads.map(lambda child: singles(child, states), children):
                items |= {item.number: item for single in told for item in _items(single, bucket)}
    return [items[number] for number in sorted(items)]


def _items(child: Document, bucket: str) -> Iterator[Item]:
    given = object_in(str(child.get("Input", ""))) or {}
    run, item, number = object_of(given.get("run")), object_of(given.get("item")), given.get("index")
    if not isinstance(number, int):
        return
    output = object_in(str(child.get("Output", ""))) or {}
    cause = str(child.get("Cause") or "")
    failed = object_in(cause) or {}  # DescribeExecution's answer; AWS cuts causes, so that it may be no JSON
    arn = str(output.get("execution_arn") or failed.get("ExecutionArn") or "")
    yield Item(
        number=number,
        input=str(item.get("input") or json.dumps(item, ensure_ascii=False)),
        status=str(child.get("Status", "")),
        result=f"s3://{bucket}/{run.get('results')}{number}/" if run.get("pipeline") else "",
        execution=arn.rpartition(":")[2] or f"{given.get('name')}-{number}",
        reason=describe_failure(str(child.get("Error") or ""), cause),
    )


def finish_fan_out(deployed: Deployed, console: Console, fan_out: FanOut) -> None:
    """Write and show what became of the items.

    Raises
    ------
    ExecutionFailedError
        If the fan-out did not succeed. Failed items that are tolerated are a warning.
    """
    execution = fan_out.execution
    name = deployed.short_name(execution.arn)
    items = read_results(deployed, fan_out)
    failed = [item for item in items if item.status != StateMachineStatus.SUCCEEDED]
    path = deployed.workspace.runs_directory / file_name(execution.name) / "items.csv"
    if items:
        _write(path, items)
    succeeded = execution.status is StateMachineStatus.SUCCEEDED
    if succeeded:
        console.done(f"fan-out {execution.name}: {fan_out.summary}")
    files = [path] if items else []
    if succeeded or not console.speaks_json:
        shown = items if len(items) <= _SHOWN else failed
        console.present(_document(fan_out, files), lambda: _show(console, shown, files))
    flag = deployed.target_flag
    again = f"`invoke redrive --execution {name}{flag}` runs again only what did not succeed"
    if not succeeded:
        reason = describe_failure(execution.error, execution.cause)
        raise ExecutionFailedError(
            f"Fan-out {execution.name} ended {execution.status}.",
            "\n".join(filter(None, [reason, str(fan_out.items or ""), *_reasons(failed)])),
            f"{again}; `invoke logs --execution NAME{flag}` shows the logs of one item's execution.",
        )
    if fan_out.items and fan_out.items.failed:
        console.warn(f"{counted(fan_out.items.failed, 'item')} failed, no more than are tolerated")


def _reasons(failed: Sequence[Item]) -> list[str]:
    """Name the reasons of some failed items, the same reason once."""
    reasons: dict[str, Item] = {}
    for item in failed:
        if item.reason:
            reasons.setdefault(item.reason.splitlines()[0].replace(item.execution, ""), item)
    return [f"{item.execution}: {item.reason.splitlines()[0]}" for item in list(reasons.values())[:3]]


def _show(console: Console, items: Sequence[Item], files: Sequence[Path]) -> None:
    if items:
        console.say()
        console.table(
            ("Item", "Status", "Execution", "Input", "Result or reason"),
            [
                (
                    str(item.number),
                    item.status,
                    item.execution,
                    item.input,
                    item.reason.partition("\n")[0] or item.result,
                )
                for item in items[:_SHOWN]
            ],
        )
        if len(items) > _SHOWN:
            console.say(f"… and {len(items) - _SHOWN} more", style="dim")
    for path in files:
        console.say()
        console.say("What became of each item is in")
        console.say(f"{path}")


def _write(path: Path, items: Sequence[Item]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    names = [field.name for field in fields(Item)]
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(names)
        rows.writerows([getattr(item, name) for name in names] for item in items)


def _document(fan_out: FanOut, files: Sequence[Path]) -> Document:
    """Put it into the document that driver/commands/schemas/run.schema.json describes."""
    execution, counts = fan_out.execution, fan_out.items
    started, ended = execution.started, execution.ended
    return {
        "version": 1,
        "execution": execution.arn,
        "kind": str(Kind.FAN_OUT),
        "status": str(execution.status),
        "started": moment(started),
        "ended": moment(ended),
        "seconds": (ended - started).total_seconds() if started and ended else None,
        "output": counts.document() if counts else None,
        "files": list(map(str, files)),
    }
