"""The tasks of `invoke` that show deployments and executions, and those of workflows and hosted models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from invoke.tasks import Task

from driver.cli.command import COMMON_SETTINGS, Body, command
from driver.commands.context import Context
from driver.settings.options import OPTIONS

if TYPE_CHECKING:
    from driver.commands.fan_out import FanOutRequest

# ruff: noqa: PLC0415 - `invoke --list` must not wait for what a command needs

_SET = {"set": "an input, KEY=VALUE or KEY.KEY=VALUE, as often as needed; see `invoke workflows`"}
_DATA = {"data": "CSV file to upload and use (default: the wine data in resources/)"}
OUTPUT = {"output": "folder to download the result to, with the whole output as output.json"}
FAN_OUT = {
    "fan_out": "an execution for each input or item, started by Step Functions; goes on without this machine",
    "items": "file of items, here or in S3: CSV with a header or a JSON array, with the column or member "
    "`input` and those of parameters or inputs; means --fan-out",
    "max_concurrency": "how many items of a fan-out run at once; 0: as many as AWS lets (default: parallel)",
    "tolerated_failures": "how many items of a fan-out may fail: 5, or 10% (default: none)",
    "batch_size": "how many items of a fan-out share a child execution, one after the other; at most 100 "
    "(default: 1)",
}
_ENDPOINT = {"endpoint": "name of the endpoint (default: the only one)"}


@command(help={"workflow": "show this one in full, with an example"}, reads=True)
def workflows(context: Context, *, workflow: str | None = None) -> None:
    """List the workflows and their inputs."""
    from driver.commands.workflows import Workflows

    Workflows(context)(workflow)


@command(
    "timeout",
    iterable=["set"],
    help=_SET
    | OUTPUT
    | FAN_OUT
    | {"workflow": "which one; see `invoke workflows`", "input": "its inputs: JSON, or @ and a JSON file"},
    reads=True,
)
def run(
    context: Context,
    *,
    workflow: str = "",
    input: str = "",  # noqa: A002 - the flag's name
    set: list[str],  # noqa: A002
    output: str = "",
    fan_out: bool = False,
    items: str = "",
    max_concurrency: str = "",
    tolerated_failures: str = "",
    batch_size: str = "",
) -> None:
    """Run a workflow: check its inputs, start it, follow every state, show its output."""
    wanted = fan_out_request(context, fan_out, items, (max_concurrency, tolerated_failures, batch_size))
    if wanted is not None:
        from driver.commands.fan_out import FanOutWorkflow, refuse

        refuse("--output", bool(output))
        FanOutWorkflow(context)(workflow, input, set, wanted, context.settings.timeout)
        return
    _run(context, workflow, inputs=input, settings=set, output=output)


def fan_out_request(
    context: Context, is_asked: bool, items: str, limits: tuple[str, str, str]
) -> FanOutRequest | None:
    """Read the flags of a fan-out; None where none is asked for.

    `limits`: --max-concurrency, --tolerated-failures and --batch-size, as typed.
    """
    if not (is_asked or items or any(limits)):
        return None
    from driver.commands.fan_out import FanOutRequest

    return FanOutRequest.read(context, is_asked, items, limits)


def _run(
    context: Context,
    workflow: str,
    *,
    inputs: str = "",
    settings: Sequence[str],
    data: str = "",
    output: str = "",
) -> None:
    from driver.commands.run_workflow import Request, RunWorkflow

    path = Path(data).expanduser() if data else None
    RunWorkflow(context)(Request(workflow, inputs, settings, path, output), context.settings.timeout)


def _short_way(name: str, workflow: str, what: str) -> Task[Body]:
    """Make the task that runs one workflow on a file of data."""

    def run_one(context: Context, *, data: str = "", set: list[str], output: str = "") -> None:  # noqa: A002
        _run(context, workflow, settings=set, data=data, output=output)

    run_one.__doc__ = f"{what} (workflow {workflow})."
    return command("timeout", name=name, iterable=["set"], help=_SET | _DATA | OUTPUT, reads=True)(run_one)


SHORT_WAYS = {
    workflow: _short_way(name, workflow, what)
    for name, workflow, what in (
        ("train", "train", "Train a model"),
        ("train_many", "train_many", "Train several models side by side and find the best"),
        ("tune", "tune", "Find the hyperparameters that train the best model"),
        ("process", "process", "Process data"),
        (
            "deploy_model",
            "end_to_end",
            "Train a model and put it into service, or update the endpoint there is",
        ),
    )
}
"""By a workflow's name: the task that runs it. A project without the workflow has not the task."""


@command(
    "rows",
    iterable=["row"],
    help=_ENDPOINT
    | {
        "data": "CSV file, with a header or without",
        "row": "numbers with commas between, as often as needed",
    },
    reads=True,
)
def predict(context: Context, *, data: str = "", row: list[str], endpoint: str | None = None) -> None:
    """Ask an endpoint what its model says of some rows."""
    from driver.commands.predict import Predict

    Predict(context)(endpoint, Path(data).expanduser() if data else None, row)


@command(help=_ENDPOINT | {"yes": "do not ask"})
def undeploy(context: Context, *, endpoint: str | None = None, yes: bool = False) -> None:
    """Delete an endpoint with its configuration and model; what was trained stays in the bucket."""
    from driver.commands.undeploy import Undeploy

    Undeploy(context)(endpoint, assume_yes=yes)


