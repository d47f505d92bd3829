"""Uploads changed code, and writes into Terraform's state what its provider would have written.

A kill at any moment leaves a state by which Terraform uploads the code: before the first upload, the state is
made to know no code of the resources that get other code.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from unicodedata import is_normalized

from botocore.exceptions import BotoCoreError, ClientError

from driver.aws.code_resources import CodeResource, NotCodeAloneError
from driver.deployments.code_changes import DEFINED_BY, Folders, code_changes
from driver.deployments.workspace import Workspace
from driver.terraform.events import Applied, ChangeSummary, OnEvent, Phase, ResourceEvent
from driver.terraform.inputs import Inputs
from driver.terraform.state_edits import EditableState, Instance, replace_state
from driver.terraform.target_records import APPLIED
from driver.terraform.template_edits import edited

MakeResource = Callable[[Instance, bytes], CodeResource]
"""Makes the resource of an instance in Terraform's state and its new code."""
Encode = Callable[[Sequence[object]], list[str]]
"""Writes documents as Terraform's `jsonencode`; raises `OSError` if that cannot be done."""


@dataclass(frozen=True, slots=True)
class CodeUpload:
    """The short way for one target."""

    workspace: Workspace
    folders: Folders
    make: MakeResource
    encode: Encode

    def plan(self, before: Inputs, now: Inputs) -> dict[str, CodeResource]:
        """Find the resources that get other code, by their addresses; nothing is changed.

        Raises `NotCodeAloneError` if Terraform has to be asked.
        """
        found = {}
        state = EditableState(self.workspace.state_text())
        for instance, path in code_changes(before, now, self.folders, state):
            with _told(instance.address):
                content = _content(path, now)
                if attribute := DEFINED_BY.get(instance.type):
                    content = self._definition(str(path), before, now, instance.attributes[attribute])
                _check_kind(instance, content)
                resource = self.make(instance, content)
                if why := resource.why_not():
                    raise NotCodeAloneError(f"it has {why}")
                if not resource.is_made_of(before.files[str(path)]):
                    raise NotCodeAloneError("its code in the state is not what was applied last")
            found[instance.address] = resource
        return found

    def _definition(self, path: str, before: Inputs, now: Inputs, rendered: str) -> bytes:
        """Make a definition of its template's change and of what Terraform has made of the template."""
        document = edited(before.templates[path], now.templates[path], rendered)
        same, definition = self.encode([json.loads(rendered), document])
        if same != rendered:
            raise NotCodeAloneError("its definition in the state is not as Terraform writes it")
        return definition.encode()

    def upload(self, found: Mapping[str, CodeResource], tell: OnEvent) -> Applied:
        """Upload what `plan` found, and write the state.

        Raises `NotCodeAloneError` if something is not as it must be or fails: Terraform has to be asked then.
        """
        for address, resource in found.items():
            with _told(address):
                resource.check()
        if not found:
            return Applied(ChangeSummary("apply", 0, 0, 0), {})
        state = EditableState(self.workspace.state_text())
        self.workspace.records.forget(APPLIED)
        with _told("Terraform's state"):
            self._write(state.write({address: one.mark for address, one in found.items()}))
        written = {}
        for address, resource in found.items():
            tell(ResourceEvent(Phase.STARTED, address, "update"))
            with _told(address):
                written[address] = resource.replace()
            tell(ResourceEvent(Phase.FINISHED, address, "update"))
        text = state.write(written)
        with _told("Terraform's state"):
            self._write(text)
            self.workspace.copies.keep(text)
        return Applied(ChangeSummary("apply", 0, len(found), 0), {})

    def _write(self, text: str) -> None:
        replace_state(self.workspace.state_path, text)


def _content(path: Path, now: Inputs) -> bytes:
    content = path.read_bytes()
    if sha256(content).hexdigest() != now.files[str(path)]:
        raise NotCodeAloneError(f"{path.name} is being written")
    return content


def _check_kind(instance: Instance, content: bytes) -> None:
    """Make sure that Terraform's `file` would read a script as it is, if it did so before, and else not."""
    if not content:
        raise NotCodeAloneError("it would be empty")  # and look like a marked one
    if "content" not in instance.attributes:
        return
    try:
        # Terraform's texts are in Unicode's normal form C: https://developer.hashicorp.com/terraform/language/expressions/strings
        is_text, is_same = True, is_normalized("NFC", content.decode())
    except UnicodeDecodeError:
        is_text, is_same = False, True
    if not is_same or is_text is not (instance.attributes["content"] is not None):
        raise NotCodeAloneError("it was a text and is none, or the other way round, or in no normal form")


@contextmanager
def _told(where: str) -> Iterator[None]:
    """Say of what fails what it was about."""
    try:
        yield
    except (NotCodeAloneError, ClientError, BotoCoreError, OSError, ValueError) as error:
        raise NotCodeAloneError(f"{where}: {error}") from error
