"""The tasks of `invoke` that are about workflows, hosted models and their container."""

from invoke.tasks import Task

from driver.command_line import Command, command
from driver.factory import Driver

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


ALL = (workflows, run, train, train_many, process, deploy_model, predict, undeploy, image)
