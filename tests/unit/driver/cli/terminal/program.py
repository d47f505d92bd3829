"""`down` or `scenario` on a real terminal and a fake cloud: what the tests of terminals run.

Usage: python -m tests.unit.driver.cli.terminal.program FOLDER COMMAND [--deployed] [--yes] [--keep NAMES]
[--changed] [--in-part] [--target aws] [--hangs STAGE] [--fails]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from invoke.exceptions import Exit

from driver.cli.exit_codes import exit_codes
from driver.commands.context import Context
from driver.commands.down import Down
from driver.commands.run_pipeline import RunPipeline, RunRequest
from driver.commands.scenario.command import Scenario
from driver.deployments.workspace import Workspace
from driver.executions.input_files import InputFile
from driver.executions.preparing import Asked
from driver.executions.readers import ANSWER_STEP
from driver.host.console import Console
from driver.model.exceptions import ExecutionFailedError
from driver.model.status import StateMachineStatus, Status
from driver.model.values import Deployment
from driver.terraform.events import Applied, ChangeSummary, OnEvent
from driver.terraform.plan import Action, Change, Plan
from driver.terraform.state import read_managed_resources
from tests.unit.driver.fakes import (
    AWS,
    BUCKET,
    ID,
    LOCAL,
    OUTPUTS,
    PIPELINE,
    STEP,
    WORKFLOWS,
    FakeTerraform,
    World,
    execution,
    step,
)
from tests.unit.driver.orders import order
from tests.unit.driver.states import filtered, whole_state

FUNCTION = 'module.function["geospatial"].aws_lambda_function.this'
BUILT_ON_IT = 'module.pipeline["geospatial"].aws_sagemaker_pipeline.this'
ELSEWHERE = "module.queue.aws_sqs_queue.this"
SAMPLE = "Longitude,Latitude\n-149.9,61.2\n13.4,52.5\n"
PATIENCE = 30.0  # seconds that something hangs, if nobody presses Ctrl-C


class Terraform(FakeTerraform):
    """A Terraform that hangs where it is told, and whose plan is what there is to create."""

    hangs: str | None = None
    changes: tuple[Change, ...] = ()

    def apply(
        self,
        deployment: Deployment,
        on_event: OnEvent,
        *,
        targets: Sequence[str] = (),
        is_quick: bool = False,
    ) -> Applied:
        self._may_hang("apply")
        return super().apply(deployment, on_event, targets=targets, is_quick=is_quick)

    def destroy(
        self, deployment: Deployment, on_event: OnEvent, *, targets: Sequence[str] = ()
    ) -> ChangeSummary:
        self._may_hang("destroy")
        return super().destroy(deployment, on_event, targets=targets)

    def plan(self, deployment: Deployment, on_event: OnEvent, *, is_new: bool = False) -> Plan:
        self._may_hang("plan")
        present = {resource.address for resource in self.workspace.resources()}
        created = [
            Change(resource.module, resource.address, Action.CREATE)
            for resource in read_managed_resources(self.whole)
            if resource.address not in present
        ]
        return Plan((*created, *self.changes))

    def _may_hang(self, where: str) -> None:
        if self.hangs == where:
            hang(where)


def main(arguments: Sequence[str]) -> None:
    """Run a command as the driver would, and print what Terraform was told."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("command", choices=["down", "scenario"])
    parser.add_argument("--deployed", action="store_true")
    parser.add_argument("--changed", action="store_true")
    parser.add_argument("--in-part", action="store_true")
    parser.add_argument("--yes", action="store_true")
    parser.add_argument("--keep", default="")
    parser.add_argument("--target", choices=["local", "aws"], default="local")
    parser.add_argument("--hangs", choices=["plan", "apply", "run", "destroy"])
    parser.add_argument("--fails", action="store_true")
    asked = parser.parse_args(arguments)
    world = make_world(asked)
    console = Console()
    with exit_codes(console, debug=False):
        try:
            run(world, console, asked)
        finally:
            told = {"targeted": world.terraform.targeted, "stopped": world.target.stopped}
            (asked.folder / "told.json").write_text(json.dumps(told))


def hang(where: str) -> None:
    """Do nothing for a long time, and say so."""
    sys.stdout.write(f"hangs in {where}\n")
    sys.stdout.flush()
    time.sleep(PATIENCE)


def make_world(asked: argparse.Namespace) -> World:
    """Make a world in which nothing is deployed, or everything."""
    world = World(Workspace(asked.folder / asked.target))
    terraform = Terraform(world.workspace, whole=whole_state(), outputs={**OUTPUTS, **WORKFLOWS})
    terraform.hangs = asked.hangs
    if asked.changed:
        terraform.changes = tuple(
            Change(address.rpartition(".aws")[0], address, Action.UPDATE)
            for address in (FUNCTION, BUILT_ON_IT, ELSEWHERE)
        )
    world.terraform = terraform
    world.target.deployment = AWS if asked.target == "aws" else LOCAL
    world.target.is_disposable = asked.target == "local"
    world.settings = replace(world.settings, target=world.target.deployment.target)
    if asked.deployed:
        world.deploy(world.target.deployment, workflows=True)
        world.storage.objects[f"{BUCKET}/earlier.csv"] = "x" * 1234
    if asked.in_part:
        state = world.workspace.state_path.read_text()
        stays = lambda address: not address.startswith(("module.state_machine", "module.workflow"))  # noqa: E731
        world.workspace.state_path.write_text(filtered(state, stays))
        world.workspace.keep_only(["functions"])
    return world


def let_it_succeed(world: World) -> None:
    """Let the next execution succeed within three seconds of the world's clock."""
    world.pipelines.plays(execution(ID, Status.EXECUTING), step(STEP, Status.EXECUTING))
    steps = step(STEP, Status.SUCCEEDED), step(ANSWER_STEP, Status.SUCCEEDED)
    world.pipelines.plays(execution(ID, Status.SUCCEEDED), *steps, since=2.5)
    output = {"pipelineExecutionArn": f"{PIPELINE}/execution/{ID}", "results": {"vej_status": "COMPLETED"}}
    world.state_machine_plays(StateMachineStatus.SUCCEEDED, since=2.4, output=json.dumps(output))


def run(world: World, console: Console, asked: argparse.Namespace) -> None:
    """Run a command in the world's context."""
    context = world.context(console)
    if asked.command == "down":
        Down(context)(assume_yes=asked.yes, keep=asked.keep)
        return
    sample = asked.folder / "sample.csv"
    sample.write_text(SAMPLE)

    def run_it(_: Context, request: RunRequest) -> None:
        if asked.hangs == "run":
            hang("run")
        if asked.fails:
            raise ExecutionFailedError("Execution run-1 ended FAILED.", "Step x: no", "The logs say more.")
        let_it_succeed(world)
        path = Path(request.inputs[0]) if request.inputs else sample
        RunPipeline(context)(Asked(order(world), [InputFile(str(path), path)]), 60, 5)

    Scenario(context, run_it)(assume_yes=asked.yes)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Exit as end:  # invoke does this where the driver is one of its tasks
        sys.exit(end.code)
