"""Terraform's machine-readable progress: one JSON line in, one event out.

Source: https://developer.hashicorp.com/terraform/internals/machine-readable-ui
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from driver.model.documents import object_in, object_of


class Phase(StrEnum):
    """How far Terraform is with a resource; the values are its message types."""

    STARTED = "apply_start"
    FINISHED = "apply_complete"
    FAILED = "apply_errored"


@dataclass(frozen=True, slots=True)
class ResourceEvent:
    """A resource is being created, updated or deleted (`action`); `seconds` is 0 when it starts."""

    phase: Phase
    address: str
    action: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ChangeSummary:
    """How many resources are to change (operation `plan`) or have changed (`apply`, `destroy`)."""

    operation: str
    add: int
    change: int
    remove: int

    @property
    def total(self) -> int:
        """All changes; a replaced resource counts twice, as Terraform counts it."""
        return self.add + self.change + self.remove


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """An error or a warning."""

    severity: str
    summary: str
    detail: str = ""
    address: str = ""

    @property
    def is_error(self) -> bool:
        """Whether the command failed because of it."""
        return self.severity == "error"


@dataclass(frozen=True, slots=True)
class OutputValues:
    """The outputs after an apply. A sensitive one comes without a value and is left out."""

    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Applied:
    """What an apply changed, and Terraform's outputs after it."""

    summary: ChangeSummary
    outputs: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class StateDump:
    """The state, which Terraform could write nowhere: neither to its place nor to `errored.tfstate`."""

    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """Any other message of Terraform."""

    text: str


Event = ResourceEvent | ChangeSummary | Diagnostic | OutputValues | StateDump | Note
OnEvent = Callable[[Event], None]


def parse_event(line: str) -> Event | None:
    """Read one line of output.

    Some lines are plain text even with `-json`. None is returned for what tells nothing: empty lines,
    refreshes, the plan's list of outputs.
    """
    message = object_in(line)
    if message is not None:
        read = _READERS.get(str(message.get("type")))
        return read(message) if read else None
    return Note(line.strip()) if line.strip() else None


def _resource(message: Mapping[str, object]) -> Event:
    hook = object_of(message.get("hook"))
    return ResourceEvent(
        phase=Phase(str(message["type"])),
        address=str(object_of(hook.get("resource")).get("addr", "")),
        action=str(hook.get("action", "")),
        seconds=_number(hook.get("elapsed_seconds")),
    )


def _change_summary(message: Mapping[str, object]) -> Event:
    counts = object_of(message.get("changes"))
    add, change, remove = (int(_number(counts.get(key))) for key in ("add", "change", "remove"))
    return ChangeSummary(str(counts.get("operation", "")), add, change, remove)


def _diagnostic(message: Mapping[str, object]) -> Event:
    parts = object_of(message.get("diagnostic"))
    severity, summary, detail, address = (
        str(parts.get(key, "")) for key in ("severity", "summary", "detail", "address")
    )
    return Diagnostic(severity, summary, detail, address)


def _outputs(message: Mapping[str, object]) -> Event | None:
    """Read the outputs of an apply; those of a plan have actions in place of types."""
    outputs = {name: object_of(output) for name, output in object_of(message.get("outputs")).items()}
    if any("action" in output for output in outputs.values()):
        return None
    return OutputValues({name: output["value"] for name, output in outputs.items() if "value" in output})


def _log(message: Mapping[str, object]) -> Event:
    state = message.get("state")
    return StateDump(json.dumps(state, indent=2) + "\n") if isinstance(state, dict) else _note(message)


def _note(message: Mapping[str, object]) -> Event:
    return Note(str(message.get("@message", "")).strip())


_READERS: Mapping[str, Callable[[Mapping[str, object]], Event | None]] = {
    **dict.fromkeys(Phase, _resource),
    "change_summary": _change_summary,
    "diagnostic": _diagnostic,
    "outputs": _outputs,
    "log": _log,
    "init_output": _note,
}


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0
