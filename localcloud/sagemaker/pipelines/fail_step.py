"""The Fail step: ends the execution as failed, with a message of the definition's own.

Without an ErrorMessage the step has no FailureReason and its metadata an empty message, as AWS's
integration tests of the SageMaker Python SDK show (``test_fail_steps.py``).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from localcloud.sagemaker.pipelines.expressions import Expression, evaluate, parse_expression
from localcloud.sagemaker.pipelines.paths import Path
from localcloud.sagemaker.pipelines.reading import only_members, take_object
from localcloud.sagemaker.pipelines.steps import HEADER_MEMBERS, Context, Failed, Header, Work
from localcloud.sagemaker.pipelines.values import render

_LONGEST_MESSAGE = 3072


@dataclass(frozen=True, slots=True)
class FailStep:
    """A step that fails on purpose."""

    header: Header
    error_message: Expression

    def expressions(self) -> Iterator[Expression]:
        """Yield the message."""
        yield self.error_message

    def has_property(self, path: Path) -> bool:
        """Deny: other steps cannot refer to a Fail step."""
        return False

    def resolve(self, context: Context) -> Work:
        """Evaluate the message, of which the service model carries 3,072 characters."""
        message = render(evaluate(self.error_message, context.environment))
        metadata = {"Fail": {"ErrorMessage": message[:_LONGEST_MESSAGE]}}
        return Work(metadata, lambda _: Failed(message or None))


def parse_fail_step(header: Header, members: dict[str, object]) -> FailStep:
    """Read a Fail step of a definition.

    Raises `DefinitionError` where a member is unknown or the message malformed.
    """
    members = only_members(members, HEADER_MEMBERS | {"Arguments"})
    arguments = take_object(members.get("Arguments", {}), f"{header.where}, Arguments")
    arguments = only_members(arguments, {"ErrorMessage"})
    message = arguments.get("ErrorMessage", "")
    return FailStep(header, parse_expression(message, f"{header.where}, ErrorMessage"))
