"""An execution of a workflow, followed to its end, and its output shown and fetched."""

from __future__ import annotations

from pathlib import Path

from driver.executions.deployed import Deployed
from driver.executions.following import follow
from driver.executions.last_lines import last_lines
from driver.executions.names import workflow_of
from driver.executions.outcomes import where_logs_are
from driver.executions.trace import Outcome, Trace
from driver.executions.watching import Watch
from driver.executions.workflow.fetching import fetch_output
from driver.executions.workflow.output import Output, read_output
from driver.executions.workflow.showing import show_output
from driver.host.console import Console
from driver.host.wording import counted
from driver.model.exceptions import ExecutionFailedError

_NAMED = 5  # failures that are told one by one


def finish_workflow(
    deployed: Deployed,
    console: Console,
    arn: str,
    timeout: float,
    *,
    look_at_once: bool,
    folder: Path | None = None,
) -> Output:
    """Follow an execution to its end, show its output and return it.

    `folder` is where to download what the output names on S3; None downloads nothing. The other arguments are
    those of `follow`, and it raises what `follow` raises; `ExecutionFailedError` if the execution did not
    succeed.
    """
    watch = Watch(deployed, arn)
    trace = follow(watch, console, timeout, look_at_once=look_at_once, is_introduced=True).trace()
    if trace.outcome is not Outcome.SUCCEEDED:
        raise workflow_failure(deployed, trace)
    console.done(f"workflow {watch.name}: {trace.summary}")
    output = read_output(trace.output)
    files = fetch_output(deployed.connection.storage, output, folder, console) if folder else ()

    def show() -> None:
        show_output(output, console)
        if output.files and folder is None:
            attach = f"invoke attach --execution {watch.name}{deployed.target_flag}"
            console.say(f"\n`{attach} --output FOLDER` downloads {_these(len(output.files))}.")

    console.present(trace.document(files), show)
    return output


def _these(number: int) -> str:
    return "what it names on S3" if number > 1 else "it"


def workflow_failure(deployed: Deployed, trace: Trace) -> ExecutionFailedError:
    """Say why an execution of a workflow did not succeed."""
    outputs, name = deployed.outputs, deployed.short_name(trace.arn)
    reason = "\n".join(filter(None, [describe_end(trace), *last_lines(deployed, trace)]))
    if trace.outcome is Outcome.STOPPED:
        return ExecutionFailedError(f"Execution {name} was stopped.", reason or "It has no output.")
    groups = [outputs.workflows[workflow_of(trace.arn, outputs)].log_group_name]
    groups += sorted({span.log_group for span in trace.spans if span.has_failed})
    where = where_logs_are(
        deployed.deployment, groups, deployed.workspace.directory, f"{name}{deployed.target_flag}"
    )
    return ExecutionFailedError(
        f"Execution {name} ended {trace.status}.", reason or "AWS gives no reason.", where
    )


def describe_end(trace: Trace) -> str:
    """Write why an execution did not succeed: the states that failed, then the end's own words.

    A failure that was caught counts only if it is what the end says, or belongs to a job or an execution: a
    workflow may well ask for something that is not there.

    Returns
    -------
    str
        Lines; nothing if there is no reason.
    """
    said = trace.reason
    told: list[str] = []
    for span in trace.spans:
        if not span.has_failed:
            continue
        if said and span.outcome is Outcome.CAUGHT and not span.resource_arn and span.reason != said:
            continue
        if span.reason:
            told.append(f"State {span.place}: {span.reason}")
        if span.log_group:
            told.append(f"  its log: group {span.log_group}, streams {span.resource}/…")
    if said and not any(said in line or said == line.partition(": ")[2] for line in told):
        told.append(said)
    more = len(told) - 2 * _NAMED
    return "\n".join([*told[: 2 * _NAMED], *([f"… and {counted(more, 'line')} more"] if more > 0 else [])])
