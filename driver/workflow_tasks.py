"""The tasks of `invoke` that are about workflows; tasks.py adds them to the others."""

from collections.abc import Callable

from invoke.context import Context
from invoke.tasks import Task, task

from driver.factory import DEFAULT_TIMEOUT, driver

_TARGET = {
    "target": "local (default), localstack or aws; or set SAGESTEP_TARGET",
    "debug": "show where in the source an error comes from, and how often AWS was asked for what",
}
_SET = {"set": "an input, KEY=VALUE or KEY.KEY=VALUE, as often as needed; see `invoke workflows`"}
_TIMEOUT = {"timeout": f"seconds until the execution must have ended (default {DEFAULT_TIMEOUT})"}
_DATA = {"data": "CSV file to upload and use (default: the wine data in resources/)"}
_ENDPOINT = {"endpoint": "name of the endpoint (default: the only one)"}
_RUN = _TARGET | _SET | _TIMEOUT | _DATA


@task(help=_TARGET | {"workflow": "show this one in full, with an example"})
def workflows(
    _context: Context, *, workflow: str | None = None, target: str | None = None, debug: bool = False
) -> None:
    """List the workflows and their inputs."""
    with driver(target, debug=debug) as commands:
        commands.of_workflows.show(workflow)


@task(
    iterable=["set"],
    help=_TARGET
    | _SET
    | _TIMEOUT
    | {"workflow": "which one; see `invoke workflows`", "input": "its inputs: JSON, or @ and a JSON file"},
)
def run(
    _context: Context,
    *,
    workflow: str = "",
    input: str = "",  # noqa: A002 - the flag's name
    set: list[str],  # noqa: A002
    timeout: str = DEFAULT_TIMEOUT,
    target: str | None = None,
    debug: bool = False,
) -> None:
    """Run a workflow: check its inputs, start it, follow every state, show its output."""
    with driver(target, debug=debug) as commands:
        commands.of_workflows.run(workflow, timeout, inputs=input, settings=set)


def _short_way(name: str, workflow: str, what: str) -> Task[Callable[..., None]]:
    """Make the task that runs one workflow on a file of data."""

    def run_one(
        _context: Context,
        *,
        data: str = "",
        set: list[str],  # noqa: A002
        timeout: str = DEFAULT_TIMEOUT,
        target: str | None = None,
        debug: bool = False,
    ) -> None:
        with driver(target, debug=debug) as commands:
            commands.of_workflows.run(workflow, timeout, settings=set, data=data)

    run_one.__doc__ = f"{what} (workflow {workflow})."
    return Task(run_one, name=name, iterable=["set"], help=_RUN)


train = _short_way("train", "train", "Train a model")
train_many = _short_way("train_many", "train_many", "Train several models side by side and find the best")
process = _short_way("process", "process", "Process data")
deploy_model = _short_way(
    "deploy_model", "end_to_end", "Train a model and put it into service, or update the endpoint there is"
)


@task(
    iterable=["row"],
    help=_TARGET
    | _ENDPOINT
    | {
        "data": "CSV file, with a header or without",
        "row": "numbers with commas between, as often as needed",
    },
)
def predict(
    _context: Context,
    *,
    data: str = "",
    row: list[str],
    endpoint: str | None = None,
    target: str | None = None,
    debug: bool = False,
) -> None:
    """Ask an endpoint what its model says of some rows."""
    with driver(target, debug=debug) as commands:
        commands.of_workflows.predict(endpoint, data, row)


@task(help=_TARGET | _ENDPOINT | {"yes": "do not ask"})
def undeploy(
    _context: Context,
    *,
    endpoint: str | None = None,
    target: str | None = None,
    yes: bool = False,
    debug: bool = False,
) -> None:
    """Delete an endpoint with its configuration and model; what was trained stays in the bucket."""
    with driver(target, debug=debug) as commands:
        commands.of_workflows.undeploy(endpoint, assume_yes=yes)


@task(help=_TARGET)
def image(_context: Context, *, target: str | None = None, debug: bool = False) -> None:
    """Build the workflows' container with Docker and push it to the deployment's repository (target aws)."""
    with driver(target, debug=debug) as commands:
        commands.of_workflows.image()


ALL = (workflows, run, train, train_many, process, deploy_model, predict, undeploy, image)
