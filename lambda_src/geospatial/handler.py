"""The entry point: tells the three kinds of event apart, calls, returns.

Queue records are answered one by one; those to be looked at again are reported in
``batchItemFailures``, which needs ``ReportBatchItemFailures`` on the event source mapping.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from typing import TypedDict, cast

from ..shared import logs
from ..shared.calls import PassingError, RefusedError
from ..shared.events import EventError
from . import aws, core
from .core import Callback, Fail, LookAgain, Outcome, StartRequest, Succeed

_LOGGER = logs.configured("geospatial", os.environ.get("LOG_LEVEL", "INFO"))
_DEAD_TOKEN = frozenset({"ValidationException", "ResourceNotFound"})


class Record(TypedDict):
    """One message, as the event source mapping hands it over."""

    messageId: str
    receiptHandle: str
    body: str
    attributes: Mapping[str, str]


def lambda_handler(event: Mapping[str, object], _context: object) -> dict[str, object]:
    """Handle one event of the pipeline.

    `event`: queue records of Callback steps, or the arguments of a Lambda step. Returns
    ``{"batchItemFailures": …}`` for records; the step's output parameters otherwise. Raises `EventError` or
    `RefusedError` or `PassingError` if a Lambda step cannot be done: the step fails with the error's text.
    """
    return handle(event, aws.from_environment(), _LOGGER)


def handle(event: Mapping[str, object], calls: aws.Aws, logger: logging.Logger) -> dict[str, object]:
    """Handle one event with these calls and this logger, as `lambda_handler` describes."""
    if "Records" in event:
        return _answer_records(cast("Sequence[Record]", event["Records"]), calls, logger)
    return {**_run_step(event, calls, logger)}


def _run_step(event: Mapping[str, object], calls: aws.Aws, logger: logging.Logger) -> Mapping[str, str]:
    """Do what a Lambda step asks for and give its output parameters."""
    log = logs.about(logger, vejName=event.get("vej_name"), vejArn=event.get("vej_arn"))
    try:
        request = core.parse_step(event)
        if isinstance(request, StartRequest):
            outputs = calls.start_job(request)
            logs.about(logger, vejArn=outputs["vej_arn"]).info("Started the job %s.", request.name)
        else:
            outputs = calls.export_job(request)
            log.info("Started the export of the job's results.")
    except (EventError, RefusedError, PassingError) as error:
        log.error("The step fails: %s", error)  # noqa: TRY400 -- the runtime logs the traceback
        raise
    return outputs


def _answer_records(records: Sequence[Record], calls: aws.Aws, logger: logging.Logger) -> dict[str, object]:
    """Answer the steps whose jobs have ended; report the records that must come back."""
    running: list[Callback] = []
    again = [
        {"itemIdentifier": record["messageId"]}
        for record in records
        if not _is_answered(record, running, calls, logger)
    ]
    # Last, so that no answer has to wait for them.
    _send_heartbeats({callback.run_id for callback in running}, calls, logger)
    return {"batchItemFailures": again}


def _is_answered(record: Record, running: list[Callback], calls: aws.Aws, logger: logging.Logger) -> bool:
    """Handle one record. A failure concerns this record alone. Note it if its job still runs."""
    receive_count = int(record["attributes"]["ApproximateReceiveCount"])
    try:
        callback = Callback.parse(record["body"])
    except EventError as error:
        # It comes at once and often, until the queue moves it to the dead-letter queue.
        level = logging.ERROR if receive_count <= 1 else logging.DEBUG
        logs.about(logger).log(level, "Message %s cannot be answered: %s", record["messageId"], error)
        _show_again(record, 0, calls, logs.about(logger))
        return False

    log = logs.about(
        logger, pipelineExecutionArn=callback.execution_arn, vejArn=callback.arguments.get("vej_arn")
    )
    try:
        outcome = _outcome(callback, receive_count, calls, log)
        if not isinstance(outcome, LookAgain):
            _answer(callback.token, outcome, calls, log)
            return True
        if outcome.is_running:
            running.append(callback)
    except Exception:
        log.exception("The step could not be answered; its message comes back.")
        outcome = LookAgain(core.pause(receive_count), is_running=False)
    _show_again(record, outcome.seconds, calls, log)
    return False


def _outcome(callback: Callback, receive_count: int, calls: aws.Aws, log: logs.SubjectLog) -> Outcome:
    if callback.stopping:
        _stop(callback, calls, log)
        return Fail("The pipeline execution is being stopped.")
    try:
        watch = callback.watch()
        job = calls.describe_job(watch.region, watch.vej_arn)
    except (EventError, RefusedError) as error:
        return Fail(str(error))
    except PassingError as error:
        log.warning("The job cannot be looked at just now: %s", error)
        return LookAgain(core.pause(receive_count), is_running=False)
    outcome = core.judge(watch.wait_for, job, receive_count)
    log.info("Status %s, export %s: %s.", job.get("Status"), job.get("ExportStatus"), outcome)
    return outcome


def _stop(callback: Callback, calls: aws.Aws, log: logs.SubjectLog) -> None:
    """Stop the job of a step that is being stopped; the step is answered whether or not it works."""
    try:
        watch = callback.watch()
        if watch.wait_for is core.WaitFor.JOB:
            calls.stop_job(watch.region, watch.vej_arn)
            log.info("Stopped the job, because the pipeline execution is being stopped.")
    except (EventError, RefusedError, PassingError) as error:
        log.warning("The job was not stopped: %s", error)


def _answer(token: str, outcome: Succeed | Fail, calls: aws.Aws, log: logs.SubjectLog) -> None:
    try:
        if isinstance(outcome, Succeed):
            calls.succeed_step(token, outcome.outputs)
        else:
            calls.fail_step(token, outcome.reason)
    except RefusedError as error:
        if error.code not in _DEAD_TOKEN:
            raise
        log.warning("The step was answered before, or no longer waits: %s", error)
    else:
        log.info("Answered the step: %s.", outcome)


def _send_heartbeats(run_ids: set[str], calls: aws.Aws, logger: logging.Logger) -> None:
    """Send heartbeats to the waiting state machines. A failure does not fail the steps."""
    for run_id in sorted(run_ids - {""}):
        log = logs.about(logger, runId=run_id)
        try:
            is_awaited = calls.heartbeat(run_id)
        except (EventError, RefusedError) as error:
            log.warning("The state machine was not told that the job still runs: %s", error)
        except PassingError as error:
            log.warning("No state machine can be told just now that its job still runs: %s", error)
            return
        else:
            log.debug("The job still runs; %s.", "a task waits for it" if is_awaited else "no task waits")


def _show_again(record: Record, seconds: int, calls: aws.Aws, log: logs.SubjectLog) -> None:
    try:
        calls.show_again(record["receiptHandle"], seconds)
    except (RefusedError, PassingError) as error:
        log.warning("The message comes back only after the queue's visibility timeout: %s", error)
