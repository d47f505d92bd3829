"""The Callback step: puts a message with a token on a queue and waits for the API to be called with it.

The message is the one that AWS documents ("Callback step"): ``token``, ``pipelineExecutionArn``,
``arguments``, ``status``. Output names are not checked against the declaration: the reference Lambda of
AWS's geospatial example answers with a name that its definition does not declare, and succeeds.
"""

import json
from collections.abc import Callable, Mapping
from functools import partial

from localcloud.errors import ServiceError
from localcloud.ports import Ports
from localcloud.sagemaker.pipelines.caching import earlier_run
from localcloud.sagemaker.pipelines.calling_step import CallingStep, parse_calling_step
from localcloud.sagemaker.pipelines.outputs import Output, listed, properties_of, read_output
from localcloud.sagemaker.pipelines.reading import StepError
from localcloud.sagemaker.pipelines.steps import (
    CallbackMessage,
    Context,
    Header,
    Outcome,
    Succeeded,
    Waiting,
    Work,
)
from localcloud.sagemaker.pipelines.values import Value, ValueType


class CallbackStep(CallingStep):
    """A step that somebody else answers."""

    __slots__ = ()

    def resolve(self, context: Context) -> Work:
        """Evaluate the arguments and issue the token."""
        queue_url, arguments, key = self.evaluated(context.environment)
        message = CallbackMessage(queue_url, context.issue_token(), context.execution_arn, arguments)
        find = partial(earlier_run, context.service, self.header.name, key, self.expiry)
        return Work(_metadata(message, {}), partial(_notify, message, find), message=message, cache_key=key)

    def answered(self, message: CallbackMessage, given: Mapping[str, str]) -> Succeeded:
        """Give the outcome of an answer; `ValueError` where a declared output is not of its type."""
        types = {output.name: output for output in self.outputs}
        values: dict[str, Value] = {}
        for name, text in given.items():
            try:
                values[name] = read_output(types.get(name, Output(name, ValueType.STRING)), text)
            except ValueError as error:
                raise ValueError(f"Output parameter '{name}': {error}") from error
        return Succeeded(properties_of(values), _metadata(message, values))


def send(message: CallbackMessage, status: str, ports: Ports) -> None:
    """Put the message on its queue; `StepError` where SQS refuses it."""
    body = {
        "token": message.token,
        "pipelineExecutionArn": message.execution_arn,
        "arguments": message.arguments,
        "status": status,
    }
    try:
        ports.queues.send_message(message.queue_url, json.dumps(body))
    except ServiceError as error:
        raise StepError(f"ClientError: Failed to invoke sqs:SendMessage. Error Details: {error}") from error


def parse_callback_step(header: Header, members: dict[str, object]) -> CallbackStep:
    """Read a Callback step of a definition, as `parse_calling_step` does."""
    return parse_calling_step(CallbackStep, "SqsQueueUrl", header, members)


def _notify(message: CallbackMessage, find: Callable[[], Succeeded | None], ports: Ports) -> Outcome:
    if earlier := find():
        return earlier
    send(message, "Executing", ports)
    return Waiting()


def _metadata(message: CallbackMessage, values: Mapping[str, Value]) -> Mapping[str, object]:
    return {
        "Callback": {
            "CallbackToken": message.token,
            "SqsQueueUrl": message.queue_url,
            "OutputParameters": listed(values),
        }
    }
