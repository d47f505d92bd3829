"""`invoke run-pipeline`: reverse geocoding of a file of coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from driver.commands.context import Command, Context
from driver.commands.run_several import RunSeveral
from driver.executions.coordinates import check_coordinates_file
from driver.executions.finishing import Finisher
from driver.executions.following import follow
from driver.executions.input_files import gathered, is_remote
from driver.executions.starting import begin
from driver.executions.watching import Watch
from driver.host.disk_space import check_room_for_runs
from driver.host.wording import counted


def run_pipeline(context: Context, inputs: Sequence[str], *, direct: bool) -> None:
    """Run the pipeline on one file of coordinates, or side by side on several.

    Parameters
    ----------
    context
        Where it is deployed; its settings have the deadline and how many may run at once.
    inputs
        Files, folders and s3:// addresses; empty for the sample in resources/.
    direct
        Whether to start the pipeline alone, without the state machine.
    """
    settings, words = context.settings, inputs or [str(context.resources / "sample_coordinates.csv")]
    storage = context.deployed.connection.storage if any(map(is_remote, words)) else None
    with gathered(words, storage, context.console) as files:
        if len(files) == 1:
            RunPipeline(context)(files[0].path, settings.timeout, settings.rows, direct=direct)
        else:
            RunSeveral(context)(files, settings.timeout, settings.parallel, direct=direct)


class RunPipeline(Command):
    """Starts an execution and follows it."""

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
        deployed = self.deployed
        state_machine_arn = "" if direct else deployed.state_machine_arn()
        count = check_coordinates_file(input_path)
        is_local = deployed.deployment.endpoint_url is not None
        check_room_for_runs(self.workspace.directory, [input_path], is_local=is_local)
        self.console.done(f"{input_path}: {counted(count, 'coordinate')}")
        started = begin(deployed, state_machine_arn, input_path, self.console)
        watch = Watch(deployed, started.arn)
        follow(watch, self.console, timeout, look_at_once=False, is_introduced=True)
        Finisher(self.console, deployed).finish(watch, rows, started.place)
