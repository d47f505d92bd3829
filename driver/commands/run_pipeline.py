"""`invoke run-pipeline`: reverse geocoding of a file of coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from driver.commands.context import Command, Context
from driver.commands.run_several import RunSeveral
from driver.executions.finishing import Finisher
from driver.executions.following import follow
from driver.executions.input_files import InputFile, gathered, is_remote
from driver.executions.preparing import prepared
from driver.executions.starting import begin
from driver.executions.tables import Reading
from driver.executions.watching import Watch
from driver.host.disk_space import check_room_for_runs
from driver.host.wording import counted

_RECOGNISED = Reading()


def run_pipeline(
    context: Context,
    inputs: Sequence[str],
    *,
    direct: bool,
    said: tuple[str, str, str, str] = ("", "", "", ""),
) -> None:
    """Run the pipeline on one file of coordinates, or side by side on several.

    Parameters
    ----------
    context
        Where it is deployed; its settings have the deadline and how many may run at once.
    inputs
        Files, folders, s3:// addresses and - for standard input; empty for the sample in resources/.
    direct
        Whether to start the pipeline alone, without the state machine.
    said
        The longitude's column, the latitude's, separator and encoding; what is empty is recognised.
    """
    reading = Reading.of(*said)
    settings, words = context.settings, inputs or [str(context.resources / "sample_coordinates.csv")]
    storage = context.deployed.connection.storage if any(map(is_remote, words)) else None
    with gathered(words, storage, context.console) as files:
        if len(files) == 1:
            run = RunPipeline(context)
            run(files[0], settings.timeout, settings.rows, direct=direct, reading=reading)
        else:
            several = RunSeveral(context)
            several(files, settings.timeout, settings.parallel, direct=direct, reading=reading)


class RunPipeline(Command):
    """Starts an execution and follows it."""

    def __call__(
        self,
        source: InputFile | Path,
        timeout: float,
        rows: int,
        *,
        direct: bool = False,
        reading: Reading = _RECOGNISED,
    ) -> None:
        """Check and upload a file of coordinates, run the pipeline on it, show the result.

        Parameters
        ----------
        source
            A table of coordinates.
        timeout
            Seconds until the execution must have ended.
        rows
            How many rows of the result to show.
        direct
            Whether to start the pipeline alone, without the state machine.
        reading
            How to read the table, where the user says it.
        """
        deployed = self.deployed
        state_machine_arn = "" if direct else deployed.state_machine_arn()
        file = InputFile(str(source), source) if isinstance(source, Path) else source
        with prepared([file], reading, self.console) as (ready,):
            path = ready.file.path
            is_local = deployed.deployment.endpoint_url is not None
            check_room_for_runs(self.workspace.directory, [path], is_local=is_local)
            self.console.done(f"{file.name}: {counted(ready.rows, 'coordinate')}")
            started = begin(deployed, state_machine_arn, path, self.console)
        watch = Watch(deployed, started.arn)
        follow(watch, self.console, timeout, look_at_once=False, is_introduced=True)
        Finisher(self.console, deployed).finish(watch, rows, started.place)
