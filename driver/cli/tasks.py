"""The tasks of `invoke` that show deployments and executions, and those of workflows and hosted models."""

from invoke.tasks import Task

from driver.cli.command import COMMON_SETTINGS, Command, command
from driver.cli.composition import Driver
from driver.settings.options import OPTIONS

_SET = {"set": "an input, KEY=VALUE or KEY.KEY=VALUE, as often as needed; see `invoke workflows`"}
_DATA = {"data": "CSV file to upload and use (default: the wine data in resources/)"}
_ENDPOINT = {"endpoint": "name of the endpoint (default: the only one)"}


@command(help={"workflow": "show this one in full, with an example"}, reads=True)
def workflows(commands: Driver, *, workflow: str | None = None) -> None:
    """List the workflows and their inputs."""
    commands.of_workflows.show(workflow)


@command(
    "timeout",
    iterable=["set"],
    help=_SET
    | {"workflow": "which one; see `invoke workflows`", "input": "its inputs: JSON, or @ and a JSON file"},
)
def run(
    commands: Driver,
    *,
    workflow: str = "",
    input: str = "",  # noqa: A002 - the flag's name
    set: list[str],  # noqa: A002
) -> None:
    """Run a workflow: check its inputs, start it, follow every state, show its output."""
    commands.of_workflows.run(workflow, inputs=input, settings=set)


def _short_way(name: str, workflow: str, what: str) -> Task[Command]:
    """Make the task that runs one workflow on a file of data."""

    def run_one(commands: Driver, *, data: str = "", set: list[str]) -> None:  # noqa: A002
        commands.of_workflows.run(workflow, settings=set, data=data)

    run_one.__doc__ = f"{what} (workflow {workflow})."
    return command("timeout", name=name, iterable=["set"], help=_SET | _DATA)(run_one)


train = _short_way("train", "train", "Train a model")
train_many = _short_way("train_many", "train_many", "Train several models side by side and find the best")
process = _short_way("process", "process", "Process data")
deploy_model = _short_way(
    "deploy_model", "end_to_end", "Train a model and put it into service, or update the endpoint there is"
)


@command(
    iterable=["row"],
    help=_ENDPOINT
    | {
        "data": "CSV file, with a header or without",
        "row": "numbers with commas between, as often as needed",
    },
    reads=True,
)
def predict(commands: Driver, *, data: str = "", row: list[str], endpoint: str | None = None) -> None:
    """Ask an endpoint what its model says of some rows."""
    commands.of_workflows.predict(endpoint, data, row)


@command(help=_ENDPOINT | {"yes": "do not ask"})
def undeploy(commands: Driver, *, endpoint: str | None = None, yes: bool = False) -> None:
    """Delete an endpoint with its configuration and model; what was trained stays in the bucket."""
    commands.of_workflows.undeploy(endpoint, assume_yes=yes)


@command()
def image(commands: Driver) -> None:
    """Build the workflows' container with Docker and push it to the deployment's repository (target aws)."""
    commands.of_workflows.image()


@command(
    *(option.name for option in OPTIONS if option.has_flag and option.name not in COMMON_SETTINGS), reads=True
)
def config(commands: Driver) -> None:
    """Tell each setting, its value and where it comes from."""
    commands.of_looking.config()


@command("region", "port", "geocoder", reads=True)
def doctor(commands: Driver) -> int:
    """Look whether commands would find what they need; exit code 3 if something fails."""
    return commands.of_looking.doctor()


@command("region", reads=True, values=True)
def env(commands: Driver) -> None:
    """Print what other programs need to use the local cloud: `eval "$(invoke env)"`."""
    commands.of_looking.env()


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


@command("region", "port", "geocoder", reads=True, wrong_use=1)
def plan(commands: Driver) -> int:
    """Tell what `invoke up` would change; exit code 0: nothing, 2: something, 1: an error."""
    return commands.of_looking.plan()


@command(
    help=EXECUTION | {"output": "file to write (default: .sagestep/<target>/reports/<execution>.html)"},
    reads=True,
)
def report(commands: Driver, *, execution: str | None = None, output: str = "") -> None:
    """Write one HTML page about an execution: graph, timeline, inputs and outputs, logs, map."""
    commands.of_looking.report(execution, output)


LOOKING = (logs, graph, report, doctor, plan, config, env)


OF_WORKFLOWS = (workflows, run, train, train_many, process, deploy_model, predict, undeploy, image)
