"""The errors of a model, as InvokeEndpoint answers them.

Sentences are AWS's own, as users quote them: model errors in aws/amazon-sagemaker-examples#407 and #4324,
time-out in #1407.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from localcloud.containers.http import Reply, SlowError, StreamedReply, UnreachableError
from localcloud.errors import ServiceError
from localcloud.ports import Caller
from localcloud.sagemaker.hosting.endpoint import UnavailableError
from localcloud.sagemaker.hosting.server import ThrottledError

MOST_QUOTED = 1024
"""Characters of the model's own message."""

_TIMED_OUT = (
    "Your invocation timed out while waiting for a response from container {}. Review the latency "
    "metrics for each container in Amazon CloudWatch, resolve the issue, and try again."
)


class ModelError(ServiceError):
    """The model answered with an error, or not at all.

    `group`: the log group of its endpoint. `status`: what the model answered; 0 where it did not.
    `text`: what it said; None where that is too long to be passed on.
    """

    def __init__(
        self, group: str, caller: Caller, status: int, text: str | None, container: str = "primary"
    ) -> None:
        kind, region = "client" if 400 <= status < 500 else "server", caller.region
        said = "and could not load the entire response body" if text is None else f'with message "{text}"'
        console = f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#logEventViewer"
        super().__init__(
            "ModelError",
            f"Received {kind} error ({status}) from {container} {said}. See {console}:group={group} "
            f"in account {caller.account_id} for more information.",
            HTTPStatus.FAILED_DEPENDENCY,
            {
                "OriginalStatusCode": status,
                "OriginalMessage": text or "",
                "LogStreamArn": f"arn:aws:logs:{region}:{caller.account_id}:log-group:{group}",
            },
        )


@contextmanager
def explained(group: str, caller: Caller) -> Iterator[None]:
    """Raise AWS's errors for what the hosting raises."""
    try:
        yield
    except ThrottledError as error:  # as users quote it: without a message
        raise ServiceError("ThrottlingException", "") from error
    except UnavailableError as error:
        raise ServiceError(
            "ServiceUnavailable", "The service is unavailable. Try your call again.", 503
        ) from error
    except SlowError as error:
        text = _TIMED_OUT.format(error.source)
        raise ModelError(group, caller, 0, text, error.source) from error
    except UnreachableError as error:
        raise ModelError(group, caller, 0, str(error), error.source) from error


def check(group: str, caller: Caller, reply: Reply | StreamedReply, body: bytes) -> None:
    """Raise `ModelError` unless the model did what it was asked."""
    if not 200 <= reply.status < 300:
        text = body.decode("utf-8", "replace")[:MOST_QUOTED]
        raise ModelError(group, caller, reply.status, text, reply.source)
