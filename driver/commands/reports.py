"""`invoke status`, `invoke outputs` and `invoke hello`: looking without changing anything."""

from __future__ import annotations

from dataclasses import dataclass

from driver.commands.deployed import open_deployment
from driver.commands.listing import show_recent
from driver.console import Console
from driver.exceptions import NotDeployedError
from driver.ports import Connect, Connection, Target
from driver.views import counted
from driver.workspace import Workspace

_EXECUTIONS = 10
_NOTEBOOKS = 5
_ADD_NOTEBOOK = "https://docs.aws.amazon.com/sagemaker/latest/dg/howitworks-create-ws.html"


@dataclass(frozen=True, slots=True)
class Status:
    """Tells what is deployed and how its recent executions ended."""

    workspace: Workspace
    target: Target
    connect: Connect
    console: Console

    def __call__(self) -> None:
        """Show it; that nothing is deployed is an answer too, not an error."""
        try:
            deployed = open_deployment(self.workspace, self.target, self.connect)
        except NotDeployedError as gone:
            self.console.warn(str(gone))
            return
        deployment, outputs = deployed.deployment, deployed.outputs
        self.console.done(
            f"target {deployment.target}: {counted(len(self.workspace.resources()), 'resource')}"
        )
        self.console.say(
            f"  {deployment.endpoint_url or 'AWS'}, account {outputs.account_id}, {outputs.region}"
        )
        self.console.say(f"  pipeline {outputs.pipeline_arn}")
        if outputs.state_machine_arn:
            self.console.say(f"  state machine {outputs.state_machine_arn}")
        if outputs.workflows:
            self.console.say(f"  workflows {', '.join(outputs.workflows)}")
            for endpoint in deployed.connection.hosting.endpoints(f"{outputs.name_prefix}-"):
                self.console.say(f"  endpoint {endpoint.name} is {endpoint.status}")
        self.console.say()
        show_recent(deployed, self.console, _EXECUTIONS)


@dataclass(frozen=True, slots=True)
class ShowOutputs:
    """Tells Terraform's outputs and which results were downloaded."""

    workspace: Workspace
    console: Console

    def __call__(self) -> None:
        """Show them; nothing is asked of any service."""
        outputs, runs = self.workspace.all_outputs(), self.workspace.runs()
        if not outputs:
            self.console.warn(f"Nothing is deployed. Run `invoke up{self.workspace.target_flag}`.")
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
        self.console.say("Hello Amazon SageMaker! Let's list some of your notebook instances:")
        notebooks = connection.pipelines.notebooks(_NOTEBOOKS)
        for notebook in notebooks:
            self.console.say(f"    Instance: {notebook.name} ({notebook.status})")
            self.console.say(f"    Arn: {notebook.arn}")
            self.console.say(f"    Creation Date: {notebook.created:%Y-%m-%d}")
        if not notebooks:
            self.console.say("    There are no notebook instances.")
            self.console.say(f"    How to add one: {_ADD_NOTEBOOK}")
