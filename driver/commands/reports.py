"""`invoke status`, `invoke outputs` and `invoke hello`: looking without changing anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from driver.access import describe_access
from driver.commands.listing import show_listed
from driver.commands.redelivering import show_lost_events
from driver.commands.standing import FindDrift, InstancesOf, Standing, find_standing
from driver.console import Console
from driver.deployed_resources import DeployedResource, by_module
from driver.documents import Document, moment
from driver.models import CLOSED, Access, Notebook, Outputs
from driver.plans import Action, Change
from driver.ports import Connect, Connection, Target
from driver.views import counted
from driver.workspace import Workspace

_NOTEBOOKS = 5
_DONE = {Action.UPDATE: "changed", Action.DELETE: "deleted"}  # all that can happen to a resource from outside
_ADD_NOTEBOOK = "https://docs.aws.amazon.com/sagemaker/latest/dg/howitworks-create-ws.html"


@dataclass(frozen=True, slots=True)
class Status:
    """Tells how a deployment stands.

    Parameters
    ----------
    workspace, target, connect
        What is looked at.
    console
        Where it is told.
    instances_of
        Lists the instances behind an endpoint; None: they are not told.
    find_access
        Tells who may use the local cloud.
    """

    workspace: Workspace
    target: Target
    connect: Connect
    console: Console
    instances_of: InstancesOf | None = None
    find_access: Callable[[], Access | None] = lambda: None

    def __call__(self, *, all_resources: bool = False, find_drift: FindDrift | None = None) -> None:
        """Show it; that nothing is deployed is an answer too, not an error.

        Parameters
        ----------
        all_resources
            Whether to show each resource with its ARN, instead of how many there are in each module.
        find_drift
            Finds out what was changed otherwise than by Terraform; None: it is not asked, for it takes long.
        """
        found = find_standing(self.workspace, self.target, self.connect, self.instances_of, find_drift)
        found = replace(found, access=self.find_access())
        for warning in describe_access(found.access or CLOSED):
            self.console.warn(warning)
        if found.deployment is None:
            self.console.warn(found.why)
        self.console.present(found.document(), lambda: self._show(found, all_resources=all_resources))

    def _show(self, found: Standing, *, all_resources: bool) -> None:
        deployment = found.deployment
        if deployment is None:
            return
        number = counted(len(found.resources), "resource")
        if found.deployed:
            self.console.say(f"✓ target {deployment.target}: {number}", "green")
        elif found.is_silent:
            self.console.warn(
                f"target {deployment.target}: {number}, as Terraform's state has them. {found.why}"
            )
        else:
            self.console.warn(f"target {deployment.target}: {number}, not a whole deployment. {found.why}")
        place = deployment.endpoint_url or "AWS"
        self.console.say(f"  {place}, account {deployment.account_id}, {deployment.region}")
        if found.deployed:
            self._show_outputs(found.deployed.outputs)
        self.console.say("\nResources by module", "bold")
        if all_resources:
            self._show_resources(found.resources)
        else:
            self._count_resources(found.resources)
        self._show_drift(found.drift)
        if found.deployed:
            self._show_use(found, found.deployed.target_flag)

    def _show_outputs(self, outputs: Outputs) -> None:
        self.console.say(f"  pipeline {outputs.pipeline_arn}")
        if outputs.state_machine_arn:
            self.console.say(f"  state machine {outputs.state_machine_arn}")
        if outputs.workflows:
            self.console.say(f"  workflows {', '.join(outputs.workflows)}")

    def _show_use(self, found: Standing, target_flag: str) -> None:
        """Show what is in service, what is billed, and what ran."""
        if found.endpoints:
            self.console.say("\nIn service", "bold")
            for endpoint in found.endpoints:
                self.console.say(f"  endpoint {endpoint.name} is {endpoint.status}")
        if found.costs:
            self.console.say("\nBilled while it stands", "bold")
            for cost in found.costs:
                self.console.say(f"  {cost.what}: {cost.billed}")
                self.console.say(f"    {cost.pricing_url}", "dim")
        show_lost_events(found.lost, target_flag, self.console)
        running = sum(not listed.execution.status.is_terminal for listed in found.listed)
        self.console.say(f"\n{counted(running, 'execution')} running" if running else "")
        show_listed(found.listed, self.console, target_flag)

    def _count_resources(self, resources: Sequence[DeployedResource]) -> None:
        """Show a line for each kind of module: how many there are of it, and how many resources in them."""
        kinds: dict[str, list[int]] = {}
        for module, members in by_module(resources).items():
            kinds.setdefault(_short(module).partition("[")[0], []).append(len(members))
        names = {kind: f"{kind} ({len(sizes)})" if len(sizes) > 1 else kind for kind, sizes in kinds.items()}
        width = max(map(len, names.values()), default=0)
        for kind, sizes in kinds.items():
            self.console.say(f"  {names[kind]:<{width}}  {sum(sizes):>2}")

    def _show_resources(self, resources: Sequence[DeployedResource]) -> None:
        for module, members in by_module(resources).items():
            self.console.say(f"  {_short(module)}", "bold")
            for resource in members:
                self.console.say(f"    {resource.name}")
                self.console.say(f"      {resource.arn or resource.id}", "dim")

    def _show_drift(self, drift: Sequence[Change] | None) -> None:
        if drift is None:
            return
        if not drift:
            self.console.say("✓ nothing was changed otherwise than by Terraform", "green")
        for change in drift:
            self.console.warn(f"{change.address} was {_DONE[change.action]} otherwise than by Terraform")
            for attribute in change.attributes:
                self.console.say(f"    {attribute.name}: {attribute.before} → {attribute.after}", "dim")


def _short(module: str) -> str:
    return module.removeprefix("module.") or "root"


@dataclass(frozen=True, slots=True)
class ShowOutputs:
    """Tells Terraform's outputs and which results were downloaded."""

    workspace: Workspace
    console: Console

    def __call__(self) -> None:
        """Show them; nothing is asked of any service."""
        outputs, runs = self.workspace.all_outputs(), self.workspace.runs()
        document: Document = {
            "version": 1,
            "target": self.workspace.directory.name,
            "outputs": outputs,
            "results": [str(path) for path in runs],
        }
        if not outputs:
            self.console.warn(f"Nothing is deployed. Run `invoke up{self.workspace.target_flag}`.")
        kept = self.workspace.kept()
        if kept:
            self.console.warn(
                f"These are of the last `invoke up`; `invoke down` has kept only {', '.join(kept)}."
            )
        self.console.present(document, lambda: self._show(outputs, runs))

    def _show(self, outputs: dict[str, object], runs: list[Path]) -> None:
        width = max(map(len, outputs), default=0)
        for name, value in sorted(outputs.items()):
            self.console.say(f"{name:<{width}}  {value}")
        if runs:
            self.console.say("\nResults, the newest first:")
            for path in runs:
                self.console.say(f"  {path}")


@dataclass(frozen=True, slots=True)
class Hello:
    """Says hello to SageMaker."""

    console: Console

    def __call__(self, connection: Connection) -> None:
        """List up to five of the account's notebook instances."""
        notebooks = connection.pipelines.notebooks(_NOTEBOOKS)
        document: Document = {
            "version": 1,
            "notebooks": [
                {
                    "name": notebook.name,
                    "arn": notebook.arn,
                    "status": notebook.status,
                    "created": moment(notebook.created),
                }
                for notebook in notebooks
            ],
        }
        self.console.present(document, lambda: self._show(notebooks))

    def _show(self, notebooks: list[Notebook]) -> None:
        self.console.say("Hello Amazon SageMaker! Let's list some of your notebook instances:")
        for notebook in notebooks:
            self.console.say(f"    Instance: {notebook.name} ({notebook.status})")
            self.console.say(f"    Arn: {notebook.arn}")
            self.console.say(f"    Creation Date: {notebook.created:%Y-%m-%d}")
        if not notebooks:
            self.console.say("    There are no notebook instances.")
            self.console.say(f"    How to add one: {_ADD_NOTEBOOK}")
