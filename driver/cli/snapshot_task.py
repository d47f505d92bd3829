"""The task `invoke snapshot`, whose actions are words: `save NAME`, `load NAME`, `list`, `delete NAME`.

invoke knows positional arguments that are always given. Here the name is not, where the action needs none.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from invoke.parser.argument import Argument
from invoke.tasks import Task

from driver.cli.command import Body, command
from driver.commands.context import Context

# ruff: noqa: PLC0415 - `invoke --list` must not wait for what a command needs

_HELP = {"--help", "-h"}  # invoke takes it for the action where it follows the task
_NAMELESS = {"list", *_HELP}


class _Settling(Argument):
    """An argument after which no name is asked for: some values of the action, every one of --older-than."""

    def __init__(self, other: Argument, values: set[str] | None = None, **options: Any) -> None:
        super().__init__(**options)
        self._other = other
        self._values = values

    def set_value(self, value: Any, cast: bool = True) -> None:
        super().set_value(value, cast)
        if self._other.raw_value is None and (self._values is None or value in self._values):
            self._other.set_value("", cast=False)


class SnapshotTask(Task[Body]):
    """A task with an action and, for some actions, a name."""

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:
        """Make the arguments; the parser of invoke copies them together."""
        found = {argument.name: argument for argument in super().get_arguments(ignore_unknown_help)}
        name = found["name"] = _positional(found["name"])
        action, older = found["action"], found["older_than"]
        found["action"] = _Settling(
            name, _NAMELESS, names=action.names, kind=str, positional=True, help=action.help
        )
        found["older_than"] = _Settling(
            name, names=older.names, attr_name="older_than", kind=str, help=older.help
        )
        return [found.pop("action"), found.pop("name"), *found.values()]


def _positional(argument: Argument) -> Argument:
    return Argument(names=argument.names, kind=str, positional=True, help=argument.help)


@command(
    "port",
    kind=SnapshotTask,
    reads=True,
    help={
        "action": "save, load, list or delete",
        "name": "of the snapshot; `load` also takes a file, such as ./copy.zip",
        "yes": "do not ask; a file that was not saved here is loaded: that runs code which is in it",
        "replace": "load: take the place of what is deployed, which is lost",
        "sha256": "load: only a file with this hash, which `save` prints; then nothing is asked",
        "older_than": "list, delete: only those that are older, such as 12h, 30d or 8w",
    },
)
def snapshot(
    context: Context,
    *,
    action: str,
    name: str,
    yes: bool = False,
    replace: bool = False,
    sha256: str = "",
    older_than: str = "",
) -> None:
    """Save a deployment of the local cloud as one file; load, list and delete such files."""
    if action in _HELP:
        subprocess.run(
            [sys.executable, "-m", "invoke", "--help", "snapshot"],
            cwd=context.settings.project.folder,
            check=False,
        )
        return
    from driver.commands.snapshot import ManageSnapshots, SnapshotRequest

    request = SnapshotRequest(action, name, sha256, older_than or "", is_replacing=replace, assume_yes=yes)
    ManageSnapshots(context)(request)
