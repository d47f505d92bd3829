"""Following an execution until it has ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from driver.aws.explain import explain
from driver.executions.deployed import Deployed
from driver.executions.view import ExecutionView
from driver.executions.watching import Progress, Watch
from driver.host.console import Console
from driver.model.exceptions import DeadlineExceededError, InterruptedByUserError, NoAnswerError

# Seconds from the end of a state machine to that of its pipeline. After a success the pipeline only notes the
# end of its last step; after a failure it is stopped, and a running step may take its time to end.
GRACE = 60.0


def follow(
    watch: Watch,
    console: Console,
    timeout: float,
    *,
    grace: float = GRACE,
    look_at_once: bool = True,
    is_introduced: bool = False,
) -> Watch:
    """Show an execution until it and what belongs to it have ended.

    Parameters
    ----------
    watch
        The execution, and what is known of it.
    console
        Where it is shown.
    timeout
        Seconds until the deadline.
    grace
        Seconds that a pipeline may take longer than its state machine, within the deadline.
    look_at_once
        False if something was asked about it just now.
    is_introduced
        Whether to tell first which one it is.

    Returns
    -------
    Watch
        It has ended; its pipeline has not if that took longer than the grace.

    Raises
    ------
    DeadlineExceededError
        If it still runs at the deadline.
    InterruptedByUserError, NoAnswerError
        See `leaving`.
    """
    with leaving(watch.deployed, watch.arn, "execution"):
        if is_introduced:
            console.news(f"{watch.kind.capitalize()} execution {watch.arn}")
        _wait(watch, console, timeout, grace, look_at_once=look_at_once)
    if not watch.has_ended:
        raise DeadlineExceededError(
            f"Execution {watch.name} did not end within {timeout:g} seconds.",
            f"It is still {watch.status}.",
            f"{what_next(watch.deployed, watch.arn)}; --timeout sets another deadline.",
        )
    return watch


@contextmanager
def leaving(deployed: Deployed, arn: str, what: str) -> Iterator[None]:
    """Say how to come back to an execution that is followed no longer; `what` it is.

    Raises
    ------
    InterruptedByUserError
        If Ctrl-C is pressed; the execution goes on.
    NoAnswerError
        If the target does not answer any more.
    """
    try:
        yield
    except KeyboardInterrupt as error:
        raise InterruptedByUserError(
            f"You left {what} {deployed.short_name(arn).removeprefix(f'{what}/')}.",
            "It goes on running.",
            f"{what_next(deployed, arn)}.",
        ) from error
    except Exception as error:
        if not (silent := no_answer(error)):
            raise
        raise NoAnswerError(
            f"The target stopped answering before {deployed.short_name(arn)} had ended.",
            silent.why,
            f"{come_back(deployed, arn)}, {when_it_answers(deployed)}.",
        ) from error


def no_answer(error: Exception) -> NoAnswerError | None:
    """Explain an error if it says that the target does not answer."""
    explained = explain(error)
    return explained if isinstance(explained, NoAnswerError) else None


def when_it_answers(deployed: Deployed) -> str:
    """Say what a target needs that has stopped answering."""
    is_ours = "--target" not in deployed.target_flag
    return "and starts the local cloud again if it has stopped" if is_ours else "once the target answers"


def what_next(deployed: Deployed, arn: str) -> str:
    """Say how to follow an execution again, and how to stop it."""
    return f"{come_back(deployed, arn)}, `{_command(deployed, 'stop', arn)}` stops it"


def come_back(deployed: Deployed, arn: str) -> str:
    """Say how to follow an execution again."""
    return f"`{_command(deployed, 'attach', arn)}` comes back to it"


def _command(deployed: Deployed, task: str, arn: str) -> str:
    return f"invoke {task} --execution {deployed.short_name(arn)}{deployed.target_flag}"


def _wait(watch: Watch, console: Console, timeout: float, grace: float, *, look_at_once: bool) -> None:
    """Look until it has ended, then until all that belongs to it has ended and was seen."""
    waiter = watch.deployed.connection.waiter
    deadline = waiter.clock() + timeout
    long_wait, advice = watch.deployed.long_wait()
    view = ExecutionView(console, watch, long_wait=long_wait, advice=advice)

    def look() -> Progress:
        progress = watch.look()
        view.on_look(progress)
        return progress

    with view.shown():
        ended = waiter.wait_for(look, lambda seen: seen.has_ended, timeout, look_at_once=look_at_once)
        if ended.is_done and not ended.last.is_complete:
            left = min(grace, deadline - waiter.clock())
            waiter.wait_for(look, lambda seen: seen.is_complete, left, look_at_once=False)
