"""The recent executions of all kinds, collected and shown: for `invoke executions` and `invoke status`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from driver.executions.deployed import Deployed
from driver.executions.fan_out.order import described
from driver.executions.names import Kind, kind_of
from driver.executions.outcomes import describe_reason
from driver.executions.parameters import chosen
from driver.executions.starting import UPLOADS
from driver.host.console import Console
from driver.host.wording import describe_duration
from driver.model.documents import Document, moment
from driver.model.values import AnyExecution, Outputs, PipelineExecution, StateMachineExecution

_AT_ONCE = 8  # requests side by side: one after the other, `invoke status` would wait for each
_LONGEST = 400  # characters of an input
_STARTED_BY = "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"  # added where a state starts an execution
_COLUMNS = ("Execution", "Kind", "Started", "Status", "Took")


@dataclass(frozen=True, slots=True)
class Listed:
    """An execution as it is listed: `name` is what `invoke attach` takes, `reason` why it ended as it did.

    `chosen`, JSON, is the part of its input that was chosen for it.
    """

    name: str
    kind: str
    execution: AnyExecution
    reason: str
    chosen: str = ""

    def document(self) -> Document:
        """Put it into a document; `input` is null where it is no JSON."""
        started, ended = self.execution.started, self.execution.ended
        return {
            "name": self.name,
            "kind": self.kind,
            "arn": self.execution.arn,
            "status": str(self.execution.status),
            "is_terminal": self.execution.status.is_terminal,
            "started": moment(started),
            "ended": moment(ended),
            "seconds": (ended - started).total_seconds() if started and ended else None,
            "reason": self.reason or None,
            "input": _read(self.execution.input),
        }


def show_recent(deployed: Deployed, console: Console, limit: int) -> None:
    """Show the newest executions, `limit` at most, or print them as a document."""
    listed = collect_recent(deployed, limit)
    document: Document = {"version": 1, "executions": [execution.document() for execution in listed]}
    known = [value for value in deployed.workspace.all_outputs().values() if isinstance(value, str)]

    def show() -> None:
        show_listed(listed, console, deployed.target_flag, has_inputs=True, known=known)

    console.present(document, show)


def collect_recent(deployed: Deployed, limit: int) -> list[Listed]:
    """Ask for the newest executions, what each was started with, how it ended, and why."""
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as threads:
        found = list(threads.map(partial(_in_full, deployed), deployed.recent(limit)))
    return [
        Listed(
            deployed.short_name(execution.arn),
            deployed.kind_of(execution.arn),
            execution,
            _reason(execution),
            _chosen(deployed.outputs, execution),
        )
        for execution in found
    ]


def show_listed(
    listed: Sequence[Listed],
    console: Console,
    target_flag: str,
    *,
    has_inputs: bool = False,
    known: Collection[object] = (),
) -> None:
    """Show executions, a line for each and one more where there is an input or a reason.

    Values of inputs that are `known` are left out: they are the same in every execution.

    These have lines of their own because they can be long. Names are never cut, so that `invoke attach` takes
    them: where the terminal is too narrow, the name has a line of its own, too.
    """
    if not listed:
        flag = target_flag
        console.say(
            f"Nothing has run yet; `invoke run-pipeline{flag}` or `invoke run{flag}` starts something."
        )
        return
    rows = [_cells(execution) for execution in listed]
    widths = [max(map(len, column)) for column in zip(_COLUMNS, *rows, strict=True)]
    is_narrow = console.is_terminal and sum(widths) + 2 * len(widths) - 2 > _columns()
    if not is_narrow:
        console.line(_padded(_COLUMNS, widths), "bold")
    for execution, row in zip(listed, rows, strict=True):
        if is_narrow:
            name, kind, started, status, took = row
            console.say(name, "bold")
            console.line("  " + "  ".join(filter(None, (status, took, started, kind))))
        else:
            console.line(_padded(row, widths))
        settings = describe_input(execution.chosen, known)
        if has_inputs and settings:
            console.say(f"    with {settings}", "dim")
        if execution.reason:
            console.line(f"    {' '.join(execution.reason.splitlines()[0].split())}", "dim")


def describe_input(text: str, known: Collection[object] = ()) -> str:
    """Write an input, JSON, as `--set` takes it: `hyperparameters.max-depth=4`, with two spaces between.

    Of JSON that a value holds as text, each value is written behind its last name. Left out are values that
    are `known` and what Step Functions adds; what is longer than 400 characters is cut.
    """
    settings = "  ".join(_settings(_read(text), (), known))
    return settings if len(settings) <= _LONGEST else f"{settings[:_LONGEST].rstrip()} …"


def _settings(value: object, path: tuple[str, ...], known: Collection[object]) -> Iterator[str]:
    within = _read(value) if isinstance(value, str) else None
    if isinstance(value, dict):
        for name, item in value.items():
            if name != _STARTED_BY:
                yield from _settings(item, (*path, name), known)
    elif isinstance(within, dict):
        for name, leaf in _leaves(within):
            yield from _settings(leaf, (*path, name), known)
    elif value is not None and value not in known:
        said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        yield f"{'.'.join(path)}={said}" if path else said


def _leaves(value: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name, item in value.items():
        if isinstance(item, dict):
            yield from _leaves(item)
        else:
            yield name, item


def _read(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _in_full(deployed: Deployed, execution: AnyExecution) -> AnyExecution:
    """Ask for what the lists leave out: inputs, the end of a pipeline, and why a state machine failed."""
    connection = deployed.connection
    if isinstance(execution, StateMachineExecution):
        return connection.state_machines.describe(execution.arn)
    parameters = connection.pipelines.parameters(execution.arn)
    described = replace(connection.pipelines.describe(execution.arn), input=json.dumps(parameters))
    if not described.status.is_failure:
        return described
    # AWS's reason is that a step failed: which one, and why, the steps know.
    failed_steps = (step for step in connection.pipelines.steps(execution.arn) if step.status.is_failure)
    reasons = [f"Step {step.name}: {step.reason or 'no reason given'}" for step in failed_steps]
    return replace(described, reason="\n".join(reasons) or described.reason)


def _chosen(outputs: Outputs, execution: AnyExecution) -> str:
    """Leave out of a pipeline's input what the driver or the manifest say; a file uploaded has its name."""
    value = _read(execution.input)
    if not isinstance(value, dict):
        return execution.input
    if kind_of(execution.arn, outputs) is Kind.FAN_OUT:
        return json.dumps(described(value))
    is_pipeline = isinstance(execution, PipelineExecution)
    named = value.get("pipeline", outputs.default_pipeline)
    name = outputs.pipeline_of(execution.arn) if is_pipeline else str(named)
    parameters = value if is_pipeline else value.get("parameters")
    pipeline = outputs.pipelines.get(name)
    if pipeline is None or not isinstance(parameters, dict):
        return execution.input
    found = chosen(pipeline, parameters)
    uploads = f"s3://{outputs.bucket_name}/{UPLOADS}/"
    if str(found.get("input", "")).startswith(uploads):
        found["input"] = str(found["input"]).removeprefix(uploads).partition("/")[2]
    return json.dumps(found if is_pipeline else {"pipeline": name, **found})


def _reason(execution: AnyExecution) -> str:
    if isinstance(execution, StateMachineExecution):
        return describe_reason(execution.status, execution.error, execution.cause)
    return execution.reason


def _cells(listed: Listed) -> tuple[str, ...]:
    execution = listed.execution
    return (
        listed.name,
        listed.kind,
        f"{execution.started.astimezone():%m-%d %H:%M:%S}" if execution.started else "",
        execution.status,
        describe_duration(execution.started, execution.ended),
    )


def _columns() -> int:
    return shutil.get_terminal_size().columns


def _padded(cells: tuple[str, ...], widths: list[int]) -> str:
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()
