"""What differs from the last apply; and code that changed alone, uploaded without Terraform.

Terraform's start of its AWS provider costs eight seconds of CPU, so that no way through it is short.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256

from driver.aws.code_resources import CodeObject, CodePackage, CodeResource, NotCodeAloneError
from driver.aws.definition_resources import PipelineDefinition, StateMachineDefinition
from driver.commands.context import Command
from driver.deployments import code_changes
from driver.deployments.code_changes import Folders
from driver.deployments.code_upload import CodeUpload, MakeResource
from driver.model.values import Deployment
from driver.terraform.events import Applied, Event, Phase, ResourceEvent
from driver.terraform.inputs import Inputs, reads_elsewhere, reads_files
from driver.terraform.state_edits import Instance
from driver.terraform.target_records import LastApply


@dataclass(frozen=True, slots=True)
class SinceLastApply:
    """The last apply of what is deployed; what an apply would read now, and the count of `changes` now."""

    last: LastApply
    deployment: Deployment
    now: Inputs
    changes: int

    @property
    def is_nothing(self) -> bool:
        """Whether an apply would read what the last one read."""
        return self.now == self.last.inputs


class ShortWay(Command):
    """Does without Terraform what can be done without."""

    def look(self, *, trusts_state: bool, tells: bool = False) -> SinceLastApply | None:
        """Compare with the last apply; None if Terraform must be asked.

        `trusts_state`: whether it does not matter that others may have changed resources. `tells`: whether it
        is said why Terraform must be asked, on a target where it need not always be.
        """
        previous = self.workspace.deployment()
        if previous is None:
            return None
        try:
            return self._since_last_apply(previous, trusts_state=trusts_state)
        except NotCodeAloneError as error:
            if tells and self.target.is_disposable:
                self.console.news(f"Terraform is asked: {error}")
            return None

    def _since_last_apply(self, previous: Deployment, *, trusts_state: bool) -> SinceLastApply:
        """Compare with the last apply. Raises `NotCodeAloneError` if Terraform must be asked."""
        last = self.workspace.records.applied()
        if last is None or self.workspace.kept() is not None:
            raise NotCodeAloneError(
                "the last apply did not end, left out resources, or a file changed meanwhile"
            )
        asked = replace(previous, variables=self.settings.variables())
        if asked != previous or self.settings.region not in {None, previous.region}:
            raise NotCodeAloneError("the variables or the region are not those of the last apply")
        changes = self.target.changes(previous)
        if changes is None:
            raise NotCodeAloneError("the local cloud does not tell whether its resources have changed")
        if changes < last.changes:
            raise NotCodeAloneError("the local cloud has a state from before the last apply")
        if not trusts_state and not (last.is_certain and changes == last.changes):
            raise NotCodeAloneError("a resource may have been changed without Terraform since the last apply")
        reading = reads_elsewhere(self.settings.project.own_terraform)
        if reading:
            raise NotCodeAloneError(
                f"{reading.name} may read files outside resources, lambda_src and its own folder, or "
                "something that changes by itself"
            )
        now = self.context.terraform.inputs(previous)
        if now is None:
            raise NotCodeAloneError("its state lies in S3")
        if self._state() != last.state:
            raise NotCodeAloneError("its state is not the one that the last apply left")
        return SinceLastApply(last, previous, now, changes)

    def is_without_drift(self) -> bool:
        """Tell whether nobody but Terraform can have changed a resource since the last whole apply."""
        last, previous = self.workspace.records.applied(), self.workspace.deployment()
        if last is None or previous is None:
            return False
        return last.is_certain and self.target.changes(previous) == last.changes

    def keep(self, deployment: Deployment, read: Inputs | None, *, is_certain: bool) -> None:
        """Remember an apply of everything that went through."""
        changes = self.target.changes(deployment)
        if changes is not None and read is not None:
            self.workspace.records.keep_applied(LastApply(read, self._state(), changes, is_certain))

    def update(self, since: SinceLastApply) -> Applied | None:
        """Upload what changed, if that is code alone; None if Terraform must be asked, which is told."""
        if not self.target.is_disposable:
            return None
        try:
            return self._update(since)
        except NotCodeAloneError as error:
            self.console.news(f"Terraform is asked: {error}")
            return None

    def _update(self, since: SinceLastApply) -> Applied:
        project, before, is_certain = self.settings.project, since.last.inputs, self.is_without_drift()
        folders = Folders(project.resources, project.functions, self.settings.package_directory)
        encode = self.context.terraform.json_texts
        upload = CodeUpload(self.workspace, folders, self._maker(since.deployment), encode)
        upload.plan(before, since.now)
        reading = reads_files(project.own_terraform)
        if reading:
            raise NotCodeAloneError(f"{reading} may read the files that changed")
        with self.console.working("Checking the project"):
            self.context.check_project()
        now = self.context.terraform.inputs(since.deployment)  # a program may have made another definition
        if now is None:
            raise NotCodeAloneError("its state has moved")
        found = upload.plan(before, now)
        applied = upload.upload(found, self._tell)
        counted = since.changes + sum(one.is_counted for one in found.values())
        self.keep(
            since.deployment, now, is_certain=is_certain and self.target.changes(since.deployment) == counted
        )
        return applied

    def _maker(self, deployment: Deployment) -> MakeResource:
        clients = self.context.clients(deployment.region, deployment.endpoint_url)

        def make(instance: Instance, content: bytes) -> CodeResource:
            attributes = instance.attributes
            match instance.type:
                case code_changes.FUNCTION:
                    return CodePackage(clients.functions(), attributes, content)
                case code_changes.PIPELINE:
                    return PipelineDefinition(clients.sagemaker(), attributes, content)
                case code_changes.STATE_MACHINE:
                    return StateMachineDefinition(clients.step_functions(), attributes, content)
            return CodeObject(clients.s3(), attributes, content)

        return make

    def _tell(self, event: Event) -> None:
        if isinstance(event, ResourceEvent) and event.phase is Phase.STARTED:
            self.console.news(f"  updating {event.address}")
        elif isinstance(event, ResourceEvent):
            self.console.done(f"updated {event.address}")

    def _state(self) -> str:
        try:
            return sha256(self.workspace.state_path.read_bytes()).hexdigest()
        except FileNotFoundError:
            return ""
