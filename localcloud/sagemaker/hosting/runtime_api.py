"""InvokeEndpoint, the service ``sagemaker-runtime``: a request goes to a server and its answer comes back.

The service model gives limits and members; sentences are AWS's own, as users quote them: unknown endpoint in
aws/amazon-sagemaker-examples#293, target model in #1026, model errors in #407 and #4324, time-out in #1407.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol, runtime_checkable

from localcloud.containers.http import Reply, SlowError, UnreachableError
from localcloud.containers.http import Request as HttpRequest
from localcloud.errors import ServiceError
from localcloud.ports import Caller
from localcloud.sagemaker.hosting.endpoint import Endpoint, UnavailableError
from localcloud.sagemaker.hosting.logs import log_group
from localcloud.sagemaker.hosting.state import Fleet

SERVICE = "sagemaker-runtime"

MODEL_SECONDS = 60.0
"""What a model has for its answer (service model, InvokeEndpoint)."""

MOST_BYTES = 6 * 1024 * 1024
"""The longest body of a request and of an answer (service model, BodyBlob)."""

_LONGEST_HEADER = 1024  # characters (service model, Header)
_MOST_QUOTED = 1024  # characters of the model's own message
_SENT = {
    "ContentType": "Content-Type",
    "Accept": "Accept",
    "CustomAttributes": "X-Amzn-SageMaker-Custom-Attributes",
}
# Not InferenceId: the service uses it in captured data only, and data capture is refused elsewhere.
_UNSUPPORTED = (
    "TargetContainerHostname",
    "EnableExplanations",
    "InferenceComponentName",
    "SessionId",
    "PrefixAwareId",
)
_TIMED_OUT = (
    "Your invocation timed out while waiting for a response from container primary. Review the latency "
    "metrics for each container in Amazon CloudWatch, resolve the issue, and try again."
)


class ModelError(ServiceError):
    """The model answered with an error, or not at all.

    `status`: what the model answered; 0 where it did not.
    `text`: what it said; None where that is too long to be passed on.
    """

    def __init__(self, endpoint: str, caller: Caller, status: int, text: str | None) -> None:
        kind, region, group = (
            "client" if 400 <= status < 500 else "server",
            caller.region,
            log_group(endpoint),
        )
        said = "and could not load the entire response body" if text is None else f'with message "{text}"'
        console = f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#logEventViewer"
        super().__init__(
            "ModelError",
            f"Received {kind} error ({status}) from primary {said}. See {console}:group={group} "
            f"in account {caller.account_id} for more information.",
            HTTPStatus.FAILED_DEPENDENCY,
            {
                "OriginalStatusCode": status,
                "OriginalMessage": text or "",
                "LogStreamArn": f"arn:aws:logs:{region}:{caller.account_id}:log-group:{group}",
            },
        )


@runtime_checkable
class _Readable(Protocol):
    def read(self, size: int, /) -> bytes:
        """Give so many bytes at most; none at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Invocation:
    """What InvokeEndpoint asks; `headers` are those that go to the model."""

    body: bytes
    headers: Mapping[str, str]
    target_variant: str | None = None


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model answered, and which variant it belongs to."""

    variant: str
    reply: Reply


class SageMakerRuntime:
    """The service, for every account and region."""

    OPERATIONS: frozenset[str] = frozenset({"InvokeEndpoint"})

    def __init__(self, find: Callable[[Caller, str], Endpoint | None]) -> None:
        self._find = find

    def call(self, operation: str, caller: Caller, request: Mapping[str, object]) -> dict[str, object]:
        """Carry out one operation; may be called from any thread, and takes as long as the model.

        Raises `ServiceError`: ``ValidationError``, ``ModelError``, ``ServiceUnavailable``.
        """
        if operation not in self.OPERATIONS:
            raise ServiceError(
                "InternalFailure", f"The local cloud does not have {SERVICE}:{operation}.", 501
            )
        name = str(request["EndpointName"])
        invocation = read_invocation(request)
        self._find_live(caller, name)
        for member in _UNSUPPORTED:
            if request.get(member) is not None:
                raise _invalid(f"{member} is not supported by the local cloud.")
        if request.get("TargetModel") is not None:
            raise _invalid(
                f"Endpoint {name} is not a multi-model endpoint and does not support target model header."
            )
        prediction = self.invoke(caller, name, invocation)
        headers = prediction.reply.headers
        answer: dict[str, object] = {
            "Body": prediction.reply.body,
            "ContentType": headers.get("content-type"),
            "InvokedProductionVariant": prediction.variant,
            "CustomAttributes": headers.get("x-amzn-sagemaker-custom-attributes"),
        }
        return {key: value for key, value in answer.items() if value is not None}

    def invoke(self, caller: Caller, name: str, invocation: Invocation) -> Prediction:
        """Send a request to an endpoint and give the model's answer; errors as for `call`."""
        endpoint, live = self._find_live(caller, name)
        variant = invocation.target_variant
        if variant is not None and all(item.name != variant for item in live.variants):
            raise _invalid(f"Variant {variant} not found for Endpoint {name} of account {caller.account_id}.")
        request = HttpRequest(
            "POST", "/invocations", MODEL_SECONDS, MOST_BYTES, invocation.headers, invocation.body
        )
        try:
            served_by, reply = endpoint.send(request, variant)
        except UnavailableError as error:
            raise ServiceError(
                "ServiceUnavailable", "The service is unavailable. Try your call again.", 503
            ) from error
        except SlowError as error:
            raise ModelError(name, caller, 0, _TIMED_OUT) from error
        except UnreachableError as error:
            raise ModelError(name, caller, 0, str(error)) from error
        if reply.is_cut:
            raise ModelError(name, caller, reply.status, None)
        if not 200 <= reply.status < 300:
            text = reply.body.decode("utf-8", "replace")
            raise ModelError(name, caller, reply.status, text[:_MOST_QUOTED])
        return Prediction(served_by, reply)

    def _find_live(self, caller: Caller, name: str) -> tuple[Endpoint, Fleet]:
        endpoint = self._find(caller, name)
        live = endpoint.state.live if endpoint else None
        if endpoint is None or live is None:
            raise _invalid(f"Endpoint {name} of account {caller.account_id} not found.")
        return endpoint, live

    def close(self) -> None:
        """Do nothing: the servers belong to SageMaker."""


