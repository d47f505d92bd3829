"""`invoke down`: from a deployment to nothing, or to what is to be kept; downloads are always kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, replace

from driver.aws.connection import Connect, Connection
from driver.commands.inventory import take_inventory
from driver.commands.mending import Mending, RemoteState
from driver.commands.questions import Ask, choose
from driver.deployments.groups import (
    HOSTING_NEEDS,
    Group,
    Parting,
    group_resources,
    part,
    read_names,
    targets,
)
from driver.deployments.targets import Target
from driver.deployments.workspace import Workspace
from driver.executions.deployed import Deployed
from driver.executions.endpoints import Hosted, delete_hosted, hosted
from driver.executions.stopping import Stopper, still_there
from driver.host.console import Console
from driver.host.disk_space import FOR_STATE, Free, check_room, free_bytes, full_disk, is_full
from driver.host.wording import counted
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
from driver.terraform.root import TerraformRoot, initializing
from driver.terraform.view import TerraformView


@dataclass(frozen=True, slots=True)
class Down:
    """Destroys what is deployed to a target, or a part of it.

    Parameters
    ----------
    workspace, target, connect
        What is worked on.
    find_terraform
        Gives Terraform, which is needed only if there is something to destroy.
    build_packages
        Packs the functions: Terraform reads the packages even to destroy.
    console
        Where it is told.
    ask
        Puts a question and returns the answer; None for the terminal, if there is one.
    store
        The state, if it lies in S3.
    free
        Asks how much room a disk has.
    """

    workspace: Workspace
    target: Target
    find_terraform: Callable[[], TerraformRoot]
    connect: Connect
    build_packages: Callable[[], object]
    console: Console
    ask: Ask | None = None
    store: RemoteState | None = None
    free: Free = free_bytes

    def __call__(self, *, assume_yes: bool, keep: str = "") -> None:
        """Show what would go, ask, stop what runs, destroy; stop the local cloud unless something is kept.

        Parameters
        ----------
        assume_yes
            Whether everything goes that `keep` does not name, without a question.
        keep
            Names of what is to be kept, with commas between them; see `driver.deployments.groups.NAMES`.
        """
        with self.workspace.lock("invoke down"):
            if self._is_given_up(keep, assume_yes=assume_yes):
                return
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
            elif self._still_holds(deployment, number, wanted, assume_yes=assume_yes):
                try:
                    kept = self._destroy(deployment, groups, wanted, assume_yes=assume_yes)
                except (OSError, NoRoomError) as error:
                    if (
                        not (self.target.is_disposable and (isinstance(error, NoRoomError) or is_full(error)))
                        or keep
                    ):
                        raise
                    self._give_up("The disk is full.", number, assume_yes=assume_yes)
                    return
                if kept:
                    self._tell_what_stays(kept)
                    return
            else:
                self._forget_what_lies_in_s3()
            self._tell_what_may_be_left()
            self.target.stop()
            self.workspace.clear()
        self._tell_of_files()

    def _still_holds(
        self, deployment: Deployment, number: int, wanted: Sequence[str], *, assume_yes: bool
    ) -> bool:
        """Tell whether the resources can be destroyed one by one; if not, say what happens instead."""
        held = counted(number, "resource")
        try:
            if self.target.still_holds(deployment):
                self.connect(deployment.region, deployment.endpoint_url)  # for which keys are needed
                return True
        except UnusableCloudError as unusable:
            if wanted:
                raise  # what is to be kept is in it
            self.console.warn(f"{unusable.what} {unusable.why}")
            self.console.warn(f"It is ended with all that it holds: {held}, their data, and what runs.")
            if not assume_yes:
                self.console.confirm("End it?")
            return False
        self.console.warn(
            f"The cloud that held {held} is gone, with all in it: the state that was left is removed."
        )
        return False

    def _forget_what_lies_in_s3(self) -> None:
        """Write there that nothing is deployed, unless that went with the cloud, too."""
        if self.store:
            with suppress(SagestepError, OSError):
                self.store.clear()

    def _is_given_up(self, keep: str, *, assume_yes: bool) -> bool:
        """Put right what cannot be read; where Terraform cannot work even so, end the cloud."""
        workspace, is_disposable = self.workspace, self.target.is_disposable
        mending = Mending(workspace, self.console, is_disposable, self.store)
        try:
            mended = mending()
            if mended.is_state_lost and (keep or not is_disposable):
                raise mending.lost()
            resources = [] if mended.is_state_lost else workspace.resources()
            is_unknown = bool(resources) and is_disposable and not keep and not workspace.deployment()
            if mended.is_state_lost or is_unknown:
                why = "What the local cloud holds is not known."
                self._give_up(why, len(resources), assume_yes=assume_yes)
                return True
            if resources:
                check_room(workspace.directory, FOR_STATE, "Terraform's work on the state", self.free)
        except (OSError, NoRoomError) as error:
            if keep or not is_disposable or not (isinstance(error, NoRoomError) or is_full(error)):
                raise
            found = full_disk(error) if isinstance(error, OSError) else error
            self._give_up(f"{found.what} {found.why}", self._known(), assume_yes=assume_yes)
            return True
        return False

    def _known(self) -> int:
        try:
            return len(self.workspace.resources())
        except BrokenFileError:
            return 0

    def _give_up(self, why: str, number: int, *, assume_yes: bool) -> None:
        """End a disposable target without Terraform: what it holds goes with it."""
        held = f", {counted(number, 'resource')}," if number else ""
        self.console.warn(
            f"{why} Terraform destroys nothing: all that is in the local cloud{held} goes with it."
        )
        if not assume_yes:
            self.console.confirm("Stop the local cloud?")
        self._forget_what_lies_in_s3()
        self.target.stop()
        self.workspace.clear()
        self._tell_of_files()

    def _destroy(
        self, deployment: Deployment, groups: Sequence[Group], wanted: Sequence[str], *, assume_yes: bool
    ) -> tuple[Group, ...]:
        """Destroy what is to go; returns what is kept."""
        self.build_packages()
        terraform = self.find_terraform()
        try:
            with initializing(terraform):
                parting = self._prepare(deployment, groups, wanted, assume_yes=assume_yes)
        except KeyboardInterrupt as error:
            raise InterruptedByUserError(
                "Interrupted.",
                "No resource was destroyed.",
                f"`invoke down{self.workspace.target_flag}` begins anew.",
            ) from error
        if not parting.going:
            self.console.done("there is nothing to destroy besides what is kept")
            return parting.kept
        self.workspace.keep_only([group.name for group in parting.kept])
        with TerraformView(self.console).shown() as on_event:
            limits = targets(parting.going) if parting.kept else []
            summary = terraform.destroy(deployment, on_event, targets=limits)
        self.console.done(f"destroyed {counted(summary.remove, 'resource')}")
        return parting.kept

    def _prepare(
        self, deployment: Deployment, groups: Sequence[Group], wanted: Sequence[str], *, assume_yes: bool
    ) -> Parting:
        """Settle what goes, and end everything that needs it."""
        connection = self.connect(deployment.region, deployment.endpoint_url)
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
            self.console.say("and what workflows have put into service:")
            for line in serving.lines():
                self.console.say(line)
        if not assume_yes:
            wanted = choose(inventory, wanted, self.console, self.ask or self.console.asks)
        parting = part(groups, wanted)
        if not parting.going and not assume_yes:
            raise DeclinedError("Nothing was destroyed.", "You want to keep everything.")
        inventory.show_parting(parting, wanted, self.console)
        goes = {group.name for group in parting.going}
        if serving and not goes & HOSTING_NEEDS:
            self.console.warn("what is in service stays in service: all that it needs is kept")
        if deployed:
            self._end(deployed, parting, goes, serving, assume_yes=assume_yes)
        elif parting.going and not assume_yes:
            self._confirm(parting, [])
        return parting

    def _show_what_runs(self, deployed: Deployed, groups: Sequence[Group]) -> None:
        running = Stopper(deployed, [group.name for group in groups], self.console).running()
        if running:
            self.console.say("and what runs:")
        for execution in running:
            name, kind = deployed.short_name(execution.arn), deployed.kind_of(execution.arn)
            self.console.say(f"  {kind} execution {name}: {execution.status}")

    def _end(
        self,
        deployed: Deployed,
        parting: Parting,
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
                f"{execution.status}: it needs what is destroyed, and is stopped first"
            )
        if parting.going and not assume_yes:
            self._confirm(parting, running)
        if running:
            stopper.stop()
        if goes & HOSTING_NEEDS and (running or serving):
            # An execution may have made more of it until it was stopped.
            delete_hosted(deployed, hosted(deployed), self.console)

    def _confirm(self, parting: Parting, running: Sequence[AnyExecution]) -> None:
        what = "destroy the rest" if parting.kept else "destroy all this"
        self.console.confirm(f"Stop and {what}?" if running else f"{what.capitalize()}?")

    def _deployed(self, deployment: Deployment, connection: Connection) -> Deployed | None:
        """Return what was deployed; None if that was never finished: then nothing can run on it."""
        outputs = self.workspace.earlier_outputs()
        if outputs is None:
            return None
        return Deployed(deployment, outputs, connection, self.workspace.target_flag)

    def _tell_what_stays(self, kept: Sequence[Group]) -> None:
        flag = self.workspace.target_flag
        number = sum(len(group.resources) for group in kept)
        self.console.done(f"kept: {counted(number, 'resource')}: {', '.join(group.name for group in kept)}")
        if self.target.is_disposable:
            self.console.say("  the local cloud goes on running: it holds them")
        self.console.say(f"  `invoke up{flag}` takes them back in, `invoke down{flag}` destroys them too")

    def _tell_what_may_be_left(self) -> None:
        """Name what an earlier `up` had begun to create when it was killed: no state knows of it."""
        cut_off = self.workspace.creations.unfinished()
        if cut_off and not self.target.is_disposable:
            self.console.warn(
                f"An earlier `invoke up` was cut off while it created {', '.join(cut_off)}: "
                "that may exist, and Terraform does not know of it. Look for it in the AWS console."
            )

    def _tell_of_files(self) -> None:
        workspace = self.workspace
        for files, what, folder in (
            (workspace.runs(), "downloaded result", workspace.runs_directory),
            (workspace.reports(), "report", workspace.reports_directory),
        ):
            if files:
                self.console.say(f"kept: {counted(len(files), what)} in {folder}")
