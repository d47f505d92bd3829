"""Where errors end: the one place that turns them into words and exit codes."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from invoke.exceptions import Exit

from driver.console import Console
from driver.exceptions import (
    EnvironmentNotReadyError,
    InterruptedByUserError,
    SagestepError,
    WrongUseError,
)
from driver.interrupts import interrupted_code, signals_end_the_command
from driver.room import full_disk, is_full

WORK_FAILED = 1
WRONG_USE = 2
NOT_READY = 3


@contextmanager
def exit_codes(console: Console, *, debug: bool) -> Iterator[None]:
    """Run a command; whatever it raises is told to the user and ends in an exit code.

    Parameters
    ----------
    console
        Where it is told.
    debug
        Whether to show where in the source it happened, too.

    Raises
    ------
    invoke.exceptions.Exit
        With the code, if the command did not go through.
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


def explain(raised: BaseException) -> SagestepError:
    """Put anything raised into the driver's words."""
    if isinstance(raised, SagestepError):
        return raised
    if isinstance(raised, KeyboardInterrupt):
        return InterruptedByUserError("Interrupted.")
    if "botocore" in sys.modules:  # else the error cannot be botocore's, and importing it takes a while
        from driver.aws_errors import explain_aws_error  # noqa: PLC0415

        explained = explain_aws_error(raised)
        if explained:
            return explained
    if isinstance(raised, OSError) and is_full(raised):
        return full_disk(raised)
    if isinstance(raised, OSError) and raised.filename:
        return EnvironmentNotReadyError(
            f"{raised.filename} cannot be used.", f"{raised.strerror}.", "Check that it exists and is yours."
        )
    return SagestepError(
        f"This should not have happened: {type(raised).__name__}.",
        str(raised),
        "Please report it, with what the same command says with --debug.",
    )
