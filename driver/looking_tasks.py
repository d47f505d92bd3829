"""The tasks of `invoke` that look at executions and deployments without changing anything."""

from driver.command_line import COMMON_SETTINGS, command
from driver.factory import Driver
from driver.options import OPTIONS

EXECUTION = {"execution": "name (state machine), id (pipeline), WORKFLOW/NAME or ARN (default: the newest)"}


@command(
    help=EXECUTION
    | {
        "function": "geospatial, start_pipeline or answer_task, or its full name: all its lines",
        "job": "name of a training, processing or transform job",
        "follow": "go on until the execution or job has ended, or until Ctrl-C",
        "errors": "only errors, each after the lines that led to it",
        "since": "from when on: 90s, 10m, 2h, or a time as 2026-11-21T15:00 (default: all; a function: 1h)",
        "limit": "how many lines at most, the newest (default 1000)",
    },
    reads=True,
)
def logs(
    commands: Driver,
    *,
    execution: str | None = None,
    function: str = "",
    job: str = "",
    follow: bool = False,
    errors: bool = False,
    since: str = "",
    limit: str = "1000",
) -> None:
    """Show CloudWatch's logs of all that one execution touched, in the order of time."""
    commands.of_looking.logs(execution, function, job, follow=follow, errors=errors, since=since, limit=limit)


@command(
    help={
        "workflow": "a workflow (default: run-pipeline, the state machine around the pipeline)",
        "pipeline": "the pipeline",
        "execution": "colour it by this execution: name, id, WORKFLOW/NAME or ARN",
        "output": "also write it as a picture: FILE ends in .svg or .png",
    },
    reads=True,
)
def graph(
    commands: Driver,
    *,
    workflow: str | None = None,
    pipeline: bool = False,
    execution: str | None = None,
    output: str = "",
) -> None:
    """Draw a state machine or the pipeline: a tree here, a picture with --output."""
    commands.of_looking.graph(workflow, execution, output, is_pipeline=pipeline)


@command(
    help=EXECUTION | {"output": "file to write (default: .sagestep/<target>/reports/<execution>.html)"},
    reads=True,
)
def report(commands: Driver, *, execution: str | None = None, output: str = "") -> None:
    """Write one HTML page about an execution: graph, timeline, inputs and outputs, logs, map."""
    commands.of_looking.report(execution, output)


@command("region", "port", "geocoder", reads=True)
def doctor(commands: Driver) -> int:
    """Look whether commands would find what they need; exit code 3 if something fails."""
    return commands.of_looking.doctor()


@command("region", "port", "geocoder", reads=True, wrong_use=1)
def plan(commands: Driver) -> int:
    """Tell what `invoke up` would change; exit code 0: nothing, 2: something, 1: an error."""
    return commands.of_looking.plan()


@command(
    *(option.name for option in OPTIONS if option.has_flag and option.name not in COMMON_SETTINGS), reads=True
)
def config(commands: Driver) -> None:
    """Tell each setting, its value and where it comes from."""
    commands.of_looking.config()


@command("region", reads=True, values=True)
def env(commands: Driver) -> None:
    """Print what other programs need to use the local cloud: `eval "$(invoke env)"`."""
    commands.of_looking.env()


ALL = (logs, graph, report, doctor, plan, config, env)
