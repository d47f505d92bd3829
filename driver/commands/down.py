"""`invoke down`: destroys a deployment, or a part of it; downloads are always kept."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, replace

from driver.aws.connection import Connection
from driver.commands.context import Command
from driver.commands.inventory import take_inventory
from driver.commands.questions import choose
from driver.commands.repair import Repair
from driver.deployments.groups import (
    HOSTING_NEEDS,
    Group,
    Split,
    group_resources,
    read_names,
    split,
    targets,
)
from driver.executions.deployed import Deployed
from driver.executions.endpoints import Hosted, delete_hosted, hosted
from driver.executions.stopping import Stopper, still_there
from driver.host.disk_space import FOR_STATE, Free, check_room, free_bytes, full_disk, is_full
from driver.host.wording import counted
from driver.model.choices import TargetName
from driver.model.exceptions import (
    BrokenFileError,
    DeclinedError,
    InterruptedByUserError,
    NoRoomError,
    NotDeployedError,
    SagestepError,
    UnusableCloudError,
)
from driver.model.values import AnyExecution, Deployment
from driver.terraform.events import OnEvent
from driver.terraform.view import TerraformView

_MANY = 10  # resources
_WITH_DATA = {"aws_s3_bucket", "aws_ecr_repository"}


@dataclass(frozen=True)
class Down(Command):
    """Destroys what is deployed to a target, or a part of it.

    `free` tells how much room a disk has.
    """

    free: Free = free_bytes

    def __call__(self, *, assume_yes: bool, keep: str = "") -> None:
        """Show what would be destroyed, ask, stop executions, destroy; stop the cloud if it is empty then.

        Parameters
        ----------
        assume_yes
            Whether to destroy everything that `keep` does not name, without a question.
        keep
            Names of groups to keep, with commas between them; see `driver.deployments.groups.NAMES`.
        """
        with self.workspace.lock("invoke down"):
            try:
                kept = self._destroy(keep, assume_yes=assume_yes)
            except (OSError, NoRoomError) as error:
                full = _full_disk(error)
                if full is None or keep or not self.target.is_disposable:
                    raise
                self._end_the_cloud(f"{full.what} {full.why}", self._known(), assume_yes=assume_yes)
                kept = ()
        if kept:
            self._tell_what_stays(kept)
        else:
            self._tell_of_files()

    def _destroy(self, keep: str, *, assume_yes: bool) -> Sequence[Group]:
        """Destroy what is to go, and stop the target if nothing stays; returns what is kept."""
        unknown = self._repair(keep)
        if unknown is not None:
            why = "What the local cloud holds is not known."
            self._end_the_cloud(why, unknown, assume_yes=assume_yes)
            return ()
        groups, deployment = group_resources(self.workspace.resources()), self.workspace.deployment()
        wanted, number = read_names(keep, groups), sum(len(group.resources) for group in groups)
        if not groups:
            self.console.done("there is nothing to destroy")
        elif deployment is None:
            raise NotDeployedError(
                f"It is not known where the {counted(number, 'resource')} of the state are.",
                f"There is no deployment.json in {self.workspace.directory}.",
                f"Run `invoke up{self.workspace.target_flag}` once more, then this.",
            )
        elif not self._still_holds(deployment, number, wanted, assume_yes=assume_yes):
            self._clear_state_in_s3()
        elif kept := self._destroy_groups(deployment, groups, wanted, assume_yes=assume_yes):
            return kept
        self._tell_what_may_be_left()
        self.target.stop()
        self.workspace.clear()
        return ()

    def _still_holds(
        self, deployment: Deployment, number: int, wanted: Sequence[str], *, assume_yes: bool
    ) -> bool:
        """Tell whether the resources can be destroyed one by one; if not, say what happens instead."""
        held = counted(number, "resource")
        try:
            if self.target.still_holds(deployment):
                self.context.connect(deployment.region, deployment.endpoint_url)  # for which keys are needed
                return True
        except UnusableCloudError as unusable:
            if wanted:
                raise  # what is to be kept is in it
            self.console.warn(f"{unusable.what} {unusable.why}")
            self.console.warn(
                f"It is stopped, and everything in it is lost: {held}, all data, all executions."
            )
            if not assume_yes:
                self.console.confirm("Stop it?")
            return False
        self.console.warn(f"The cloud with {held} is gone. Their Terraform state is removed.")
        return False

    def _clear_state_in_s3(self) -> None:
        """Write there that nothing is deployed, unless that went with the cloud, too."""
        with suppress(SagestepError, OSError):
            self.context.state_store.clear()

    def _repair(self, keep: str) -> int | None:
        """Repair the files that cannot be read.

        Returns
        -------
        int or None
            How many resources are known of, where Terraform cannot destroy them; None where it can.
        """
        workspace, is_disposable = self.workspace, self.target.is_disposable
        repair = Repair(workspace, self.console, self.context.state_store, is_disposable=is_disposable)
        if repair().is_state_lost:
            if keep or not is_disposable:
                raise repair.lost()
            return 0
        resources = workspace.resources()
        if resources and is_disposable and not keep and not workspace.deployment():
            return len(resources)
        if resources:
            check_room(workspace.directory, FOR_STATE, "Terraform's work on the state", self.free)
        return None

    def _known(self) -> int:
        try:
            return len(self.workspace.resources())
        except BrokenFileError:
            return 0

    def _end_the_cloud(self, why: str, number: int, *, assume_yes: bool) -> None:
        """End a disposable target without Terraform: what it holds goes with it."""
        held = f", {counted(number, 'resource')}," if number else ""
        self.console.warn(
            f"{why} Terraform destroys nothing: everything in the local cloud{held} is lost when it stops."
        )
        if not assume_yes:
            self.console.confirm("Stop the local cloud?")
        self._clear_state_in_s3()
        self.target.stop()
        self.workspace.clear()

    def _destroy_groups(
        self, deployment: Deployment, groups: Sequence[Group], wanted: Sequence[str], *, assume_yes: bool
    ) -> tuple[Group, ...]:
        """Destroy what is to go; returns what is kept."""
        self.context.build_packages(install=False)  # without a network, too
        terraform = self.context.terraform
        try:
            with terraform.initializing():
                chosen = self._prepare(deployment, groups, wanted, assume_yes=assume_yes)
        except KeyboardInterrupt as error:
            raise InterruptedByUserError(
                "Interrupted.",
                "No resource was destroyed.",
                f"`invoke down{self.workspace.target_flag}` starts again.",
            ) from error
        if not chosen.going:
            self.console.done("there is nothing to destroy except what is kept")
            return chosen.kept
        self.workspace.keep_only([group.name for group in chosen.kept])
        with TerraformView(self.console).shown() as on_event:
            self._let_data_go(deployment, chosen.going, on_event)
            limits = targets(chosen.going) if chosen.kept else []
            summary = terraform.destroy(deployment, on_event, targets=limits)
        self.console.done(f"destroyed {counted(summary.remove, 'resource')}")
        return chosen.kept

    def _let_data_go(self, deployment: Deployment, going: Sequence[Group], on_event: OnEvent) -> None:
        """Let Terraform delete the objects and images of what goes: on AWS only now that it was agreed to."""
        if deployment.endpoint_url is not None or "force_destroy" in deployment.variables:
            return
        held = [found.address for group in going for found in group.resources if found.type in _WITH_DATA]
        if held:
            agreed = replace(deployment, variables={**deployment.variables, "force_destroy": True})
            self.context.terraform.apply(agreed, on_event, targets=held)

    def _prepare(
        self, deployment: Deployment, groups: Sequence[Group], wanted: Sequence[str], *, assume_yes: bool
    ) -> Split:
        """Settle what goes, and end everything that needs it."""
        connection = self.context.connect(deployment.region, deployment.endpoint_url)
        deployed = self._deployed(deployment, connection)
        serving = hosted(deployed) if deployed else Hosted()
        inventory = take_inventory(groups, connection.storage)
        inventory.show(deployment, self.console)
        there = [resource for group in groups for resource in group.resources]
        if deployed:
            deployed = replace(deployed, outputs=still_there(deployed.outputs, there))
            if not assume_yes:  # with nothing to ask, what runs is told when it is stopped
                self._show_what_runs(deployed, groups)
        if serving:
            self.console.say("and what workflows deployed:")
            for line in serving.lines():
                self.console.say(line)
        if not assume_yes:
            wanted = choose(inventory, wanted, self.console, self.console.asks)
        chosen = split(groups, wanted)
        if not chosen.going and not assume_yes:
            raise DeclinedError("Nothing was destroyed.", "Everything is to be kept.")
        inventory.show_split(chosen, wanted, self.console)
        goes = {group.name for group in chosen.going}
        if serving and not goes & HOSTING_NEEDS:
            self.console.warn("endpoints stay in service: everything they need is kept")
        if deployed:
            self._end(deployed, chosen, goes, serving, assume_yes=assume_yes)
        elif chosen.going and not assume_yes:
            self._confirm(deployment, chosen, [])
        return chosen

    def _show_what_runs(self, deployed: Deployed, groups: Sequence[Group]) -> None:
        running = Stopper(deployed, [group.name for group in groups], self.console).running()
        if running:
            self.console.say("and running executions:")
        for execution in running:
            name, kind = deployed.short_name(execution.arn), deployed.kind_of(execution.arn)
            self.console.say(f"  {kind} execution {name}: {execution.status}")

    def _end(
        self,
        deployed: Deployed,
        chosen: Split,
        goes: AbstractSet[str],
        serving: Hosted,
        *,
        assume_yes: bool,
    ) -> None:
        """Ask for the last time, then end what needs what goes."""
        stopper = Stopper(deployed, goes, self.console)
        running = stopper.running()
        for execution in running:
            self.console.warn(
                f"{deployed.kind_of(execution.arn)} execution {deployed.short_name(execution.arn)} is "
                f"{execution.status}: it needs what is destroyed, so it is stopped first"
            )
        if chosen.going and not assume_yes:
            self._confirm(deployed.deployment, chosen, running)
        if running:
            stopper.stop()
        if goes & HOSTING_NEEDS and (running or serving):
            # An execution may have made more of it until it was stopped.
            delete_hosted(deployed, hosted(deployed), self.console)

    def _confirm(self, deployment: Deployment, chosen: Split, running: Sequence[AnyExecution]) -> None:
        """Ask for the last time; on AWS, for many resources, for a yes typed in full as Terraform does."""
        what = "destroy the rest" if chosen.kept else "destroy all this"
        question = f"Stop and {what}?" if running else f"{what.capitalize()}?"
        number = sum(len(group.resources) for group in chosen.going)
        if deployment.target is TargetName.AWS and number > _MANY:
            place = f"account {deployment.account_id}, region {deployment.region}"
            self.console.confirm_typed(f"{question} {counted(number, 'resource')} in {place}.")
        else:
            self.console.confirm(question)

    def _deployed(self, deployment: Deployment, connection: Connection) -> Deployed | None:
        """Return what was deployed; None if that was never finished: then nothing can run on it."""
        outputs = self.workspace.earlier_outputs()
        if outputs is None:
            return None
        return Deployed(deployment, outputs, connection, self.workspace)

    def _tell_what_stays(self, kept: Sequence[Group]) -> None:
        flag = self.workspace.target_flag
        number = sum(len(group.resources) for group in kept)
        self.console.done(f"kept: {counted(number, 'resource')}: {', '.join(group.name for group in kept)}")
        if self.target.is_disposable:
            self.console.say("  the local cloud keeps running: it holds them")
        self.console.say(f"  `invoke up{flag}` adds the rest again, `invoke down{flag}` destroys these too")

    def _tell_what_may_be_left(self) -> None:
        """Name what an earlier `up` had begun to create when it was killed: no state knows of it."""
        cut_off = self.workspace.creations.unfinished()
        if cut_off and not self.target.is_disposable:
            self.console.warn(
                f"An earlier `invoke up` was interrupted while it created {', '.join(cut_off)}: "
                "they may exist, and Terraform does not know them. Look for them in the AWS console."
            )

    def _tell_of_files(self) -> None:
        workspace = self.workspace
        for files, what, folder in (
            (workspace.runs(), "downloaded result", workspace.runs_directory),
            (workspace.reports(), "report", workspace.reports_directory),
        ):
            if files:
                self.console.say(f"kept: {counted(len(files), what)} in {folder}")


def _full_disk(error: OSError | NoRoomError) -> NoRoomError | None:
    if isinstance(error, NoRoomError):
        return error
    return full_disk(error) if is_full(error) else None
