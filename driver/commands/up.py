"""`invoke up`: from the source to a deployment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from driver.commands.context import Command
from driver.commands.repair import Repair
from driver.commands.short_way import ShortWay, SinceLastApply
from driver.deployments.state import StateIs, check_account, judge_state
from driver.host.wording import counted
from driver.model.exceptions import EnvironmentNotReadyError, InterruptedByUserError
from driver.model.values import Deployment
from driver.terraform.events import Applied, Event
from driver.terraform.target_records import APPLIED
from driver.terraform.view import TerraformView

Narrow = Callable[[Deployment], Sequence[str] | None]
"""Names the resources that Terraform is limited to, none if it has nothing to do; None: there is no limit."""


class Up(Command):
    """Deploys everything to a target."""

    def __call__(
        self,
        *,
        assume_yes: bool,
        refresh: bool = False,
        is_quick: bool = False,
        narrow: Narrow | None = None,
    ) -> None:
        """Deploy, or bring a deployment up to date.

        `assume_yes` deploys without asking. `refresh` asks Terraform although nothing that it would see has
        changed. `is_quick` trusts Terraform's state, and tells only what changes. `narrow` decides, once the
        target is known, whether only some resources are updated.
        """
        context, terraform = self.context, self.context.terraform
        context.check_room()
        with self.workspace.lock("invoke up"):
            self.workspace.check_loaded()
            self._repair()
            if not self.target.is_disposable:
                self._recover()  # its warning belongs before the question
            self.target.check(assume_yes=assume_yes)
            if self.target.is_disposable:
                self._recover()  # what does not answer was asked about by now
            context.state_store.settle(self.console, assume_yes=assume_yes)
            context.build_packages()
            if self.target.is_disposable:
                context.write_images()
            short = ShortWay(context)
            since = None if refresh or narrow else short.look(trusts_state=is_quick, tells=True)
            if since and self._is_done(since, short, is_quick=is_quick):
                return
            is_certain = not is_quick or short.is_without_drift()
            self.workspace.records.forget(APPLIED)
            files = terraform.files()
            with self.console.working("Preparing Terraform and the target"), terraform.initializing():
                context.check_project()
                variables = context.settings.variables()
                deployment = replace(self.target.start(), variables=variables)
            self._settle_state(deployment)
            targets = narrow(deployment) if narrow else None
            if targets is not None and not targets:
                self.console.done("nothing was changed")
                return
            # Before the apply: a file that is edited meanwhile is applied the next time. One that was edited
            # before this, and after a program had read it, may be in no definition.
            read = terraform.inputs(deployment)
            if terraform.files() != files:
                read = None
            applied = self._apply(deployment, targets or (), is_quick=is_quick)
            self.workspace.creations.forget()
            self.workspace.keep_outputs(applied.outputs)
            if not targets:
                short.keep(deployment, read, is_certain=is_certain)
        self._report_changes(applied)
        if not is_quick:
            self._finish(deployment)

    def _finish(self, deployment: Deployment) -> None:
        if self.target.is_disposable:
            self.make_environments()
        self._report(deployment)

    def _is_done(self, since: SinceLastApply, short: ShortWay, *, is_quick: bool) -> bool:
        """Deploy without Terraform; tell whether that can be done."""
        applied = None if since.is_nothing else short.update(since)
        if not since.is_nothing and applied is None:
            return False
        if self.target.is_disposable:
            self.target.start()  # it runs; this tells who may use it, and which version it is of
        if applied:
            self._report_changes(applied)
        else:
            self.console.done("nothing changed since the last `invoke up`: Terraform was not asked")
        if not is_quick:
            self._finish(since.deployment)
            self.console.news("  to have Terraform look at each resource: invoke up --refresh")
        return True

    def make_environments(self) -> None:
        """Make the environments of the project's images; one that cannot be made now is no failure."""
        from driver.images.image import read_images  # noqa: PLC0415 - not on AWS

        for image in read_images(self.context.resources / "images"):
            if image.is_ready_made:
                continue
            try:
                self.context.make_environment(image)
            except EnvironmentNotReadyError as error:
                self.console.warn(f"{error.what} {error.next_step}")
                self.console.news(
                    "  Jobs of this image fail until then. `invoke images --build` tries again."
                )

    def _repair(self) -> None:
        """Repair what cannot be read; where that is not enough, a disposable target starts again."""
        workspace, is_disposable = self.workspace, self.target.is_disposable
        repair = Repair(workspace, self.console, self.context.state_store, is_disposable=is_disposable)
        repaired = repair()
        if not is_disposable:
            if repaired.is_state_lost:
                raise repair.lost()
            if repaired.unknown:
                self.console.warn(
                    f"Terraform created {', '.join(repaired.unknown)} later than that copy: each may exist. "
                    "If Terraform says that one exists already, delete that one and try again."
                )
            return
        if (
            repaired.is_state_lost
            or repaired.unknown
            or (workspace.resources() and not workspace.deployment())
        ):
            self.console.warn("What the local cloud holds is not certain: it is started again, empty.")
            self.target.stop()
            workspace.forget_state()
            workspace.creations.forget()

    def _recover(self) -> None:
        """Put right what an `invoke up` left that had no time to do it: killed, or without power."""
        cut_off, previous = self.workspace.creations.unfinished(), self.workspace.deployment()
        if not (cut_off and previous):
            return
        what = f"The last `invoke up` was interrupted while it created {', '.join(cut_off)}"
        if not self.target.is_disposable:
            self.console.warn(
                f"{what}. If Terraform says that one of them exists already, delete that one and try again."
            )
        elif self.target.still_holds(previous):
            self.console.warn(f"{what}: the local cloud is started again, empty.")
            self.target.stop()
            self.workspace.creations.forget()

    def _apply(self, deployment: Deployment, targets: Sequence[str], *, is_quick: bool) -> Applied:
        """Apply; if that is interrupted, leave the target such that the next time works."""
        creations = self.workspace.creations
        try:
            with TerraformView(self.console).shown() as show:

                def on_event(event: Event) -> None:
                    creations.on_event(event)
                    show(event)

                return self.context.terraform.apply(deployment, on_event, targets=targets, is_quick=is_quick)
        except InterruptedByUserError as interruption:
            if not (interruption.cut_off and self.target.is_disposable):
                raise
            self.target.stop()
            creations.forget()
            raise InterruptedByUserError(
                interruption.what,
                "Resources were being created, so the local cloud was stopped.",
                "Run `invoke up` again: it starts an empty one.",
            ) from interruption

    def _settle_state(self, deployment: Deployment) -> None:
        """Keep or remove the state there is, and remember what it is going to describe."""
        resources = self.workspace.resources()
        previous = self.workspace.deployment() if resources else deployment
        if previous is None and not self.target.is_disposable:
            check_account(resources, deployment)
        if judge_state(previous, deployment) is StateIs.OUTDATED:
            self.context.state_store.clear()
            self.workspace.forget_state()
            self.console.warn(
                "The cloud was started again and is empty: the state of the earlier one, "
                f"{counted(len(resources), 'resource')}, was removed."
            )
        self.workspace.keep_deployment(deployment)

    def _report_changes(self, applied: Applied) -> None:
        summary = applied.summary
        if summary.total:
            self.console.done(
                f"deployed: {summary.add} added, {summary.change} changed, {summary.remove} destroyed"
            )
        else:
            self.console.done("nothing changed: everything is deployed as in the source")

    def _report(self, deployment: Deployment) -> None:
        place = deployment.endpoint_url or f"account {deployment.account_id}"
        self.console.news(f"  target {deployment.target}: {place}, region {deployment.region}")
        flag, outputs = self.workspace.target_flag, self.workspace.outputs()
        for name, pipeline in outputs.pipelines.items():
            is_default = " (default)" if name == outputs.default_pipeline else ""
            self.console.news(f"  pipeline {name}{is_default}: {pipeline.title or pipeline.name}")
        if deployment.endpoint_url is None and any(one.repository_url for one in outputs.images.values()):
            self.console.news(f"  for jobs in the project's images: invoke image{flag}, which pushes them")
        if outputs.pipelines:
            named = "" if outputs.default_pipeline else f" --pipeline {next(iter(outputs.pipelines))}"
            self.console.news(f"  next: invoke run-pipeline{named}{flag}")
