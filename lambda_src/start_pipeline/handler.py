"""The entry point: reads the payload of the state machine's task, starts the pipeline, looks back once.

A retried call finds its pipeline started. It may then find that the pipeline had its say before the new
token was stored, or that the task no longer waits: nobody else would notice either. The outcome of a pipeline
that this very call has started is left to those who are told of it.
"""

import logging
import os
from collections.abc import Mapping

from ..shared import logs
from ..shared.calls import PassingError, RefusedError
from ..shared.events import EventError
from . import aws
from .core import InvalidInputError, StartRequest

_LOGGER = logs.configured("start_pipeline", os.environ.get("LOG_LEVEL", "INFO"))


def lambda_handler(event: Mapping[str, object], _context: object) -> dict[str, str]:
    """Start the pipeline for a task that waits.

    `event`: ``task_token``, ``execution_arn`` (of the state machine's execution) and its ``input``. Returns
    ``pipelineExecutionArn`` and ``runId``. Raises `InvalidInputError` if the execution's input does not fit
    the pipeline; nothing was stored or started. Raises `EventError` if the payload is not that of the state
    machine's task. Raises `RefusedError` if AWS refuses to store the token or to start the pipeline. Raises
    `PassingError` if AWS cannot be asked just now: the same call may be repeated.
    """
    return handle(event, aws.from_environment(), _LOGGER)


def handle(event: Mapping[str, object], calls: aws.Aws, logger: logging.Logger) -> dict[str, str]:
    """Start the pipeline with these calls and this logger, as `lambda_handler` describes."""
    log = logs.about(logger, executionArn=event.get("execution_arn"))
    try:
        request = StartRequest.parse(event, calls.default_pipeline)
        parameters = request.parameters(calls.declared_parameters(request))
        calls.store_token(request)
        arn = calls.start_pipeline(request, parameters)
        log = logs.about(logger, executionArn=request.execution_arn, pipelineExecutionArn=arn)
        log.info("Started the pipeline %s as run %s.", request.pipeline, request.run_id)
        _look_back(request, arn, calls, log)
    except (EventError, InvalidInputError, RefusedError, PassingError) as error:
        log.error("The task fails: %s", error)  # noqa: TRY400 -- the runtime logs the traceback
        raise
    return {"pipelineExecutionArn": arn, "runId": request.run_id}


def _look_back(request: StartRequest, arn: str, calls: aws.Aws, log: logs.SubjectLog) -> None:
    """Deal with what ended while the pipeline was being started: the task, or the pipeline itself."""
    if not calls.is_waiting(request):
        is_stopped = calls.stop_unless_awaited(request, arn)
        log.warning("The task no longer waits; its pipeline %s.", "is stopped" if is_stopped else "is left")
    elif calls.has_joined_late(request, arn) and (delivery := calls.answer_outcome(request, arn)):
        log.warning("The pipeline had ended before; the task: %s.", delivery)
