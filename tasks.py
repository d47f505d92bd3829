"""The tasks of `invoke`: each one names its flags and hands them to the driver.

Exit codes: 0 done, 1 the work failed, 2 wrong use, 3 the environment is not ready, 130 interrupted (143 by
SIGTERM, 129 by SIGHUP).
"""

from invoke.collection import Collection

from driver.cli import tasks
from driver.cli.command import command
from driver.cli.composition import DEFAULT_LIMIT, Driver
from driver.deployments.groups import NAMES

_YES = {"yes": "do not ask"}


@command("region", "port", "open", "allow_origin", "geocoder", help=_YES)
def up(commands: Driver, *, yes: bool = False) -> None:
    """Deploy everything, or bring what is deployed up to date."""
    commands.up(assume_yes=yes)


@command(
    "timeout",
    "rows",
    "parallel",
    iterable=["input"],
    help={
        "input": "CSV file with the columns Longitude and Latitude, a folder of such files or an s3:// "
        "address, as often as needed (default: the sample in resources/)",
        "direct": "start the pipeline alone, without the state machine",
    },
)
def run_pipeline(
    commands: Driver,
    *,
    input: list[str],  # noqa: A002 - the flag's name
    direct: bool = False,
) -> None:
    """Turn coordinates into addresses: upload, start the state machine, fetch and show the result."""
    commands.run_pipeline(input, direct=direct)


@command("timeout", "rows", help=tasks.EXECUTION)
def attach(commands: Driver, *, execution: str | None = None) -> None:
    """Come back to an execution: follow it to its end and show its result or output."""
    commands.attach(execution)


@command("timeout", help=tasks.EXECUTION)
def stop(commands: Driver, *, execution: str | None = None) -> None:
    """Stop an execution with the pipeline or job it waits for, and wait until all of it has stopped."""
    commands.stop(execution)


@command()
def redeliver(commands: Driver) -> None:
    """Hand events to the answer function again that it failed on or that never reached it."""
    commands.redeliver()


@command(help={"limit": f"how many to list (default {DEFAULT_LIMIT})"}, reads=True)
def executions(commands: Driver, *, limit: str = DEFAULT_LIMIT) -> None:
    """List the recent executions: how each ended, how long it took, and why it failed."""
    commands.executions(limit)


@command(
    help={
        "all": "show each resource with its ARN",
        "drift": "have Terraform find what was changed otherwise than by it (takes a while)",
    },
    reads=True,
)
def status(commands: Driver, *, all: bool = False, drift: bool = False) -> None:  # noqa: A002 - the flag's name
    """Tell what is deployed and how the recent executions ended."""
    commands.of_looking.status(all_resources=all, drift=drift)


@command(reads=True)
def outputs(commands: Driver) -> None:
    """Tell Terraform's outputs and where the downloaded results are."""
    commands.of_looking.outputs()


@command("region", reads=True)
def hello(commands: Driver) -> None:
    """Say hello to SageMaker: list up to five notebook instances."""
    commands.of_looking.hello()


@command(
    "region",
    "port",
    "open",
    "allow_origin",
    "geocoder",
    "timeout",
    "rows",
    help={"yes": "answer every question with yes, the clean-up's too: everything is destroyed at the end"},
)
def scenario(commands: Driver, *, yes: bool = False) -> None:
    """Take the guided walk: deploy, run the pipeline, look at the result, clean up."""
    commands.scenario(assume_yes=yes)


@command(
    help={
        "yes": "do not ask: everything goes that --keep does not name",
        "keep": f"what stays, with all that it needs: some of {', '.join(NAMES)}, with commas between them",
    }
)
def down(commands: Driver, *, yes: bool = False, keep: str = "") -> None:
    """Destroy everything, or all but what is kept, what workflows put into service too; keep results."""
    commands.down(assume_yes=yes, keep=keep)


namespace = Collection(
    up, run_pipeline, attach, stop, redeliver, executions, status, outputs, hello, scenario, down
)
for _task in (*tasks.LOOKING, *tasks.OF_WORKFLOWS):
    namespace.add_task(_task)
