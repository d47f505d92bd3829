"""`invoke plan`: what `invoke up` would change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from itertools import groupby

from driver.commands.context import Command, Context
from driver.deployments.state import StateIs, judge_state
from driver.host.wording import counted
from driver.model.choices import TargetName
from driver.model.documents import Document
from driver.model.exceptions import NotDeployedError
from driver.model.values import Deployment
from driver.terraform.identity_server import identity_server
from driver.terraform.plan import Action, Change, Plan
from driver.terraform.state import root_module
from driver.terraform.view import TerraformView

NO_CHANGES, CHANGES = 0, 2  # exit codes, as `terraform plan -detailed-exitcode` has them
_ACCOUNT = "000000000000"  # of the local cloud
_SIGNS = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.REPLACE: "±",
    Action.DELETE: "-",
    Action.FORGET: ".",
}
_DONE = {
    Action.CREATE: "to add",
    Action.UPDATE: "to change",
    Action.REPLACE: "to replace",
    Action.DELETE: "to destroy",
    Action.FORGET: "to forget",
}


@dataclass(frozen=True)
class PlanChanges(Command):
    """Shows what a deployment would change, and changes nothing.

    `imagine` starts a server that answers for an empty account, and yields its address.
    """

    imagine: Callable[[str], AbstractContextManager[str]] = identity_server

    def __call__(self) -> int:
        """Plan and tell it.

        Returns
        -------
        int
            The exit code: 0 if nothing would change, 2 if something would.
        """
        context = self.context
        with self.workspace.lock("invoke plan"):
            context.check_project()
            context.build_packages()
            with self._place() as (deployment, is_asked):
                variables = context.settings.variables()
                wanted = replace(deployment, variables=variables)
                is_new = not is_asked or self._is_outdated(wanted)
                plan = _plan(context, wanted, is_new=is_new)
        self.console.present(
            self._document(wanted, plan, is_asked=is_asked),
            lambda: self._show(wanted, plan, is_asked=is_asked),
        )
        return CHANGES if plan else NO_CHANGES

    @contextmanager
    def _place(self) -> Iterator[tuple[Deployment, bool]]:
        """Yield where it would be deployed, and whether anybody there can be asked."""
        try:
            self.target.address()
        except NotDeployedError:
            with self.imagine(_ACCOUNT) as address:
                yield Deployment(TargetName.LOCAL, self.context.region, _ACCOUNT, address), False
            return
        self.target.check(assume_yes=True)
        yield self.target.start(), True

    def _is_outdated(self, wanted: Deployment) -> bool:
        """Tell whether the state describes what went with an earlier run of the local cloud."""
        has_state = bool(self.workspace.resources())
        previous = self.workspace.deployment() if has_state else wanted
        return judge_state(previous, wanted) is StateIs.OUTDATED

    def _document(self, deployment: Deployment, plan: Plan, *, is_asked: bool) -> Document:
        return {
            "version": 1,
            "target": deployment.target.value,
            "region": deployment.region,
            "account_id": deployment.account_id if is_asked else None,
            "is_cloud_asked": is_asked,
            "has_changes": bool(plan),
            "counts": {action.value: plan.count(action) for action in Action},
            "changes": [change.document() for change in plan.changes],
            "outputs": list(plan.outputs),
            "drift": [change.document() for change in plan.drift],
        }

    def _show(self, deployment: Deployment, plan: Plan, *, is_asked: bool) -> None:
        if not is_asked:
            self.console.say(
                "The local cloud does not run and was not started: this plan is for an empty cloud."
            )
        elif not plan:
            self.console.done("nothing would change: everything is deployed as in the source")
        for module, changes in groupby(
            sorted(plan.changes, key=_place_of), key=lambda change: root_module(change.address)
        ):
            self.console.say(module or "root", "bold")
            self._show_module(module, list(changes))
        if plan.outputs and not plan.changes:
            self.console.say(f"outputs that change: {', '.join(plan.outputs)}")
        counts = [
            f"{counted(plan.count(action), 'resource')} {_DONE[action]}"
            for action in Action
            if plan.count(action)
        ]
        if plan:
            self.console.say(f"\n{', '.join(counts) or 'no resource changes'}")
            self.console.news(f"  next: invoke up{self.workspace.target_flag}")

    def _show_module(self, module: str, changes: Sequence[Change]) -> None:
        """Show what is added or destroyed on a line for each, and every other change with its attributes."""
        for action, alike in groupby(changes, key=lambda change: change.action):
            named = [(change.address.removeprefix(f"{module}."), change) for change in alike]
            if action in {Action.UPDATE, Action.REPLACE}:
                for name, change in named:
                    self.console.say(f"  {_SIGNS[action]} {name}")
                    for attribute in change.attributes:
                        line = f"      {attribute.name}: {attribute.before} → {attribute.after}"
                        self.console.say(f"      {attribute.name}:" if attribute.differences else line, "dim")
                        for difference in attribute.differences:
                            self.console.say(f"        {difference}", "dim")
            else:
                self.console.say(f"  {_SIGNS[action]} {', '.join(name for name, _ in named)}")


def find_drift(context: Context, deployment: Deployment) -> Sequence[Change]:
    """Find out what of a deployment was changed outside Terraform, and matters."""
    with context.workspace.lock("invoke status"):
        context.build_packages()
        return _plan(context, deployment).drift


def _plan(context: Context, deployment: Deployment, *, is_new: bool = False) -> Plan:
    with context.console.working("Preparing Terraform"), context.terraform.initializing():
        pass
    with TerraformView(context.console).shown() as on_event:
        return context.terraform.plan(deployment, on_event, is_new=is_new)


def _place_of(change: Change) -> tuple[str, str, str]:
    return root_module(change.address), change.action, change.address
