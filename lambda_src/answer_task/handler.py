"""The entry point: tells the three kinds of event apart, calls, returns.

EventBridge delivers at least once and in any order, so that an event says no more than "look". Answers
that no task waits for are normal then; they are logged and counted, and nothing else comes of them.
"""

import logging
import os
from collections.abc import Mapping

from ..shared import logs
from ..shared.answers import Delivery
from ..shared.calls import PassingError, RefusedError
from ..shared.events import EventError
from . import aws, core
from .core import PipelineEnded, Results, StatesEnded

SWALLOWED = "SwallowedAnswers"
"""The metric that counts answers which no task waited for."""

_LOGGER = logs.configured("answer_task", os.environ.get("LOG_LEVEL", "INFO"))


def lambda_handler(event: Mapping[str, object], _context: object) -> dict[str, str]:
    """Handle one event of the pipeline or of the state machine.

    `event`: the arguments of the pipeline's last step, or an event of EventBridge. Returns ``answer``:
    ``answered``, ``dead`` or ``none``; ``pipeline`` for an event of the state machine: ``stopped``, ``ended``
    or ``none``. Raises `EventError` or `RefusedError` if the event cannot be dealt with: the step fails with
    the error's text. Raises `PassingError` if AWS cannot be asked just now: the same event may be sent again.
    """
    return handle(event, aws.from_environment(), _LOGGER)


def handle(event: Mapping[str, object], calls: aws.Aws, logger: logging.Logger) -> dict[str, str]:
    """Handle one event with these calls and this logger, as `lambda_handler` describes."""
    try:
        match core.parse(event):
            case Results() as results:
                return _answer_results(results, calls, logger)
            case PipelineEnded() as ended:
                return _answer_outcome(ended, calls, logger)
            case StatesEnded() as ended:
                return _stop_pipeline(ended, calls, logger)
    except (EventError, RefusedError, PassingError) as error:
        logs.about(logger).error("The event is not dealt with: %s", error)
        raise


def _answer_results(results: Results, calls: aws.Aws, logger: logging.Logger) -> dict[str, str]:
    log = logs.about(logger, pipelineExecutionArn=results.pipeline_execution_arn, runId=results.run_id)
    if not results.run_id:
        log.info("No state machine waits for this pipeline execution.")
        return {"answer": Delivery.NONE}
    delivery = calls.answer_results(results)
    _report(delivery, results.pipeline_execution_arn, log)
    return {"answer": delivery}


def _answer_outcome(ended: PipelineEnded, calls: aws.Aws, logger: logging.Logger) -> dict[str, str]:
    arn = ended.pipeline_execution_arn
    execution = calls.describe(arn)
    run_id = execution.run_id
    log = logs.about(logger, pipelineExecutionArn=arn, runId=run_id)
    if not run_id:
        log.info("No state machine waits for this pipeline execution.")
        return {"answer": Delivery.NONE}
    delivery = calls.answer_outcome(run_id, execution)
    if delivery is None:
        _swallow(log, arn, "The event is late: the pipeline execution has not ended, or runs again.")
        return {"answer": Delivery.NONE}
    _report(delivery, arn, log)
    return {"answer": delivery}


def _stop_pipeline(ended: StatesEnded, calls: aws.Aws, logger: logging.Logger) -> dict[str, str]:
    log = logs.about(logger, executionArn=ended.execution_arn, runId=ended.run_id)
    if not ended.is_unsuccessful:
        log.info("The execution is %s: its pipeline is left alone.", ended.status)
        return {"pipeline": "none"}
    execution = calls.find_execution(ended)
    if execution is None:
        log.info("The execution is %s and had started no pipeline.", ended.status)
        return {"pipeline": "none"}
    log = logs.about(
        logger, executionArn=ended.execution_arn, runId=ended.run_id, pipelineExecutionArn=execution.arn
    )
    if execution.is_running and calls.stop_execution(execution.arn, ended.run_id):
        log.warning("The execution is %s: its pipeline is being stopped.", ended.status)
        return {"pipeline": "stopped"}
    log.info("The execution is %s, its pipeline execution had ended or is ending.", ended.status)
    return {"pipeline": "ended"}


def _report(delivery: Delivery, execution_arn: str, log: logs.SubjectLog) -> None:
    match delivery:
        case Delivery.ANSWERED:
            log.info("Answered the task.")
        case Delivery.EARLIER:
            log.info("The pipeline's last step had answered the task.")
        case Delivery.DEAD:
            _swallow(log, execution_arn, "The task was answered before, or no longer waits.")
        case Delivery.NONE:
            _swallow(log, execution_arn, "The store holds no task token of this run.")


def _swallow(log: logs.SubjectLog, execution_arn: str, why: str) -> None:
    logs.count(log, logs.Metric(SWALLOWED, {"PipelineName": execution_arn.split("/")[1]}), why)
