"""`invoke run-pipeline`: an input through a pipeline, and its result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from driver.commands.context import Command, Context
from driver.commands.run_several import RunSeveral
from driver.executions.finishing import Finisher
from driver.executions.following import follow
from driver.executions.input_files import InputFile, is_remote
from driver.executions.parameters import read_settings
from driver.executions.pipeline_inputs import example_of, inputs_of
from driver.executions.preparing import prepared
from driver.executions.starting import Order, begin
from driver.executions.tables import Reading
from driver.executions.watching import Watch
from driver.host.disk_space import check_room_for_runs

_RECOGNISED = Reading()


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What to run.

    Parameters
    ----------
    inputs
        Files, folders, s3:// addresses and - for standard input; empty for the example of the manifest.
    pipeline
        The pipeline's name; empty for the default one.
    settings
        Parameters as typed: `NAME=VALUE`.
    is_direct
        Whether to start the pipeline alone, without the state machine.
    said
        The longitude's column, the latitude's, separator and encoding; what is empty is recognised.
    """

    inputs: Sequence[str] = ()
    pipeline: str = ""
    settings: Sequence[str] = ()
    is_direct: bool = False
    said: tuple[str, str, str, str] = ("", "", "", "")


def run_pipeline(context: Context, request: RunRequest) -> None:
    """Run a pipeline on one input, or side by side on several.

    The settings of the context have the deadline and how many may run at once.
    """
    reading = Reading.of(*request.said)
    deployed, settings = context.deployed, context.settings
    name, pipeline = deployed.pipeline(request.pipeline)
    order = Order(
        name,
        "" if request.is_direct else deployed.state_machine_arn(),
        read_settings(request.settings, pipeline),
    )
    example = example_of(pipeline, context.resources / "pipelines" / name)
    words = request.inputs or ([str(example)] if example else [])
    storage = deployed.connection.storage if any(map(is_remote, words)) else None
    with inputs_of(name, pipeline, words, storage, context.console) as files:
        if len(files) <= 1:
            run = RunPipeline(context)
            run(order, files[0] if files else None, settings.timeout, settings.rows, reading=reading)
        else:
            several = RunSeveral(context)
            several(order, files, settings.timeout, settings.parallel, reading=reading)


class RunPipeline(Command):
    """Starts an execution and follows it."""

    def __call__(
        self,
        order: Order,
        source: InputFile | None,
        timeout: float,
        rows: int,
        *,
        reading: Reading = _RECOGNISED,
    ) -> None:
        """Check and upload an input, run the pipeline on it, show the result.

        Parameters
        ----------
        order
            The pipeline and its parameters.
        source
            The input; None if the pipeline takes none.
        timeout
            Seconds until the execution must have ended.
        rows
            How many rows of the result to show.
        reading
            How to read a table, where the user says it.
        """
        deployed = self.deployed
        _, pipeline = deployed.pipeline(order.pipeline)
        with prepared([source] if source else [], reading, pipeline, self.console) as ready:
            file = ready[0].file if ready else None
            is_local = deployed.deployment.endpoint_url is not None
            check_room_for_runs(self.workspace.directory, file.files if file else [], is_local=is_local)
            if ready and source and ready[0].rows:
                self.console.done(f"{source.name}: {ready[0].count}")
            started = begin(deployed, order, file, self.console)
        watch = Watch(deployed, started.arn)
        follow(watch, self.console, timeout, look_at_once=False, is_introduced=True)
        Finisher(self.console, deployed).finish(watch, rows, started.place)