def read_invocation(request: Mapping[str, object]) -> Invocation:
    """Read a request; ``ValidationError`` where it breaks a rule of the service model.

    The rules are few, and checked here: this is the way that must be fast.
    """
    body, headers = _read_body(request.get("Body")), {}
    if len(body) > MOST_BYTES:
        raise _broken("body", f"Member must have length less than or equal to {MOST_BYTES}")
    for name, header in _SENT.items():
        if (value := request.get(name)) is None:
            continue
        text, member = str(value), name[:1].lower() + name[1:]
        if len(text) > _LONGEST_HEADER:
            raise _broken(member, f"Member must have length less than or equal to {_LONGEST_HEADER}")
        if not text.isascii() or not text.isprintable():
            raise _broken(member, r"Member must satisfy regular expression pattern: \p{ASCII}*")
        headers[header] = text
    variant = request.get("TargetVariant")
    return Invocation(body, headers, None if variant is None else str(variant))


def _read_body(body: object) -> bytes:
    """Read a body, of which there may be a byte too many; hosts give it as bytes or as a stream."""
    if isinstance(body, _Readable):
        pieces, left = [], MOST_BYTES + 1
        while left and (piece := body.read(left)):
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)
    if isinstance(body, str):
        return body.encode()
    assert body is None or isinstance(body, bytes)
    return body or b""


def _broken(member: str, constraint: str) -> ServiceError:
    return _invalid(
        f"1 validation error detected: Value at '{member}' failed to satisfy constraint: {constraint}"
    )


def _invalid(message: str) -> ServiceError:
    return ServiceError("ValidationError", message)
