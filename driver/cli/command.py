"""From a function to a task of `invoke`: the flags that every command has are written once, here.

A command is a function of the composed driver and of its own flags. The task it becomes has the settings'
flags besides, which reach the driver through `driver.settings.settings`, not the function.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import Task

from driver.cli.composition import driver
from driver.settings.options import BY_NAME, Kind

Command = Callable[..., int | None]
# What invoke passes for a flag that is not given; it also tells invoke whether a flag takes a value.
_DEFAULTS = {Kind.TEXT: None, Kind.SWITCH: False, Kind.LIST: inspect.Parameter.empty}
WRONG_USE = 2  # the exit code; see driver/cli/exit_codes.py
COMMON_SETTINGS = ("target", "env")
_SPEECH = {
    "debug": "show where in the source an error comes from, and how often AWS was asked for what",
    "quiet": "leave out progress: results, warnings and errors only",
    "verbose": "tell every request to AWS and every command of Terraform, on standard error",
}
_JSON = {"json": "give the result as one JSON document; all else goes to standard error"}


def command(
    *settings: str,
    help: Mapping[str, str] | None = None,  # noqa: A002 - invoke's word
    iterable: Sequence[str] = (),
    reads: bool = False,
    values: bool = False,
    name: str | None = None,
    wrong_use: int = WRONG_USE,
) -> Callable[[Command], Task[Command]]:
    """Make a task of a function.

    Parameters
    ----------
    *settings
        Those of `driver.settings.options` that the command takes as flags, besides the target and the
        environment.
    help
        What the function's own flags mean.
    iterable
        Those of them that may be given several times.
    reads
        Whether it only looks, so that its result can be had as JSON.
    values
        Whether its standard output is read by a program without `--json` too.
    name
        The task's; None is the function's.
    wrong_use
        The exit code of wrong use, for a command whose own codes mean something else.
    """

    def make(body: Command) -> Task[Command]:
        own = list(inspect.signature(body).parameters.values())[1:]
        speech = _SPEECH | (_JSON if reads else {})
        named = (*settings, *COMMON_SETTINGS)
        kinds = {flag: BY_NAME[flag].kind for flag in named}
        lists = [flag for flag in settings if kinds[flag] is Kind.LIST]

        @functools.wraps(body)
        def run(_context: Context, **given: Any) -> None:
            flags = {flag: _typed(given.pop(flag)) for flag in named}
            voice = {flag: given.pop(flag) for flag in speech}
            try:
                with driver(flags, **voice, values=values) as commands:
                    code = body(commands, **given)
            except Exit as end:
                raise Exit(code=wrong_use if end.code == WRONG_USE else end.code) from end
            if code:
                raise Exit(code=code)

        keyword = inspect.Parameter.KEYWORD_ONLY
        # The order decides who gets which letter as a short flag: -t is the target in every task.
        parameters = [inspect.Parameter("_context", inspect.Parameter.POSITIONAL_ONLY)]
        parameters += [inspect.Parameter(flag, keyword, default=None) for flag in COMMON_SETTINGS]
        parameters += [inspect.Parameter(flag, keyword, default=False) for flag in speech]
        parameters += [
            *own,
            *(inspect.Parameter(flag, keyword, default=_DEFAULTS[kinds[flag]]) for flag in settings),
        ]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        helps = dict(help or {}) | {flag: BY_NAME[flag].help for flag in named} | speech
        return Task(run, name=name, iterable=[*iterable, *lists], help=helps)

    return make


def _typed(value: str | bool | list[str] | None) -> str | None:
    """Return what was typed as one text; None if the flag was not given."""
    if isinstance(value, list):
        return ",".join(value) or None
    return ("true" if value else None) if isinstance(value, bool) else value
