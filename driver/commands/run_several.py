"""`invoke run-pipeline` on several inputs: side by side, a line each, a summary at the end."""

from __future__ import annotations

import math
from collections.abc import Sequence

from driver.aws.explain import explain
from driver.commands.context import Command
from driver.executions.batches import Batch, BatchView, End, Ended, Running, summary
from driver.executions.deployed import Deployed
from driver.executions.finishing import Finisher
from driver.executions.input_files import InputFile
from driver.executions.preparing import prepared
from driver.executions.results import doubt
from driver.executions.starting import Order, begin
from driver.executions.tables import Reading
from driver.executions.watching import Watch
from driver.host.console import Console
from driver.host.disk_space import check_room_for_runs
from driver.host.wording import counted
from driver.model.exceptions import ExecutionFailedError, InterruptedByUserError

_RECOGNISED = Reading()


class RunSeveral(Command):
    """Starts an execution for each of several files and follows them all."""

    def __call__(
        self,
        order: Order,
        files: Sequence[InputFile],
        timeout: float,
        parallel: int,
        *,
        reading: Reading = _RECOGNISED,
    ) -> None:
        """Check all inputs, then run the pipeline on each.

        Parameters
        ----------
        order
            The pipeline and its parameters.
        files
            The inputs.
        timeout
            Seconds until an execution must have ended, from its start.
        parallel
            How many executions may run at once.
        reading
            How to read the tables, where the user says it.

        Raises
        ------
        CoordinatesError
            If a file cannot be used: then none is uploaded.
        ExecutionFailedError
            If an input has no result; the results of the others are kept.
        InterruptedByUserError
            If Ctrl-C is pressed; the executions keep running.
        """
        deployed = self.deployed
        _, pipeline = deployed.pipeline(order.pipeline)
        with prepared(files, reading, pipeline, self.console) as ready:
            rows, files = sum(one.rows for one in ready), [one.file for one in ready]
            told = f": {counted(rows, ready[0].noun)}" if rows else ""
            self._run(order, files, f"{counted(len(files), 'file')}{told}", timeout, parallel)

    def _run(
        self, order: Order, files: Sequence[InputFile], told: str, timeout: float, parallel: int
    ) -> None:
        deployed = self.deployed
        is_local = deployed.deployment.endpoint_url is not None
        check_room_for_runs(
            self.workspace.directory, [path for file in files for path in file.files], is_local=is_local
        )
        self.console.done(told)
        quiet = self.console.hushed()  # with so many of them, nothing is told of the parts of each
        work = _Work(
            deployed,
            Finisher(quiet, deployed),
            files,
            quiet,
            order=order,
            timeout=timeout,
            parallel=parallel,
        )
        try:
            with BatchView(self.console, len(files)).shown() as on_news:
                deployed.connection.waiter.wait_for(
                    work.look, lambda batch: batch.is_done, math.inf, on_news, look_at_once=True
                )
        except KeyboardInterrupt as error:
            raise self._left(deployed, work.batch) from error
        self._tell(files, work.batch)

    def _tell(self, files: Sequence[InputFile], batch: Batch) -> None:
        by_file = {id(ended.file): ended for ended in batch.ended}
        in_order = [by_file[id(file)] for file in files]
        self.console.say()
        self.console.table(*summary(in_order))
        failed = [ended for ended in in_order if ended.end is not End.SUCCEEDED]
        self.console.say()
        done, rows = len(in_order) - len(failed), sum(ended.rows for ended in in_order)
        self.console.say(f"{done} of {len(in_order)} succeeded: {counted(rows, 'row')} in")
        self.console.say(f"{self.workspace.runs_directory}")
        for ended in in_order:
            if ended.doubt:
                self.console.warn(f"{ended.file.name}: {ended.doubt}")
        if failed:
            flag = self.workspace.target_flag
            raise ExecutionFailedError(
                f"{counted(len(failed), 'input')} of {len(in_order)} without a result.",
                "\n".join(f"{ended.file.name}: {ended.reason}" for ended in failed),
                f"The results of the others are kept. `invoke logs --execution NAME{flag}` tells more; "
                "run the failed inputs again.",
            )

    def _left(self, deployed: Deployed, batch: Batch) -> InterruptedByUserError:
        flag = self.workspace.target_flag
        names = ", ".join(deployed.short_name(arn) for arn in batch.running)
        return InterruptedByUserError(
            f"You left {counted(len(batch.running), 'execution')}.",
            (f"Still running: {names}. " if names else "")
            + f"Ended: {len(batch.ended)}. Not started: {len(batch.waiting)}.",
            f"`invoke attach --execution NAME{flag}` comes back to one, `invoke stop` stops it.",
        )


class _Work:
    """The executions of one command, looked at again and again."""

    def __init__(
        self,
        deployed: Deployed,
        finisher: Finisher,
        files: Sequence[InputFile],
        console: Console,
        *,
        order: Order,
        timeout: float,
        parallel: int,
    ) -> None:
        self._deployed = deployed
        self._finisher = finisher
        self._console = console
        self._order = order
        self._timeout = timeout
        self._parallel = parallel
        self.batch = Batch(tuple(files))

    def look(self) -> Batch:
        """Take in what has ended, start what may start. All that run are looked at in one request."""
        ended = self._ended() if self.batch.running else []
        for one in ended:
            self.batch = self.batch.end(self._finish(one))
        for one in self.batch.overdue(self._now(), self._timeout):
            reason = f"It did not end within {self._timeout:g} seconds and is still running."
            self.batch = self.batch.end(self._over(one, End.LEFT, reason))
        for file in self.batch.startable(self._parallel):
            self._begin(file)
        return self.batch

    def _ended(self) -> list[Running]:
        """Find out which of the running ones have ended."""
        sought, found = dict(self.batch.running), []
        listed = (
            self._deployed.state_machine_executions()
            if self._order.state_machine_arn
            else self._deployed.connection.pipelines.executions(
                self._deployed.pipeline(self._order.pipeline)[1].name
            )
        )
        for execution in listed:
            one = sought.pop(execution.arn, None)
            if one and execution.status.is_terminal:
                found.append(one)
            if not sought:
                break
        return found

    def _begin(self, file: InputFile) -> None:
        try:
            started = begin(self._deployed, self._order, file, self._console)
        except Exception as raised:  # one input's failure is told, and is not the others'
            self.batch = self.batch.end(Ended(file, End.FAILED, reason=_one_line(raised)))
            return
        self.batch = self.batch.start(Running(file, started.arn, started.place, self._now()))

    def _finish(self, one: Running) -> Ended:
        """Fetch the result of an execution that has ended, or say why there is none."""
        try:
            watch = Watch(self._deployed, one.arn)
            watch.catch_up()
            table = self._finisher.result(watch.trace(), one.place)
        except Exception as raised:
            return self._over(one, End.FAILED, _one_line(raised))
        name = self._deployed.short_name(one.arn)
        took = self._now() - one.since
        return Ended(one.file, End.SUCCEEDED, name, took, table.count, table.path, doubt=doubt(table))

    def _over(self, one: Running, end: End, reason: str) -> Ended:
        name = self._deployed.short_name(one.arn)
        return Ended(one.file, end, name, self._now() - one.since, reason=reason)

    def _now(self) -> float:
        return self._deployed.connection.waiter.clock()


def _one_line(raised: Exception) -> str:
    error = explain(raised)
    return " ".join(f"{error.what} {error.why}".split())
