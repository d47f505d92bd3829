"""The tasks of `invoke` that work on the project's own files."""

from driver.cli.command import command
from driver.commands.context import Context

# ruff: noqa: PLC0415 - `invoke --list` must not wait for what a command needs


@command(reads=True)
def validate(context: Context) -> int:
    """Check pipelines, workflows, functions and images, offline; exit code 1 if something is wrong."""
    from driver.commands.validate import Validate

    return Validate(context)()


@command(
    anywhere=True,
    help={
        "project": "a folder for a new project, with an example of each kind",
        "pipeline": "name of a new pipeline of this project",
        "workflow": "name of a new workflow",
        "function": "name of a new function",
        "image": "name of a new image, which jobs run in",
        "from": "the new pipeline's definition (.json), or a program that makes it (.py)",
    },
)
def new(
    context: Context,
    *,
    project: str = "",
    pipeline: str = "",
    workflow: str = "",
    function: str = "",
    image: str = "",
    from_: str = "",
) -> None:
    """Begin a project, or a pipeline, workflow, function or image of it; nothing is overwritten."""
    from driver.commands.new import New

    parts = {
        "project": project,
        "pipeline": pipeline,
        "workflow": workflow,
        "function": function,
        "image": image,
    }
    New(context)(parts, from_)


OF_PROJECTS = (new, validate)
