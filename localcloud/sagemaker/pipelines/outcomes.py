"""What an outcome makes of a step."""

from dataclasses import replace
from datetime import datetime

from localcloud.sagemaker.pipelines.state import StepState, StepStatus
from localcloud.sagemaker.pipelines.steps import Failed, Outcome, Stopped, Succeeded, TimedOut, Waiting

LONGEST_REASON = 1024


def after(step: StepState, outcome: Outcome, now: datetime) -> StepState:
    """Give the state of a step that was not over, after an outcome.

    Whatever a stopping step has done, it has stopped, unless it failed.
    """
    stopping = step.status is StepStatus.STOPPING
    match outcome:
        case Waiting(job, metadata):
            shown = step.metadata if metadata is None else metadata
            return replace(step, waiting=True, job=job, metadata=shown)
        case Succeeded(properties, metadata, source):
            return replace(
                step,
                status=StepStatus.STOPPED if stopping else StepStatus.SUCCEEDED,
                end_time=now,
                properties=properties,
                metadata=step.metadata if metadata is None else metadata,
                cache_source=source,
            )
        case Stopped() if stopping:
            return replace(step, status=StepStatus.STOPPED, end_time=now)
        case Failed(reason) | TimedOut(reason) | Stopped(reason):
            cut = None if reason is None else reason[:LONGEST_REASON]
            return replace(step, status=StepStatus.FAILED, end_time=now, failure_reason=cut)
