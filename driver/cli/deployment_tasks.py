"""The tasks of `invoke` that deploy, run pipelines, follow executions and destroy."""

from driver.cli.command import command
from driver.cli.tasks import EXECUTION, FAN_OUT, OUTPUT, fan_out_request
from driver.commands.context import Context
from driver.deployments.groups import NAMES

# ruff: noqa: PLC0415 - `invoke --list` must not wait for what a command needs

DEFAULT_LIMIT = "10"  # executions listed
HIGHEST_LIMIT = 1000  # each is asked for how it ended
_YES = {"yes": "do not ask"}


@command(
    "region",
    "port",
    "open",
    "allow_origin",
    "iam",
    "geocoder",
    help={**_YES, "refresh": "ask Terraform although nothing has changed since the last time"},
)
def up(context: Context, *, yes: bool = False, refresh: bool = False) -> None:
    """Deploy everything, or bring what is deployed up to date."""
    from driver.commands.up import Up

    Up(context)(assume_yes=yes, refresh=refresh)


@command(help={**_YES, "watch": "go on, and do it again whenever a file changes, until Ctrl-C"})
def sync(context: Context, *, yes: bool = False, watch: bool = False) -> None:
    """Bring changed code, definitions and scripts to the deployment, in seconds."""
    from driver.commands.sync import Sync

    Sync(context)(assume_yes=yes, watch=watch)


@command(
    "timeout",
    "rows",
    "parallel",
    iterable=["input", "set"],
    help={
        "pipeline": "name of a pipeline, as `invoke status` has them (default: default_pipeline in "
        "sagestep.toml, or the one whose manifest says so)",
        "input": "what the pipeline's manifest says: a file, a folder, a table (CSV or "
        ".xlsx); an s3:// address; - for standard input; as often as needed (default: the manifest's "
        "example)",
        "set": "a parameter of the pipeline: NAME=VALUE, as often as needed",
        "direct": "start the pipeline alone, without the state machine",
        "longitude_column": "name of the column with the longitude (default: Longitude, or a usual name)",
        "latitude_column": "name of the column with the latitude (default: Latitude, or a usual name)",
        "delimiter": "what separates cells: comma, semicolon, tab, pipe or a character (default: recognised)",
        "encoding": "of CSV files, such as cp1252 (default: UTF-8 or UTF-16, recognised)",
        "decimal_comma": "each comma in a number stands before decimals (default: recognised)",
    }
    | FAN_OUT,
)
def run_pipeline(
    context: Context,
    *,
    input: list[str],  # noqa: A002 - the flag's name
    set: list[str],  # noqa: A002
    pipeline: str = "",
    direct: bool = False,
    longitude_column: str = "",
    latitude_column: str = "",
    delimiter: str = "",
    encoding: str = "",
    decimal_comma: bool = False,
    fan_out: bool = False,
    items: str = "",
    max_concurrency: str = "",
    tolerated_failures: str = "",
    batch_size: str = "",
) -> None:
    """Run a pipeline: upload the input, start the state machine, fetch and show the result."""
    from driver.commands.run_pipeline import Reading, RunRequest, run_pipeline

    reading = Reading(longitude_column, latitude_column, delimiter, encoding, decimal_comma)
    request = RunRequest(input, pipeline, set, is_direct=direct, reading=reading)
    wanted = fan_out_request(context, fan_out, items, (max_concurrency, tolerated_failures, batch_size))
    if wanted is None:
        run_pipeline(context, request)
        return
    from driver.commands.fan_out import FanOutPipeline

    FanOutPipeline(context)(request, wanted, context.settings.timeout)


@command("timeout", "rows", help=EXECUTION | OUTPUT, reads=True)
def attach(context: Context, *, execution: str | None = None, output: str = "") -> None:
    """Come back to an execution: follow it to its end and show its result or output."""
    from driver.commands.executions import Attach

    Attach(context)(execution, context.settings.timeout, context.settings.rows, output)


@command("timeout", help=EXECUTION)
def stop(context: Context, *, execution: str | None = None) -> None:
    """Stop an execution with the pipeline or job it waits for, and wait until all of it has stopped."""
    from driver.commands.executions import Stop

    Stop(context)(execution, context.settings.timeout)


@command("timeout", help=EXECUTION)
def redrive(context: Context, *, execution: str | None = None) -> None:
    """Run again what did not succeed of a fan-out; items that succeeded keep their results."""
    from driver.commands.fan_out import Redrive

    Redrive(context)(execution, context.settings.timeout)


@command()
def redeliver(context: Context) -> None:
    """Hand events to the answer function again that it failed on or that never reached it."""
    from driver.commands.lost_events import Redeliver

    Redeliver(context)()


@command(help={"limit": f"how many to list (default {DEFAULT_LIMIT})"}, reads=True)
def executions(context: Context, *, limit: str = DEFAULT_LIMIT) -> None:
    """List the recent executions: how each ended, how long it took, and why it failed."""
    from driver.commands.executions import Executions
    from driver.settings.options import whole_number

    Executions(context)(whole_number(limit, "--limit", lowest=1, highest=HIGHEST_LIMIT))


@command(
    help={
        "all": "show each resource with its ARN",
        "drift": "have Terraform find what was changed outside Terraform (takes a while)",
    },
    reads=True,
)
def status(context: Context, *, all: bool = False, drift: bool = False) -> None:  # noqa: A002 - the flag's name
    """Tell what is deployed and how the recent executions ended."""
    from driver.commands.status import ShowStatus

    ShowStatus(context.with_patience(15))(all_resources=all, drift=drift)


@command(reads=True)
def outputs(context: Context) -> None:
    """Tell Terraform's outputs and where the downloaded results are."""
    from driver.commands.outputs import ShowOutputs

    ShowOutputs(context)()


@command("region", reads=True)
def hello(context: Context) -> None:
    """Say hello to SageMaker: list up to five notebook instances."""
    from driver.commands.outputs import Hello

    Hello(context)()


@command(
    "region",
    "port",
    "open",
    "allow_origin",
    "iam",
    "geocoder",
    "timeout",
    "rows",
    help={"yes": "answer every question with yes, the clean-up's too: everything is destroyed at the end"},
)
def scenario(context: Context, *, yes: bool = False) -> None:
    """Guided tour: deploy, run the pipeline, look at the result, clean up."""
    from driver.commands.scenario.command import Scenario

    Scenario(context)(assume_yes=yes)


@command(
    help={
        "yes": "do not ask: destroy everything that --keep does not name",
        "keep": f"what is kept, with all that it needs: some of {', '.join(NAMES)}, with commas between them",
        "older_than": "delete instead the paused local clouds, of all environments, that nobody has used for "
        "so long, such as 12h, 30d or 8w",
    }
)
def down(context: Context, *, yes: bool = False, keep: str = "", older_than: str = "") -> None:
    """Destroy everything, or all but what is kept, what workflows put into service too; keep results."""
    from driver.commands.down import Down
    from driver.commands.down_old import DownOld

    if older_than:
        DownOld(context)(older_than, keep=keep, assume_yes=yes)
        return
    Down(context.with_patience(15))(assume_yes=yes, keep=keep)


@command()
def pause(context: Context) -> None:
    """Stop the local cloud and keep all that it holds; any task that needs it starts it again."""
    from driver.commands.pause import Pause

    Pause(context)()


DEPLOYING = (
    up,
    sync,
    run_pipeline,
    attach,
    stop,
    redrive,
    redeliver,
    executions,
    status,
    outputs,
    hello,
    scenario,
    pause,
    down,
)
