"""The Callback step: puts a message with a token on a queue and waits for the API to be called with it.

The message is the one that AWS documents ("Callback step"): ``token``, ``pipelineExecutionArn``,
``arguments``, ``status``. Output names are not checked against the declaration: the reference Lambda of
AWS's geospatial example answers with a name that its definition does not declare, and succeeds.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from localcloud.errors import ServiceError
from localcloud.ports import Ports
from localcloud.sagemaker.pipelines.errors import DefinitionError, StepError
from localcloud.sagemaker.pipelines.expressions import Expression, evaluate, parse_expression
from localcloud.sagemaker.pipelines.outputs import (
    Output,
    listed,
    output_paths,
    parse_outputs,
    properties_of,
    read_output,
)
from localcloud.sagemaker.pipelines.paths import Path
from localcloud.sagemaker.pipelines.reading import only_members, take_object
from localcloud.sagemaker.pipelines.steps import (
    HEADER_MEMBERS,
    CallbackMessage,
    Context,
    Header,
    Outcome,
    Succeeded,
    Waiting,
    Work,
    refuse_unsupported,
)
from localcloud.sagemaker.pipelines.values import Value, ValueType, render

_MEMBERS = HEADER_MEMBERS | {"SqsQueueUrl", "Arguments", "OutputParameters", "CacheConfig", "RetryPolicies"}


@dataclass(frozen=True, slots=True)
class CallbackStep:
    """A step that somebody else answers."""

    header: Header
    queue_url: Expression
    arguments: Mapping[str, Expression]
    outputs: tuple[Output, ...]

    def expressions(self) -> Iterator[Expression]:
        """Yield the queue's URL and the arguments."""
        yield self.queue_url
        yield from self.arguments.values()

    def referable(self) -> frozenset[Path]:
        """Give the declared outputs."""
        return output_paths(self.outputs)

    def resolve(self, context: Context) -> Work:
        """Evaluate the arguments and issue the token."""
        environment = context.environment
        queue_url = render(evaluate(self.queue_url, environment))
        arguments = {name: evaluate(argument, environment) for name, argument in self.arguments.items()}
        message = CallbackMessage(queue_url, context.issue_token(), context.execution_arn, arguments)
        return Work(_metadata(message, {}), partial(_notify, message), message=message)

    def answered(self, message: CallbackMessage, given: Mapping[str, str]) -> Succeeded:
        """Give the outcome of an answer.

        Raises
        ------
        ValueError
            Where a declared output is not of its type.
        """
        types = {output.name: output for output in self.outputs}
        values: dict[str, Value] = {}
        for name, text in given.items():
            try:
                values[name] = read_output(types.get(name, Output(name, ValueType.STRING)), text)
            except ValueError as error:
                raise ValueError(f"Output parameter '{name}': {error}") from error
        return Succeeded(properties_of(values), _metadata(message, values))


def send(message: CallbackMessage, status: str, ports: Ports) -> None:
    """Put the message on its queue.

    Raises
    ------
    StepError
        Where SQS refuses it.
    """
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
    """Read a Callback step of a definition.

    Raises
    ------
    DefinitionError
        Where a member is unknown, missing, malformed, or not supported.
    """
    only_members(members, _MEMBERS)
    refuse_unsupported(members, header)
    if "SqsQueueUrl" not in members:
        raise DefinitionError(f"{header.where}: a step of type '{header.type}' needs SqsQueueUrl")
    arguments = take_object(members.get("Arguments", {}), f"{header.where}, Arguments")
    return CallbackStep(
        header,
        parse_expression(members["SqsQueueUrl"], f"{header.where}, SqsQueueUrl"),
        {
            name: parse_expression(value, f"{header.where}, argument '{name}'")
            for name, value in arguments.items()
        },
        parse_outputs(members.get("OutputParameters", []), header.where),
    )


def _notify(message: CallbackMessage, ports: Ports) -> Outcome:
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
