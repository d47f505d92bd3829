"""`invoke attach`, `invoke stop` and `invoke executions`: follow, stop and list executions."""

from __future__ import annotations

import math

from driver.commands.context import Command
from driver.commands.fan_out import refuse
from driver.executions.fan_out.following import follow_fan_out, look_at
from driver.executions.fan_out.results import finish_fan_out
from driver.executions.finishing import Finisher
from driver.executions.following import come_back, follow
from driver.executions.listing import show_recent
from driver.executions.names import Kind
from driver.executions.readers import Request
from driver.executions.trace import Trace
from driver.executions.watching import Watch
from driver.executions.workflow.fetching import output_folder
from driver.executions.workflow.runs import finish_workflow
from driver.model.exceptions import DeadlineExceededError


class Attach(Command):
    """Follows an execution that somebody started."""

    def __call__(self, execution: str | None, timeout: float, rows: int, output: str = "") -> None:
        """Follow an execution (its ARN or name; None: the newest) and show its result.

        `output` is the folder to download the result to; empty for the target's folder `runs`, or for none
        where it is a workflow's.
        """
        folder = output_folder(output)
        deployed = self.deployed
        arn = deployed.find(execution)
        if deployed.kind_of(arn) is Kind.FAN_OUT:
            refuse("--output", bool(output))
            fan_out = follow_fan_out(deployed, self.console, arn, timeout, look_at_once=True)
            finish_fan_out(deployed, self.console, fan_out)
            return
        if deployed.kind_of(arn) is Kind.WORKFLOW:
            finish_workflow(deployed, self.console, arn, timeout, look_at_once=True, folder=folder)
            return
        watch = follow(Watch(deployed, arn), self.console, timeout, is_introduced=True)
        Finisher(self.console, deployed, folder).finish(watch, rows)


class Stop(Command):
    """Stops an execution and waits until it has stopped."""

    def __call__(self, execution: str | None, timeout: float) -> None:
        """Stop an execution (its ARN or name; None: the newest) and the pipeline that belongs to it.

        Parameters
        ----------
        execution
            One that has ended is left as it is.
        timeout
            Seconds until all of it must have ended.
        """
        deployed = self.deployed
        connection, arn = deployed.connection, deployed.find(execution)
        if deployed.kind_of(arn) is Kind.FAN_OUT:
            self._stop_fan_out(arn, timeout)
            return
        watch = Watch(deployed, arn)
        watch.catch_up()
        pipeline = watch.pipeline
        if pipeline and pipeline is not watch.root and watch.has_ended:  # it may outlive its state machine
            pipeline.ask(Request.PIPELINE)
        if watch.has_ended and (pipeline is None or pipeline.status.is_terminal):
            self.console.done(f"execution {watch.name} has ended already: {_describe_end(watch.trace())}")
            return
        self.console.news(f"Stopping execution {watch.name}: running steps end first")
        if watch.kind is not Kind.PIPELINE and not watch.has_ended:
            connection.state_machines.stop(watch.arn)
            if pipeline is None:  # it may have been starting just then
                follow(watch, self.console, timeout, grace=0, look_at_once=False)
                pipeline = watch.pipeline
        if pipeline:
            connection.pipelines.stop(pipeline.arn)
        if not watch.is_complete:
            follow(watch, self.console, timeout, grace=math.inf, look_at_once=False)
        if pipeline and not watch.is_complete:
            raise DeadlineExceededError(
                f"The pipeline of execution {watch.name} did not stop within {timeout:g} seconds.",
                "A step that waits for its callback ends only when it is answered.",
                f"{come_back(deployed, pipeline.arn)}; --timeout sets another deadline.",
            )
        self.console.done(f"execution {watch.name}: {_describe_end(watch.trace())}")

    def _stop_fan_out(self, arn: str, timeout: float) -> None:
        """Stop a fan-out; Step Functions stops the executions of its items."""
        deployed = self.deployed
        fan_out = look_at(deployed, arn)
        name = fan_out.execution.name
        if fan_out.has_ended:
            self.console.done(f"fan-out {name} has ended already: {fan_out.summary}")
            return
        if not fan_out.execution.status.is_terminal:
            deployed.connection.state_machines.stop(arn)
        fan_out = follow_fan_out(deployed, self.console, arn, timeout, look_at_once=False)
        self.console.done(f"fan-out {name}: {fan_out.summary}")


class Executions(Command):
    """Lists the recent executions."""

    def __call__(self, limit: int) -> None:
        """Show at most so many, the newest first."""
        show_recent(self.deployed, self.console, limit)


def _describe_end(trace: Trace) -> str:
    """Write how an execution ended, and its pipeline if that was looked at."""
    pipeline = trace.pipeline
    if pipeline is None or pipeline is trace or pipeline.started is None:
        return trace.summary
    return f"{trace.summary}, pipeline {pipeline.summary}"
