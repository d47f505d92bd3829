"""How a deployment stands: collected for `invoke status`, and put into its document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from driver.choices import TargetName
from driver.commands.deployed import Deployed, open_deployment
from driver.commands.listing import Listed, collect_recent
from driver.commands.redelivering import find_lost_events
from driver.costs import Cost, standing_costs
from driver.deployed_resources import DeployedResource, deployed_resources
from driver.documents import Document
from driver.exceptions import CloudBusyError, NotDeployedError
from driver.lost_events import Lost
from driver.models import Access, Deployment, Endpoint
from driver.plans import Change
from driver.ports import Connect, Target
from driver.workspace import Workspace

FindDrift = Callable[[Deployment], Sequence[Change]]
InstancesOf = Callable[[Deployment, str], Sequence[str]]
_EXECUTIONS = 10
_SERVED = 10  # endpoints whose instances are asked for: two requests each


@dataclass(frozen=True, slots=True)
class Standing:
    """What was found.

    `deployment` is None where there is none, `deployed` where it is not whole; `why` says why.
    `drift` is None where nobody asked for it. `is_silent` says that the cloud runs but does not answer;
    `access` who may use it, None where it does not run or is not ours.
    """

    target: str
    deployment: Deployment | None = None
    deployed: Deployed | None = None
    why: str = ""
    resources: Sequence[DeployedResource] = ()
    endpoints: Sequence[Endpoint] = ()
    listed: Sequence[Listed] = ()
    lost: Lost = field(default_factory=Lost)
    costs: Sequence[Cost] = ()
    drift: Sequence[Change] | None = None
    is_silent: bool = False
    access: Access | None = None

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
            "access": None
            if self.access is None
            else {"is_open": self.access.is_open, "allowed_origins": list(self.access.allowed_origins)},
        }

    def _place(self, deployment: Deployment) -> Document:
        outputs = self.deployed.outputs if self.deployed else None
        workflows = outputs.workflows if outputs else {}
        return {
            "endpoint_url": deployment.endpoint_url,
            "account_id": deployment.account_id,
            "region": deployment.region,
            "pipeline_arn": outputs.pipeline_arn if outputs else None,
            "state_machine_arn": (outputs.state_machine_arn or None) if outputs else None,
            "workflows": {name: workflow.state_machine_arn for name, workflow in workflows.items()},
        }


def find_standing(
    workspace: Workspace,
    target: Target,
    connect: Connect,
    instances_of: InstancesOf | None,
    find_drift: FindDrift | None,
) -> Standing:
    """Find out how a deployment stands.

    Parameters
    ----------
    workspace, target, connect
        What is looked at.
    instances_of
        Lists the instances behind an endpoint, for target aws, where they cost; None if nobody can.
    find_drift
        Has Terraform compare its state with what is there; None if nobody asked for that.
    """
    try:
        return _find(workspace, target, connect, instances_of, find_drift)
    except CloudBusyError as busy:
        return Standing(
            workspace.directory.name,
            workspace.deployment(),
            why=f"{busy.why} {busy.next_step}",
            resources=deployed_resources(workspace.resources()),
            is_silent=True,
        )


def _find(
    workspace: Workspace,
    target: Target,
    connect: Connect,
    instances_of: InstancesOf | None,
    find_drift: FindDrift | None,
) -> Standing:
    try:
        deployed = open_deployment(workspace, target, connect)
    except NotDeployedError as gone:
        return _in_part(workspace, target, str(gone), find_drift)
    deployment, outputs = deployed.deployment, deployed.outputs
    hosting = deployed.connection.hosting
    endpoints = hosting.endpoints(f"{outputs.name_prefix}-") if outputs.workflows else []
    costs: Sequence[Cost] = ()
    if deployment.target is TargetName.AWS:
        ask = instances_of or (lambda _deployment, _name: ())
        served = [(endpoint, ask(deployment, endpoint.name)) for endpoint in endpoints[:_SERVED]]
        costs = standing_costs(outputs, served)
    return Standing(
        workspace.directory.name,
        deployment,
        deployed,
        resources=deployed_resources(workspace.resources()),
        endpoints=endpoints,
        listed=collect_recent(deployed, _EXECUTIONS),
        lost=find_lost_events(deployed),
        costs=costs,
        drift=find_drift(deployment) if find_drift else None,
    )


def _in_part(workspace: Workspace, target: Target, why: str, find_drift: FindDrift | None) -> Standing:
    """Find out whether a part is there all the same: of an `up` or after a `down` that was not whole."""
    deployment, resources = workspace.deployment(), deployed_resources(workspace.resources())
    if deployment is None or not resources or not target.still_holds(deployment):
        return Standing(workspace.directory.name, why=why)
    drift = find_drift(deployment) if find_drift else None
    return Standing(workspace.directory.name, deployment, why=why, resources=resources, drift=drift)