@command(
    help={
        "image": "this one alone, by its name",
        "uri": "the one that stands for this image URI",
        "build": "make the environments of the project's images now, or that of the one named",
        "clean": "remove environments that no image uses any more",
    },
    reads=True,
)
def images(
    context: Context,
    *,
    image: str | None = None,
    uri: str | None = None,
    build: bool = False,
    clean: bool = False,
) -> None:
    """Show the container images that run without Docker, and where their environments lie."""
    from driver.commands.images import ImageRequest, Images

    Images(context)(ImageRequest(image, uri, build, clean))


@command(help={"image": "the image; without it all that have a Dockerfile"})
def image(context: Context, *, image: str | None = None) -> None:
    """Build the project's images with Docker and push them to the deployment's repositories (target aws)."""
    from driver.commands.image import PushImages

    PushImages(context)(image)


@command(
    *(
        option.name
        for option in OPTIONS
        if option.has_flag and not option.is_retired and option.name not in COMMON_SETTINGS
    ),
    reads=True,
)
def config(context: Context) -> None:
    """Tell each setting, its value and where it comes from."""
    from driver.commands.config import ShowConfiguration

    ShowConfiguration(context)()


@command("region", "port", reads=True)
def doctor(context: Context) -> int:
    """Look whether commands would find what they need; exit code 3 if something fails."""
    from driver.commands.doctor.checks import checks_for
    from driver.commands.doctor.command import Doctor

    context = context.with_patience(6)  # all checks have ten seconds
    return Doctor(context)(checks_for(context))


@command("region", reads=True, values=True)
def env(context: Context) -> None:
    """Print what other programs need to use the local cloud: `eval "$(invoke env)"`."""
    from driver.commands.environment import ShowEnvironment

    ShowEnvironment(context)()


@command(
    help={
        "workflow": "a workflow (default: run-pipeline, the state machine that runs pipelines)",
        "pipeline": "a pipeline; without a name the default one",
        "execution": "colour it by this execution: name, id, WORKFLOW/NAME or ARN",
        "output": "also write it as a picture: FILE ends in .svg or .png",
    },
    optional=["pipeline"],
    reads=True,
)
def graph(
    context: Context,
    *,
    workflow: str | None = None,
    pipeline: str | bool | None = None,
    execution: str | None = None,
    output: str = "",
) -> None:
    """Draw a state machine or the pipeline: a tree here, a picture with --output."""
    from driver.commands.graph import DrawGraph, GraphRequest

    DrawGraph(context)(
        GraphRequest(workflow, "" if pipeline is True else pipeline or None, execution, output)
    )


EXECUTION = {
    "execution": "name (state machine), id or PIPELINE/ID, WORKFLOW/NAME, or ARN (default: the newest)"
}


@command(
    help=EXECUTION
    | {
        "function": "a function of the deployment, such as start_pipeline, by its short or full name",
        "job": "name of a training, processing or transform job",
        "follow": "go on until the execution or job has ended, or until Ctrl-C",
        "errors": "only errors, each after the lines that led to it",
        "since": "from when on: 90s, 10m, 2h, or a time as 2026-11-21T15:00 (default: all; a function: 1h)",
        "limit": "how many lines at most, the newest (default 1000)",
    },
    reads=True,
)
def logs(
    context: Context,
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
    from driver.commands.logs import LogRequest, Logs
    from driver.settings.options import whole_number

    number = whole_number(limit, "--limit", lowest=1)
    request = LogRequest(execution, function, job, errors, since, number)
    (Logs(context).follow if follow else Logs(context))(request)


@command("region", "port", "geocoder", reads=True, wrong_use=1)
def plan(context: Context) -> int:
    """Tell what `invoke up` would change; exit code 0: nothing, 2: something, 1: an error."""
    from driver.commands.plan import PlanChanges

    return PlanChanges(context)()


@command(
    help=EXECUTION | {"output": "file to write (default: .sagestep/<target>/reports/<execution>.html)"},
    reads=True,
)
def report(context: Context, *, execution: str | None = None, output: str = "") -> None:
    """Write one HTML page about an execution: graph, timeline, inputs and outputs, logs, map."""
    from driver.commands.report import MakeReport

    MakeReport(context)(execution, output)


@command(
    help={
        "role": "this role alone, by its name, with the prefix or without",
        "execution": "what was asked while this execution ran: name, id, WORKFLOW/NAME or ARN",
        "check": "ask IAM whether the role may do this, such as sqs:SendMessage; needs --resource and --role",
        "resource": "the ARN that --check is about",
        "deployer": "write the policy that deploying needed, as far as it was recorded",
    },
    reads=True,
)
def permissions(
    context: Context,
    *,
    role: str | None = None,
    execution: str | None = None,
    check: str = "",
    resource: str = "",
    deployer: bool = False,
) -> None:
    """Tell what roles may do, what runs used of it, what was denied, and which statement would allow that."""
    from driver.commands.permissions import Permissions, PermissionsRequest

    Permissions(context)(PermissionsRequest(role, execution, check, resource, deployer))


LOOKING = (logs, graph, report, doctor, plan, config, env, permissions)


OF_WORKFLOWS = (
    workflows,
    run,
    predict,
    undeploy,
    images,
    image,
)
