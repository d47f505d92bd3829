"""`invoke run-pipeline` on several inputs: side by side, a line each, a summary at the end."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from driver.commands.context import Command
from driver.executions.batch_work import BatchWork, executions_of, one_line
from driver.executions.batches import Batch, BatchView, End, Ended, Running, summary
from driver.executions.deployed import Deployed
from driver.executions.finishing import Finisher
from driver.executions.following import no_answer, when_it_answers
from driver.executions.preparing import Asked, prepared
from driver.executions.results import doubt
from driver.executions.starting import begin
from driver.executions.watching import Watch
from driver.host.disk_space import check_room_for_runs
from driver.host.wording import counted
from driver.model.exceptions import ExecutionFailedError, InterruptedByUserError, NoAnswerError


class RunSeveral(Command):
    """Starts an execution for each of several files and follows them all."""

    def __call__(self, asked: Asked, timeout: float, parallel: int) -> None:
        """Run the pipeline on each input, fetch the results and show what became of each.

        Raises
        ------
        ExecutionFailedError
            If an input has no result; the results of the others are kept.
        """
        finisher = Finisher(self.console.hushed(), self.deployed)
        self._tell(self.run(asked, timeout, parallel, lambda one: _finish(self.deployed, finisher, one)))

    def run(
        self, asked: Asked, timeout: float, parallel: int, finish: Callable[[Running], Ended]
    ) -> list[Ended]:
        """Check all inputs, then run the pipeline on each; returns what became of each, in their order.

        Parameters
        ----------
        asked
            The pipeline, its parameters and the inputs.
        timeout
            Seconds until an execution must have ended, from its start.
        parallel
            How many executions may run at once.
        finish
            What is done with each that has ended.

        Raises
        ------
        CoordinatesError
            If a file cannot be used: then none is uploaded.
        InterruptedByUserError
            If Ctrl-C is pressed; the executions keep running.
        """
        deployed, order = self.deployed, asked.order
        _, pipeline = deployed.pipeline(order.pipeline)
        quiet = self.console.hushed()  # with so many of them, nothing is told of the parts of each
        with prepared(asked.files, asked.reading, pipeline, self.console) as ready:
            rows, files = sum(one.rows for one in ready), [one.file for one in ready]
            is_local = deployed.deployment.endpoint_url is not None
            check_room_for_runs(
                self.workspace.directory, [path for file in files for path in file.files], is_local=is_local
            )
            told = f": {counted(rows, ready[0].noun)}" if rows else ""
            self.console.done(f"{counted(len(files), 'file')}{told}")
            work = BatchWork(
                deployed.connection.waiter.clock,
                files,
                begin=lambda file: begin(deployed, order, file, quiet),
                running=lambda: executions_of(deployed, order),
                finish=finish,
                timeout=timeout,
                parallel=parallel,
            )
            return self.wait(work)

    def wait(self, work: BatchWork) -> list[Ended]:
        """Wait for the end of all executions; returns what became of each input, in their order."""
        deployed, files = self.deployed, work.batch.waiting
        try:
            with BatchView(self.console, len(files)).shown() as on_news:
                deployed.connection.waiter.wait_for(
                    work.look, lambda batch: batch.is_done, math.inf, on_news, look_at_once=True
                )
        except KeyboardInterrupt as error:
            raise self._left(deployed, work.batch) from error
        except Exception as error:
            if not (silent := no_answer(error)):
                raise
            again = f"`invoke executions{deployed.target_flag}` tells what became of them"
            raise NoAnswerError(
                f"The target stopped answering before {counted(len(files), 'execution')} had ended.",
                f"{silent.why} {self._left(deployed, work.batch).why}",
                f"{again}, {when_it_answers(deployed)}.",
            ) from error
        by_file = {id(ended.file): ended for ended in work.batch.ended}
        return [by_file[id(file)] for file in files]

    def _tell(self, in_order: Sequence[Ended]) -> None:
        self.console.say()
        self.console.table(*summary(in_order, self.deployed.short_name))
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


def _finish(deployed: Deployed, finisher: Finisher, one: Running) -> Ended:
    """Fetch the result of an execution that has ended, or say why there is none."""
    try:
        watch = Watch(deployed, one.arn)
        watch.catch_up()
        table = finisher.result(watch.trace(), one.place)
    except Exception as raised:  # one input's failure is told, and is not the others'
        return Ended(one.file, End.FAILED, one.arn, reason=one_line(raised))
    return Ended(one.file, End.SUCCEEDED, one.arn, rows=table.count, path=table.path, doubt=doubt(table))
