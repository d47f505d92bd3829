"""`invoke status`: what is deployed, and how the recent executions ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from driver.aws.lost_events import Lost
from driver.commands.context import Command, Context
from driver.commands.lost_events import find_lost_events, show_lost_events
from driver.commands.plan import find_drift
from driver.deployments.cloud_access import describe_access
from driver.deployments.costs import Cost, standing_costs
from driver.deployments.saved_state import CURE
from driver.executions.deployed import Deployed
from driver.executions.listing import Listed, collect_recent, show_listed
from driver.host.wording import counted, describe_bytes
from driver.model.choices import TargetName
from driver.model.documents import Document
from driver.model.exceptions import CloudBusyError, NotDeployedError
from driver.model.values import CLOSED, Access, Deployment, Endpoint, Outputs
from driver.terraform.plan import Action, Change
from driver.terraform.state import ManagedResource, by_module

_EXECUTIONS = 10
_ENDPOINTS = 10  # endpoints whose instances are asked for: two requests each


@dataclass(frozen=True, slots=True)
class DeploymentStatus:
    """What is deployed, what of it runs, and what it costs.

    `deployment` is None where nothing is deployed, `deployed` where the deployment is not complete; `why`
    says why. `drift` is None where it was not asked for. `is_silent`: the cloud runs but does not answer.
    `access` says who may use it; None where it does not run or is not ours.
    """

    target: str
    deployment: Deployment | None = None
    deployed: Deployed | None = None
    why: str = ""
    resources: Sequence[ManagedResource] = ()
    endpoints: Sequence[Endpoint] = ()
    listed: Sequence[Listed] = ()
    lost: Lost = field(default_factory=Lost)
    costs: Sequence[Cost] = ()
    drift: Sequence[Change] | None = None
    is_silent: bool = False
    access: Access | None = None
    saved_bytes: int | None = None
    why_not_saved: str = ""
    records: Mapping[str, int] = field(default_factory=dict)

    def document(self) -> Document:
        """Put it into a document."""
        return {
            "version": 1,
            "target": self.target,
            "is_deployed": self.deployment is not None,
            "is_complete": self.deployed is not None,
            "why": self.why or None,
            "deployment": self._place(self.deployment) if self.deployment else None,
            "resources": [resource.document() for resource in self.resources],
            "drift": None if self.drift is None else [change.document() for change in self.drift],
            "endpoints": [{"name": endpoint.name, "status": endpoint.status} for endpoint in self.endpoints],
            "executions": [execution.document() for execution in self.listed],
            "lost_events": self.lost.document(),
            "costs": [cost.document() for cost in self.costs],
            "is_silent": self.is_silent,
            "saved_bytes": self.saved_bytes,
            "why_not_saved": self.why_not_saved or None,
            "records": dict(self.records),
            "access": None
            if self.access is None
            else {
                "is_open": self.access.is_open,
                "allowed_origins": list(self.access.allowed_origins),
                "iam": self.access.iam.value,
            },
        }

    def _place(self, deployment: Deployment) -> Document:
        outputs = self.deployed.outputs if self.deployed else None
        workflows = outputs.workflows if outputs else {}
        pipelines = outputs.pipelines if outputs else {}
        default = pipelines.get(outputs.default_pipeline) if outputs else None
        return {
            "endpoint_url": deployment.endpoint_url,
            "account_id": deployment.account_id,
            "region": deployment.region,
            "pipeline_arn": default.arn if default else None,
            "pipelines": {name: pipeline.arn for name, pipeline in pipelines.items()},
            "state_machine_arn": (outputs.state_machine_arn or None) if outputs else None,
            "workflows": {name: workflow.state_machine_arn for name, workflow in workflows.items()},
        }


def find_status(context: Context, *, drift: bool = False) -> DeploymentStatus:
    """Find out what is deployed; with `drift` Terraform compares its state with what is there."""
    workspace, access = context.workspace, context.access()
    target = workspace.directory.name
    try:
        try:
            deployed = context.deployed
        except NotDeployedError as gone:
            deployment, resources = workspace.deployment(), workspace.resources()
            # A part may be there all the same: an `up` or a `down` did not come to its end.
            if deployment is None or not resources or not context.target.still_holds(deployment):
                return DeploymentStatus(target, why=str(gone), access=access)
            changes = find_drift(context, deployment) if drift else None
            return DeploymentStatus(
                target, deployment, why=str(gone), resources=resources, drift=changes, access=access
            )
        return _whole(context, deployed, access, drift=drift)
    except CloudBusyError as busy:
        return DeploymentStatus(
            target,
            workspace.deployment(),
            why=f"{busy.why} {busy.next_step}",
            resources=workspace.resources(),
            is_silent=True,
            access=access,
        )


def _whole(context: Context, deployed: Deployed, access: Access | None, *, drift: bool) -> DeploymentStatus:
    deployment, outputs = deployed.deployment, deployed.outputs
    hosting = deployed.connection.hosting
    endpoints = hosting.endpoints(f"{outputs.name_prefix}-") if outputs.workflows else []
    costs: Sequence[Cost] = ()
    is_local = deployment.target is TargetName.LOCAL
    if deployment.target is TargetName.AWS:
        asked = endpoints[:_ENDPOINTS]
        costs = standing_costs(outputs, [(found, hosting.instances(found.name)) for found in asked])
    return DeploymentStatus(
        context.workspace.directory.name,
        deployment,
        deployed,
        resources=context.workspace.resources(),
        endpoints=endpoints,
        listed=collect_recent(deployed, _EXECUTIONS),
        lost=find_lost_events(deployed),
        costs=costs,
        drift=find_drift(context, deployment) if drift else None,
        access=access,
        saved_bytes=context.local_cloud.saved_bytes() if is_local else None,
        why_not_saved=context.local_cloud.why_not_saved() if is_local else "",
        records=context.local_cloud.records() if is_local else {},
    )


_DONE = {Action.UPDATE: "changed", Action.DELETE: "deleted"}  # all that can happen to a resource from outside


class ShowStatus(Command):
    """Shows what is deployed, what of it runs, and what it costs."""

    def __call__(self, *, all_resources: bool = False, drift: bool = False) -> None:
        """Show it; that nothing is deployed is an answer, not an error.

        `all_resources` shows each resource with its ARN instead of a number for each kind of module. With
        `drift` Terraform is asked what was changed outside Terraform, which takes a while.
        """
        found = find_status(self.context, drift=drift)
        for warning in describe_access(found.access or CLOSED):
            self.console.warn(warning)
        if found.deployment is None:
            self.console.warn(found.why)
        if found.why_not_saved:
            self.console.warn(f"{found.why_not_saved} {CURE}")
        self.console.present(found.document(), lambda: self._show(found, all_resources=all_resources))

    def _show(self, found: DeploymentStatus, *, all_resources: bool) -> None:
        deployment = found.deployment
        if deployment is None:
            return
        number = counted(len(found.resources), "resource")
        if found.deployed:
            self.console.say(f"✓ target {deployment.target}: {number}", "green")
        elif found.is_silent:
            self.console.warn(f"target {deployment.target}: {number} in Terraform's state. {found.why}")
        else:
            self.console.warn(
                f"target {deployment.target}: {number}, the deployment is not complete. {found.why}"
            )
        place = deployment.endpoint_url or "AWS"
        self.console.say(f"  {place}, account {deployment.account_id}, {deployment.region}")
        if found.saved_bytes:
            size = describe_bytes(found.saved_bytes)
            self.console.say(
                f"  saved: {size}; `invoke pause` stops the local cloud and keeps all that it holds"
            )
        if found.records:
            kinds = ", ".join(f"{count} {kind}" for kind, count in found.records.items())
            number = counted(sum(found.records.values()), "resource")
            self.console.say(f"  records: {number} of SageMaker in which nothing runs ({kinds})")
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
        for name, pipeline in outputs.pipelines.items():
            is_default = " (default)" if name == outputs.default_pipeline else ""
            self.console.say(f"  pipeline {name}{is_default} {pipeline.arn}")
        if outputs.state_machine_arn:
            self.console.say(f"  state machine {outputs.state_machine_arn}")
        if outputs.workflows:
            self.console.say(f"  workflows {', '.join(outputs.workflows)}")

    def _show_use(self, found: DeploymentStatus, target_flag: str) -> None:
        """Show what is in service, what is billed, and what ran."""
        if found.endpoints:
            self.console.say("\nIn service", "bold")
            for endpoint in found.endpoints:
                self.console.say(f"  endpoint {endpoint.name} is {endpoint.status}")
        if found.costs:
            self.console.say("\nBilled while it is deployed", "bold")
            for cost in found.costs:
                self.console.say(f"  {cost.what}: {cost.billed}")
                self.console.say(f"    {cost.pricing_url}", "dim")
        show_lost_events(found.lost, target_flag, self.console)
        running = sum(not listed.execution.status.is_terminal for listed in found.listed)
        self.console.say(f"\n{counted(running, 'execution')} running" if running else "")
        show_listed(found.listed, self.console, target_flag)

    def _count_resources(self, resources: Sequence[ManagedResource]) -> None:
        """Show a line for each kind of module: how many there are of it, and how many resources in them."""
        kinds: dict[str, list[int]] = {}
        for module, members in by_module(resources).items():
            kinds.setdefault(_short(module).partition("[")[0], []).append(len(members))
        names = {kind: f"{kind} ({len(sizes)})" if len(sizes) > 1 else kind for kind, sizes in kinds.items()}
        width = max(map(len, names.values()), default=0)
        for kind, sizes in kinds.items():
            self.console.say(f"  {names[kind]:<{width}}  {sum(sizes):>2}")

    def _show_resources(self, resources: Sequence[ManagedResource]) -> None:
        for module, members in by_module(resources).items():
            self.console.say(f"  {_short(module)}", "bold")
            for resource in members:
                self.console.say(f"    {resource.local_name}")
                self.console.say(f"      {resource.arn or resource.id}", "dim")

    def _show_drift(self, drift: Sequence[Change] | None) -> None:
        if drift is None:
            return
        if not drift:
            self.console.say("✓ nothing was changed outside Terraform", "green")
        for change in drift:
            self.console.warn(f"{change.address} was {_DONE[change.action]} outside Terraform")
            for attribute in change.attributes:
                self.console.say(f"    {attribute.name}: {attribute.before} → {attribute.after}", "dim")


def _short(module: str) -> str:
    return module.removeprefix("module.") or "root"
