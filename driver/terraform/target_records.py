"""What the driver remembers of one target: JSON files, read in one way, written at once or not at all.

Of those that nothing else tells, the deployment and the place of the state, there is a copy beside the
backups of the state.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from driver.host.files import write_atomically
from driver.host.kept_files import read_record
from driver.model.choices import TargetName
from driver.model.exceptions import BrokenFileError
from driver.model.records import optional_text_of, text_of
from driver.model.values import Deployment, Outputs
from driver.settings.backend import Backend
from driver.terraform.inputs import Inputs

T = TypeVar("T")

DEPLOYMENT, OUTPUTS, KEPT, BACKEND = "deployment.json", "outputs.json", "kept.json", "backend.json"
APPLIED, LOADING = "applied.json", "loading.json"
_WHAT = {
    DEPLOYMENT: "The record of the deployment",
    OUTPUTS: "The record of Terraform's outputs",
    KEPT: "The record of what `invoke down` kept",
    BACKEND: "The record of where the state lies",
    APPLIED: "The record of what was applied last",
    LOADING: "The record of the snapshot that is loaded",
}
_COPIED = {DEPLOYMENT, BACKEND}


@dataclass(frozen=True, slots=True)
class LastApply:
    """What the last apply of everything has left.

    `inputs` is what Terraform read, `state` the hash of the state that it wrote; `changes` is the local
    cloud's count of requests that may have changed a resource. `is_certain`: nobody but Terraform had changed
    one until then.
    """

    inputs: Inputs
    state: str
    changes: int
    is_certain: bool = True


class TargetRecords:
    """The records of one target."""

    def __init__(self, directory: Path, copy_directory: Path, cure: str) -> None:
        self._directory = directory
        self._copy_directory = copy_directory
        self._cure = cure

    def deployment(self) -> Deployment | None:
        """Return what was last asked of Terraform."""
        return self._read(DEPLOYMENT, _deployment)

    def keep_deployment(self, deployment: Deployment) -> None:
        """Remember what is about to be asked of Terraform."""
        self._write(DEPLOYMENT, asdict(deployment))

    def outputs(self) -> dict[str, object]:
        """Return all outputs of the last apply that went through, or none."""
        return self._read(OUTPUTS, _outputs) or {}

    def keep_outputs(self, values: Mapping[str, object]) -> None:
        """Remember outputs."""
        self._write(OUTPUTS, values)

    def applied(self) -> LastApply | None:
        """Return the last apply of everything; None if another apply was begun since."""
        with suppress(BrokenFileError):  # then Terraform is asked, which is right in every case
            return self._read(APPLIED, _applied)
        return None

    def keep_applied(self, applied: LastApply) -> None:
        """Remember an apply of everything that went through."""
        self._write(APPLIED, asdict(applied))

    def kept(self) -> list[str] | None:
        """Name what was to be left; None if nothing was to be destroyed."""
        return self._read(KEPT, _kept)

    def keep_only(self, groups: Sequence[str]) -> None:
        """Remember what is going to be left."""
        self._write(KEPT, {"kept": list(groups)})

    def loading(self) -> str | None:
        """Name the snapshot whose load was begun and did not come to its end; None if there is none."""
        return self._read(LOADING, lambda record: text_of(record, "snapshot"))

    def keep_loading(self, snapshot: str) -> None:
        """Remember which snapshot, by name or file, is about to take the place of what is there."""
        self._write(LOADING, {"snapshot": snapshot})

    def backend(self) -> Backend | None:
        """Return where in S3 the state lies; None if it lies on this machine."""
        return self._read(BACKEND, Backend.of_record)

    def keep_backend(self, backend: Backend | None) -> None:
        """Remember where the state lies from now on."""
        if backend is None:
            self.forget(BACKEND)
        else:
            self._write(BACKEND, backend.record())

    def forget(self, *names: str) -> None:
        """Remove records, and their copies."""
        for name in names:
            self.path(name).unlink(missing_ok=True)
            (self._copy_directory / name).unlink(missing_ok=True)

    def path(self, name: str) -> Path:
        """Return where a record lies."""
        return self._directory / name

    def copy_of(self, name: str) -> bytes | None:
        """Return the copy of a record, if there is one that can be read."""
        copies = TargetRecords(self._copy_directory, self._copy_directory, self._cure)
        path = self._copy_directory / name
        if name not in _COPIED or not path.is_file():
            return None
        copies.check(name)
        return path.read_bytes()

    def check(self, name: str) -> None:
        """Read a record. Raises `BrokenFileError` if it cannot be read."""
        reading: Mapping[str, Callable[[], object]] = {
            DEPLOYMENT: self.deployment,
            OUTPUTS: self.outputs,
            KEPT: self.kept,
            BACKEND: self.backend,
        }
        reading[name]()

    def _read(self, name: str, parse: Callable[[dict[str, Any]], T]) -> T | None:
        return read_record(self.path(name), _WHAT[name], self._cure, parse)

    def _write(self, name: str, values: Mapping[str, object]) -> None:
        content = (json.dumps(values, indent=2) + "\n").encode()
        write_atomically(self.path(name), content, durable=True)
        if name in _COPIED:
            write_atomically(self._copy_directory / name, content, durable=True)


def _deployment(record: dict[str, Any]) -> Deployment:
    variables = record.get("variables", {})
    if not isinstance(variables, dict):
        raise ValueError("has no object as variables")  # noqa: TRY004 - the content is wrong, not the program
    return Deployment(
        TargetName(text_of(record, "target")),
        text_of(record, "region"),
        text_of(record, "account_id"),
        optional_text_of(record, "endpoint_url"),
        optional_text_of(record, "instance"),
        variables,
    )


def _outputs(record: dict[str, Any]) -> dict[str, object]:
    if record:
        with suppress(KeyError):  # those of another version, which the commands tell of
            Outputs.read(record)
    return record


def _applied(record: dict[str, Any]) -> LastApply:
    changes, inputs = record["changes"], record["inputs"]
    if not isinstance(changes, int):
        raise ValueError("has no number of changes")  # noqa: TRY004 - the content is wrong, not the program
    read = Inputs(text_of(inputs, "rest"), dict(inputs["files"]), dict(inputs["templates"]))
    return LastApply(read, text_of(record, "state"), changes, record["is_certain"] is True)


def _kept(record: dict[str, Any]) -> list[str]:
    names = record["kept"]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("has no list of names as kept")
    return names
