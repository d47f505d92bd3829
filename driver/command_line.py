"""From a function to a task of `invoke`: the flags that every command has are written once, here.

A command is a function of the composed driver and of its own flags. The task it becomes has the settings'
flags besides, which reach the driver through `driver.config`, not the function.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from invoke.context import Context
from invoke.tasks import Task

from driver.factory import driver
from driver.options import BY_NAME

Command = Callable[..., None]
_COMMON_SETTINGS = ("target", "env")
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
    name: str | None = None,
) -> Callable[[Command], Task[Command]]:
    """Make a task of a function.

    Parameters
    ----------
    *settings
        Those of `driver.options` that the command takes as flags, besides the target and the environment.
    help
        What the function's own flags mean.
    iterable
        Those of them that may be given several times.
    reads
        Whether it only looks, so that its result can be had as JSON.
    name
        The task's; None is the function's.
    """

    def make(body: Command) -> Task[Command]:
        own = list(inspect.signature(body).parameters.values())[1:]
        speech = _SPEECH | (_JSON if reads else {})
        named = (*settings, *_COMMON_SETTINGS)

        @functools.wraps(body)
        def run(_context: Context, **given: Any) -> None:
            flags = {flag: given.pop(flag) for flag in named}
            voice = {flag: given.pop(flag) for flag in speech}
            with driver(flags, **voice) as commands:
                body(commands, **given)

        keyword = inspect.Parameter.KEYWORD_ONLY
        # The order decides who gets which letter as a short flag: -t is the target in every task.
        parameters = [inspect.Parameter("_context", inspect.Parameter.POSITIONAL_ONLY)]
        parameters += [inspect.Parameter(flag, keyword, default=None) for flag in _COMMON_SETTINGS]
        parameters += [inspect.Parameter(flag, keyword, default=False) for flag in speech]
        parameters += [*own, *(inspect.Parameter(flag, keyword, default=None) for flag in settings)]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        helps = dict(help or {}) | {flag: BY_NAME[flag].help for flag in named} | speech
        return Task(run, name=name, iterable=iterable, help=helps)

    return make
