"""The executions of a batch, looked at again and again: more are started when others have ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from driver.aws.explain import explain
from driver.executions.batches import Batch, End, Ended, Running
from driver.executions.deployed import Deployed
from driver.executions.input_files import InputFile
from driver.executions.starting import Order, Started
from driver.model.values import AnyExecution


class BatchWork:
    """The work on all inputs of a batch.

    - `clock`: monotonic time in seconds.
    - `begin`: starts the execution of an input.
    - `running`: lists the executions among which those of the batch are, the newest first.
    - `finish`: tells how an execution did that has ended; the seconds that it took are added.
    - `timeout`: seconds until an execution must have ended, from its start.
    - `parallel`: how many executions may run at once.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        files: Sequence[InputFile],
        *,
        begin: Callable[[InputFile], Started],
        running: Callable[[], Iterable[AnyExecution]],
        finish: Callable[[Running], Ended],
        timeout: float,
        parallel: int,
    ) -> None:
        self._now = clock
        self._start = begin
        self._running = running
        self._finish = finish
        self._timeout = timeout
        self._parallel = parallel
        self.batch = Batch(tuple(files))

    def look(self) -> Batch:
        """Take in what has ended, start what may start. All that run are looked at in one request."""
        ended = self._ended() if self.batch.running else []
        for one in ended:
            self._end(one, self._finish(one))
        for one in self.batch.overdue(self._now(), self._timeout):
            reason = f"It did not end within {self._timeout:g} seconds and is still running."
            self._end(one, Ended(one.file, End.LEFT, one.arn, reason=reason))
        for file in self.batch.startable(self._parallel):
            self._begin(file)
        return self.batch

    def _ended(self) -> list[Running]:
        """Find out which of the running ones have ended."""
        sought, found = dict(self.batch.running), []
        for execution in self._running():
            one = sought.pop(execution.arn, None)
            if one and execution.status.is_terminal:
                found.append(one)
            if not sought:
                break
        return found

    def _begin(self, file: InputFile) -> None:
        try:
            started = self._start(file)
        except Exception as raised:  # one input's failure is told, and is not the others'
            self.batch = self.batch.end(Ended(file, End.FAILED, reason=one_line(raised)))
            return
        self.batch = self.batch.start(Running(file, started.arn, started.place, self._now()))

    def _end(self, one: Running, ended: Ended) -> None:
        self.batch = self.batch.end(replace(ended, seconds=self._now() - one.since))


def executions_of(deployed: Deployed, order: Order) -> Iterable[AnyExecution]:
    """List the executions that an order may have started, the newest first."""
    if order.state_machine_arn:
        return deployed.state_machine_executions()
    return deployed.connection.pipelines.executions(deployed.pipeline(order.pipeline)[1].name)


def one_line(raised: Exception) -> str:
    """Write an error without its cure."""
    error = explain(raised)
    return " ".join(f"{error.what} {error.why}".split())
