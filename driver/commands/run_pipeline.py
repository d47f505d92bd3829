"""`invoke run-pipeline`: an input through a pipeline, and its result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from driver.commands.context import Command, Context
from driver.commands.run_several import RunSeveral
from driver.executions.finishing import Finisher
from driver.executions.following import follow
from driver.executions.input_files import InputFile, is_remote
from driver.executions.parameters import check_settings, check_values, read_settings
from driver.executions.pipeline_inputs import example_of, inputs_of
from driver.executions.preparing import Asked, prepared
from driver.executions.starting import Order, Started, begin
from driver.executions.watching import Watch
from driver.host.disk_space import check_room_for_runs
from driver.manifests.parameters import declared
from driver.tables.reading import Reading

__all__ = ["Reading", "RunPipeline", "RunRequest", "run_pipeline", "understood"]


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
    parameters
        Parameters by name.
    is_direct
        Whether to start the pipeline alone, without the state machine.
    reading
        How to read a table.
    name
        The execution's; empty for one that no other has.
    """

    inputs: Sequence[str] = ()
    pipeline: str = ""
    settings: Sequence[str] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    is_direct: bool = False
    reading: Reading = Reading()  # noqa: RUF009 - frozen
    name: str = ""


def run_pipeline(context: Context, request: RunRequest) -> None:
    """Run a pipeline on one input, or side by side on several.

    The settings of the context have the deadline and how many may run at once.
    """
    settings = context.settings
    with understood(context, request) as asked:
        if len(asked.files) <= 1:
            RunPipeline(context)(asked, settings.timeout, settings.rows)
        else:
            RunSeveral(context)(asked, settings.timeout, settings.parallel)


@contextmanager
def understood(context: Context, request: RunRequest) -> Iterator[Asked]:
    """Find the pipeline, its parameters and its inputs; copies of inputs are removed at the end.

    Raises
    ------
    WrongUseError
        If there is no such pipeline or parameter, a parameter has no value or a wrong one, or the pipeline
        takes no input or needs one.
    CoordinatesError
        If a file or folder is not there.
    """
    reading = request.reading.checked()
    deployed = context.deployed
    name, pipeline = deployed.pipeline(request.pipeline)
    state_machine_arn = "" if request.is_direct else deployed.state_machine_arn()
    given = {**request.parameters, **read_settings(request.settings)}
    check_settings(name, pipeline.parameter_names, given)
    check_values(
        name,
        declared(deployed.connection.pipelines.definition(pipeline.name)),
        [{**pipeline.parameters, **given}],
        by_state_machine=not request.is_direct,
    )
    with asked_inputs(context, request) as files:
        yield Asked(Order(name, state_machine_arn, given, request.name), files, reading)


@contextmanager
def asked_inputs(context: Context, request: RunRequest) -> Iterator[list[InputFile]]:
    """Find the inputs, or the example of the pipeline's manifest; copies are removed at the end."""
    deployed = context.deployed
    name, pipeline = deployed.pipeline(request.pipeline)
    example = example_of(pipeline, context.resources / "pipelines" / name)
    words = request.inputs or ([str(example)] if example else [])
    storage = deployed.connection.storage if any(map(is_remote, words)) else None
    with inputs_of(name, pipeline, words, storage, context.console) as files:
        yield files


class RunPipeline(Command):
    """Starts an execution and follows it."""

    def __call__(self, asked: Asked, timeout: float, rows: int) -> None:
        """Run the pipeline on one input, and show so many rows of the result.

        `timeout` is in seconds.
        """
        started = self.start(asked)
        watch = Watch(self.deployed, started.arn)
        follow(watch, self.console, timeout, look_at_once=False, is_introduced=True)
        Finisher(self.console, self.deployed).finish(watch, rows, started.place)

    def start(self, asked: Asked) -> Started:
        """Check and upload the input, if there is one, and start the execution."""
        deployed, files = self.deployed, asked.files
        _, pipeline = deployed.pipeline(asked.order.pipeline)
        with prepared(files, asked.reading, pipeline, self.console) as ready:
            file = ready[0].file if ready else None
            is_local = deployed.deployment.endpoint_url is not None
            check_room_for_runs(self.workspace.directory, file.files if file else [], is_local=is_local)
            if ready and ready[0].rows:
                self.console.done(f"{files[0].name}: {ready[0].count}")
            return begin(deployed, asked.order, file, self.console)
