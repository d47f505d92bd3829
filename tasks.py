"""The tasks of `invoke`: each one names its flags and hands them to the driver.

Exit codes: 0 done, 1 the work failed, 2 wrong use, 3 the environment is not ready, 130 interrupted.
"""

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task

from driver import workflow_tasks
from driver.factory import DEFAULT_LIMIT, DEFAULT_ROWS, DEFAULT_TIMEOUT, driver

_TARGET = {
    "target": "local (default), localstack or aws; or set SAGESTEP_TARGET",
    "debug": "show where in the source an error comes from, and how often AWS was asked for what",
}
_EXECUTION = {
    "execution": "name (state machine), id (pipeline), WORKFLOW/NAME or ARN (default: the newest)",
    "timeout": f"seconds until the execution must have ended (default {DEFAULT_TIMEOUT})",
}
_ROWS = {"rows": f"how many rows of the result to show (default {DEFAULT_ROWS})"}
_LIMIT = {"limit": f"how many to list (default {DEFAULT_LIMIT})"}
_DIRECT = {"direct": "start the pipeline alone, without the state machine"}
_YES = {"yes": "do not ask"}
_REGION = {"region": "AWS region (default us-west-2, where geospatial jobs are); or set SAGESTEP_REGION"}
_PORT = {"port": "port of the local cloud (default 4566); or set SAGESTEP_PORT"}
_INPUT = {"input": "CSV file with the columns Longitude and Latitude (default: the sample in resources/)"}


@task(help=_TARGET | _REGION | _PORT | _YES)
def up(
    _context: Context,
    *,
    target: str | None = None,
    port: str | None = None,
    region: str | None = None,
    yes: bool = False,
    debug: bool = False,
) -> None:
    """Deploy everything, or bring what is deployed up to date."""
    with driver(target, port=port, region=region, debug=debug) as commands:
        commands.up(assume_yes=yes)


@task(help=_TARGET | _INPUT | _DIRECT | _ROWS | {"timeout": _EXECUTION["timeout"]})
def run_pipeline(
    _context: Context,
    *,
    input: str = "",  # noqa: A002 - the flag's name
    timeout: str = DEFAULT_TIMEOUT,
    rows: str = DEFAULT_ROWS,
    target: str | None = None,
    debug: bool = False,
    direct: bool = False,
) -> None:
    """Turn coordinates into addresses: upload, start the state machine, fetch and show the result."""
    with driver(target, debug=debug) as commands:
        commands.run_pipeline(input, timeout, rows, direct=direct)


@task(help=_TARGET | _EXECUTION | _ROWS)
def attach(
    _context: Context,
    *,
    execution: str | None = None,
    timeout: str = DEFAULT_TIMEOUT,
    rows: str = DEFAULT_ROWS,
    target: str | None = None,
    debug: bool = False,
) -> None:
    """Come back to an execution: follow it to its end and show its result or output."""
    with driver(target, debug=debug) as commands:
        commands.attach(execution, timeout, rows)


@task(help=_TARGET | _EXECUTION)
def stop(
    _context: Context,
    *,
    execution: str | None = None,
    timeout: str = DEFAULT_TIMEOUT,
    target: str | None = None,
    debug: bool = False,
) -> None:
    """Stop an execution with the pipeline or job it waits for, and wait until all of it has stopped."""
    with driver(target, debug=debug) as commands:
        commands.stop(execution, timeout)


@task(help=_TARGET | _LIMIT)
def executions(
    _context: Context, *, limit: str = DEFAULT_LIMIT, target: str | None = None, debug: bool = False
) -> None:
    """List the recent executions: how each ended, how long it took, and why it failed."""
    with driver(target, debug=debug) as commands:
        commands.executions(limit)


@task(help=_TARGET)
def status(_context: Context, *, target: str | None = None, debug: bool = False) -> None:
    """Tell what is deployed and how the recent executions ended."""
    with driver(target, debug=debug) as commands:
        commands.status()


@task(help=_TARGET)
def outputs(_context: Context, *, target: str | None = None, debug: bool = False) -> None:
    """Tell Terraform's outputs and where the downloaded results are."""
    with driver(target, debug=debug) as commands:
        commands.outputs()


@task(help=_TARGET | _REGION)
def hello(
    _context: Context, *, target: str | None = None, region: str | None = None, debug: bool = False
) -> None:
    """Say hello to SageMaker: list up to five notebook instances."""
    with driver(target, region=region, debug=debug) as commands:
        commands.hello()


@task(help=_TARGET | _YES)
def down(
    _context: Context,
    *,
    target: str | None = None,
    yes: bool = False,
    debug: bool = False,
) -> None:
    """Destroy everything, what workflows put into service too, and stop the local cloud; keep results."""
    with driver(target, debug=debug) as commands:
        commands.down(assume_yes=yes)


namespace = Collection(up, run_pipeline, attach, stop, executions, status, outputs, hello, down)
for _task in workflow_tasks.ALL:
    namespace.add_task(_task)
