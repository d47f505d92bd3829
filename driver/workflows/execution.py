"""One execution of a workflow, as Python code has it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from driver.aws_errors import explain_aws_error
from driver.commands.deployed import Deployed
from driver.exceptions import DeadlineExceededError, ExecutionFailedError
from driver.status import StateMachineStatus
from driver.workflows.history import HistoryEvent
from driver.workflows.watch import Watch, describe_end

_DAY = 86400.0  # seconds


@dataclass(frozen=True, slots=True)
class Description:
    """How an execution stands.

    Parameters
    ----------
    name, arn
        The execution's.
    status
        In AWS's words: RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED or PENDING_REDRIVE.
    started, ended
        Aware datetimes; None while they are not known.
    output
        What the workflow's description says, read from JSON; None unless it succeeded.
    reason
        Why it ended otherwise than well, in lines; empty if it did not.
    """

    name: str
    arn: str
    status: str
    started: datetime | None
    ended: datetime | None
    output: Any
    reason: str


class Execution:
    """An execution of a workflow; get one with `Workflow.execute`, `execution` or `executions`.

    Parameters
    ----------
    deployed
        The deployment.
    arn
        The execution's ARN.
    """

    def __init__(self, deployed: Deployed, arn: str) -> None:
        self._deployed = deployed
        self.arn = arn
        self.name = arn.rpartition(":")[2]

    def describe(self) -> Description:
        """Tell how it stands.

        Raises
        ------
        WrongUseError
            If there is no such execution.
        """
        watch = self._read()
        timeline, end = watch.timeline, watch.timeline.end
        return Description(
            name=self.name,
            arn=self.arn,
            status=str(timeline.status),
            started=timeline.started,
            ended=end.time if end else None,
            output=json.loads(end.output) if end and end.output else None,
            reason="" if end is None or end.output else describe_end(timeline),
        )

    def events(self) -> list[HistoryEvent]:
        """Return its history so far, the oldest event first.

        Returns
        -------
        list of HistoryEvent
            Each has `id`, `previous`, `type`, `time` and `details`, a dict of what AWS tells of that type.

        Raises
        ------
        WrongUseError
            If there is no such execution.
        """
        return self._read().events

    def output(self, *, wait: bool = True, timeout: float = _DAY) -> Any:
        """Return what came of it.

        Parameters
        ----------
        wait
            Whether to wait for its end.
        timeout
            Seconds to wait at most.

        Returns
        -------
        Any
            Its output, read from JSON; None if it runs still and was not waited for.

        Raises
        ------
        ExecutionFailedError
            If it ended otherwise than well; it names the states that failed, and why.
        DeadlineExceededError
            If it still runs when the time is over.
        """
        watch = Watch(self._deployed.connection.state_machines, self.arn)
        with explained():
            has_ended = watch.follow(self._deployed.connection.waiter, timeout if wait else 0)
        end = watch.timeline.end
        if not has_ended or end is None:
            if not wait:
                return None
            raise DeadlineExceededError(f"Execution {self.name} did not end within {timeout:g} seconds.")
        if end.status is not StateMachineStatus.SUCCEEDED:
            raise ExecutionFailedError(
                f"Execution {self.name} ended {end.status}.", describe_end(watch.timeline)
            )
        return json.loads(end.output or "null")

    def stop(self) -> None:
        """End it, and the job it waits for; nothing happens if it has ended."""
        with explained():
            self._deployed.connection.state_machines.stop(self.arn)

    def _read(self) -> Watch:
        """Read the whole history, a page a second."""
        watch = Watch(self._deployed.connection.state_machines, self.arn)
        with explained():
            self._deployed.connection.waiter.wait_for(watch.look, lambda progress: not progress.waiting, _DAY)
        return watch

    def __repr__(self) -> str:
        return f"<Execution {self._deployed.short_name(self.arn)}>"


@contextmanager
def explained() -> Iterator[None]:
    """Turn AWS's errors into the driver's."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise (explain_aws_error(error) or error) from error
