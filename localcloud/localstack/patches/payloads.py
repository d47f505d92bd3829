"""How large an event may be that a function is invoked with."""

from typing import Any

from localstack.aws.api.lambda_ import InvocationType
from localstack.services.lambda_.invocation.lambda_service import LambdaService
from localstack.services.lambda_.provider import RequestEntityTooLargeException
from localstack.utils.patch import patch

SYNCHRONOUS_BYTES = 6 * 1024 * 1024
ASYNCHRONOUS_BYTES = 1024 * 1024
"""Source: AWS Lambda API reference, Invoke: 6 MB, and 1 MB since October 2025."""


def apply() -> None:
    """Apply all patches of this module."""
    bound_events()


def bound_events() -> None:
    """Defect: an event of any size is taken."""

    @patch(LambdaService.invoke)
    def invoke(
        fn: Any,
        self: LambdaService,
        *args: Any,
        invocation_type: str | None = None,
        payload: bytes | None = None,
        **kwargs: Any,
    ) -> Any:
        size = len(payload or b"")
        if size > SYNCHRONOUS_BYTES:
            raise RequestEntityTooLargeException(
                f"Request must be smaller than {SYNCHRONOUS_BYTES} bytes for the InvokeFunction operation"
            )
        if invocation_type == InvocationType.Event and size > ASYNCHRONOUS_BYTES:
            raise RequestEntityTooLargeException(
                f"{size} byte payload is too large for the Event invocation type "
                f"(limit {ASYNCHRONOUS_BYTES} bytes)"
            )
        return fn(self, *args, invocation_type=invocation_type, payload=payload, **kwargs)
