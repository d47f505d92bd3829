"""`invoke run-pipeline`: coordinates in, addresses out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from driver.aws.connection import Connect
from driver.deployments.targets import Target
from driver.deployments.workspace import Workspace
from driver.executions.coordinates import check_coordinates_file
from driver.executions.deployed import open_deployment
from driver.executions.finishing import Finisher
from driver.executions.following import Follower
from driver.executions.starting import begin
from driver.host.console import Console
from driver.host.disk_space import check_room_for_runs


@dataclass(frozen=True, slots=True)
class RunPipeline:
    """Starts an execution and follows it.

    Parameters
    ----------
    workspace, target, connect
        What is worked on.
    console
        Where it is told.
    """

    workspace: Workspace
    target: Target
    connect: Connect
    console: Console

    def __call__(self, input_path: Path, timeout: float, rows: int, *, direct: bool = False) -> None:
        """Check and upload a file of coordinates, run the pipeline on it, show the result.

        Parameters
        ----------
        input_path
            A CSV file with the columns Longitude and Latitude.
        timeout
            Seconds until the execution must have ended.
        rows
            How many rows of the result to show.
        direct
            Whether to start the pipeline alone, without the state machine.
        """
        deployed = open_deployment(self.workspace, self.target, self.connect)
        state_machine_arn = "" if direct else deployed.state_machine_arn()
        count = check_coordinates_file(input_path)
        is_local = deployed.deployment.endpoint_url is not None
        check_room_for_runs(self.workspace.directory, [input_path], is_local=is_local)
        self.console.done(f"{input_path}: {count} coordinates")
        seen = begin(deployed, state_machine_arn, input_path, self.console)
        seen = Follower(self.console, deployed).follow(seen, timeout, look_at_once=False, is_introduced=True)
        Finisher(self.workspace, self.console, deployed).finish(seen, rows)
