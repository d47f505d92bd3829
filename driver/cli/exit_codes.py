"""The one place that turns errors into exit codes."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from invoke.exceptions import Exit

from driver.aws.explain import explain
from driver.host.console import Console
from driver.host.signals import interrupted_code, signals_end_the_command
from driver.model.exceptions import (
    EnvironmentNotReadyError,
    InterruptedByUserError,
    SagestepError,
    WrongUseError,
)

WORK_FAILED = 1
WRONG_USE = 2
NOT_READY = 3


@contextmanager
def exit_codes(console: Console, *, debug: bool) -> Iterator[None]:
    """Run a command: whatever it raises is shown to the user and becomes an exit code.

    `debug` also shows where in the source it was raised.

    Raises
    ------
    invoke.exceptions.Exit
        With the code, if the command failed.
    """
    try:
        with signals_end_the_command():
            yield
    except BrokenPipeError:
        # Whoever read the output has left, as `| head` does; the interpreter must not try to write the rest.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise Exit(code=WORK_FAILED) from None
    except (Exception, KeyboardInterrupt) as raised:
        if debug:
            console.aside(traceback.format_exc())
        error = explain(raised)
        console.error(error)
        raise Exit(code=exit_code(error)) from raised


def exit_code(error: SagestepError) -> int:
    """Return the exit code that an error ends in."""
    if isinstance(error, InterruptedByUserError):
        return interrupted_code()
    if isinstance(error, EnvironmentNotReadyError):
        return NOT_READY
    return WRONG_USE if isinstance(error, WrongUseError) else WORK_FAILED
