"""From a function to a task of `invoke`: the flags that every command has are written once, here.

A command is a function of its context and of its own flags. The task it becomes has the settings' flags
besides, which reach the context through `driver.settings.settings`, not the function.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from invoke.context import Context as InvokeContext
from invoke.exceptions import Exit
from invoke.tasks import Task

from driver.commands.context import Context
from driver.settings.options import BY_NAME, Kind

# ruff: noqa: PLC0415 - `invoke --list` must not wait for what a command needs

Body = Callable[..., int | None]
# What invoke passes for a flag that is not given; it also tells invoke whether a flag takes a value.
_DEFAULTS = {Kind.TEXT: None, Kind.SWITCH: False, Kind.LIST: inspect.Parameter.empty}
WRONG_USE = 2  # the exit code; see driver/cli/exit_codes.py
WRONG_USE_OF: dict[str, int] = {}  # the same of a task whose own codes mean something else, by its name
PROJECT_KEY = "sagestep_project"  # in invoke's configuration: the folder of the project
COMMON_SETTINGS = ("target", "env")
_SPEECH = {
    "debug": "show where in the source an error comes from, and how often AWS was requested",
    "quiet": "show results, warnings and errors only, no progress",
    "verbose": "show every request to AWS and every command of Terraform, on standard error",
}
_JSON = {"json": "print the result as one JSON document; everything else goes to standard error"}


def command(
    *settings: str,
    help: Mapping[str, str] | None = None,  # noqa: A002 - invoke's word
    iterable: Sequence[str] = (),
    optional: Sequence[str] = (),
    reads: bool = False,
    values: bool = False,
    name: str | None = None,
    wrong_use: int = WRONG_USE,
    anywhere: bool = False,
    kind: type[Task[Body]] = Task,
) -> Callable[[Body], Task[Body]]:
    """Make a task of a function.

    Parameters
    ----------
    *settings
        The options of `driver.settings.options` that the command takes as flags, besides COMMON_SETTINGS.
    help
        The help of the function's own flags.
    iterable
        Those of its flags that may be given several times.
    optional
        Those of its flags whose value may be left out: they are True then.
    reads
        Whether the command only reads, so that `--json` prints its result as a document.
    values
        Whether a program reads its standard output even without `--json`.
    name
        The name of the task; None takes the function's.
    wrong_use
        The exit code of wrong use, for a command whose own codes mean something else.
    anywhere
        Whether it works outside a project, too.
    kind
        The class of the task.
    """

    def make(body: Body) -> Task[Body]:
        if wrong_use != WRONG_USE:
            WRONG_USE_OF[name or body.__name__.replace("_", "-")] = wrong_use
        own = list(inspect.signature(body).parameters.values())[1:]
        speech = _SPEECH | (_JSON if reads else {})
        named = (*settings, *COMMON_SETTINGS)
        kinds = {flag: BY_NAME[flag].kind for flag in named}
        lists = [flag for flag in settings if kinds[flag] is Kind.LIST]

        @functools.wraps(body)
        def run(invoked: InvokeContext, **given: Any) -> None:
            flags = {flag: _typed(given.pop(flag)) for flag in named}
            voice = {flag: given.pop(flag) for flag in speech}
            project = Path(invoked[PROJECT_KEY])
            try:
                with opened(project, flags, **voice, values=values, anywhere=anywhere) as context:
                    code = body(context, **given)
            except Exit as end:
                raise Exit(code=wrong_use if end.code == WRONG_USE else end.code) from end
            if code:
                raise Exit(code=code)

        keyword = inspect.Parameter.KEYWORD_ONLY
        # The order decides who gets which letter as a short flag: -t is the target in every task.
        parameters = [inspect.Parameter("invoked", inspect.Parameter.POSITIONAL_ONLY)]
        parameters += [inspect.Parameter(flag, keyword, default=None) for flag in COMMON_SETTINGS]
        parameters += [inspect.Parameter(flag, keyword, default=False) for flag in speech]
        parameters += [
            *own,
            *(inspect.Parameter(flag, keyword, default=_DEFAULTS[kinds[flag]]) for flag in settings),
        ]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        helps = dict(help or {}) | {flag: BY_NAME[flag].help for flag in named} | speech
        return kind(run, name=name, iterable=[*iterable, *lists], optional=optional, help=helps)

    return make


def _typed(value: str | bool | list[str] | None) -> str | None:
    """Return what was typed as one text; None if the flag was not given."""
    if isinstance(value, list):
        return ",".join(value) or None
    return ("true" if value else None) if isinstance(value, bool) else value


@contextmanager
def opened(
    project: Path,
    flags: Mapping[str, str | None],
    *,
    debug: bool = False,
    quiet: bool = False,
    verbose: bool = False,
    json: bool = False,
    values: bool = False,
    anywhere: bool = False,
) -> Iterator[Context]:
    """Yield the context of one command, and turn what the command raises into an exit code.

    Parameters
    ----------
    project
        The folder of the project.
    flags
        Settings as typed on the command line; None if they were not.
    debug
        Whether to show where in the source an error comes from, and how often AWS was requested.
    quiet, verbose, json, values
        See `driver.host.console.Voice`.
    anywhere
        Whether the folder need not be a project.
    """
    # invoke turns the cache of compiled modules off: every command would compile the driver anew.
    sys.dont_write_bytecode = False
    from driver.cli.exit_codes import exit_codes
    from driver.host.console import Console, Voice
    from driver.host.privacy import private_files, tighten
    from driver.settings.project import Project
    from driver.settings.settings import Settings

    console = Console(voice=Voice(is_quiet=quiet, is_verbose=verbose, is_json=json, gives_values=values))
    with exit_codes(console, debug=debug), private_files():
        folder = project if anywhere else Project(project).checked().folder
        context = Context(Settings.resolve(folder, flags, os.environ), console)
        tighten(context.settings.home)
        try:
            yield context
        finally:
            if debug:
                counts = [f"{name} {count}" for name, count in context.requests.most_common()]
                console.aside(f"requests: {', '.join(counts) or 'none'}")
