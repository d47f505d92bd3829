"""The service ``sagemaker-runtime``: a request goes to a server and its answer comes back.

At once (InvokeEndpoint), piece by piece (InvokeEndpointWithResponseStream) or by S3 (InvokeEndpointAsync).

The service model gives limits and members; sentences are AWS's own, as users quote them: unknown endpoint in
aws/amazon-sagemaker-examples#293, target model in #1026.
"""

import itertools
import threading
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol, runtime_checkable
from weakref import WeakKeyDictionary

from localcloud.containers.http import Reply, SlowError, StreamedReply, UnreachableError
from localcloud.containers.http import Request as HttpRequest
from localcloud.errors import ServiceError
from localcloud.ports import Caller
from localcloud.sagemaker.hosting.async_requests import AsyncQueue, AsyncRequest, place
from localcloud.sagemaker.hosting.capture import Exchange
from localcloud.sagemaker.hosting.endpoint import Endpoint
from localcloud.sagemaker.hosting.logs import log_group
from localcloud.sagemaker.hosting.measuring import measured
from localcloud.sagemaker.hosting.model_errors import MOST_QUOTED, ModelError, check, explained
from localcloud.sagemaker.hosting.state import Fleet
from localcloud.sagemaker.wire.model_container import ModelContainer
from localcloud.sagemaker.wire.requests import Request
from localcloud.sagemaker.wire.s3_uri import S3Uri
from localcloud.sagemaker.workers import Workers
from localcloud.validation import validate

SERVICE = "sagemaker-runtime"

MODEL_SECONDS = 60.0
"""What a model has for its answer (service model, InvokeEndpoint)."""

STREAM_SECONDS = 8 * 60.0
"""What a model has for an answer that is streamed (SageMaker's quotas)."""

MOST_BYTES = 6 * 1024 * 1024
"""The longest body of a request and of an answer (service model, BodyBlob)."""

_ASYNC_WORKERS = 64  # asynchronous requests that run at once, over all endpoints
_ASYNC_TTL = 6 * 3600  # seconds (service model, RequestTTLSeconds)
_ASYNC_SECONDS = 15 * 60  # seconds (service model, InvocationTimeoutSeconds)
_PATIENCE = 1.0  # seconds that closing waits
_LONGEST_HEADER = 1024  # characters (service model, Header)
_SENT = {
    "ContentType": "Content-Type",
    "Accept": "Accept",
    "CustomAttributes": "X-Amzn-SageMaker-Custom-Attributes",
}
_NAMES = ("TargetVariant", "InferenceId", "TargetContainerHostname", "InferenceComponentName")
# Not InferenceId: the service uses it in captured data and messages.
_UNSUPPORTED = (
    "EnableExplanations",
    "SessionId",
    "PrefixAwareId",
)
# AWS's sentences about inference components, as users quote them (amazon-kendra-langchain-extensions#64).
_NEEDS_COMPONENT = (
    "Inference Component Name header is required for endpoints to which you plan to deploy inference "
    "components. Please include Inference Component Name header or consider using SageMaker models."
)
_NO_COMPONENTS = (
    "Inference Component Name header is not allowed for endpoints to which you dont plan to deploy inference "
    "components. Please remove the Inference Component Name header and try again."
)
_NO_CAPACITY = (
    "Inference Component has no capacity to process this request. ApplicationAutoScaling may be in-progress "
    "(if configured) or try to increase the capacity by invoking UpdateInferenceComponentRuntimeConfig API."
)

Waiting = Sequence[tuple[Caller, str, AsyncRequest]]
"""Asynchronous requests, each with the caller and the name of its endpoint."""


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
    inference_id: str | None = None
    container: str | None = None
    component: str | None = None


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model answered, and which variant it belongs to."""

    variant: str
    reply: Reply


class SageMakerRuntime:
    """The service, for every account and region."""

    OPERATIONS: frozenset[str] = frozenset(
        {"InvokeEndpoint", "InvokeEndpointAsync", "InvokeEndpointWithResponseStream"}
    )

    def __init__(
        self,
        find: Callable[[Caller, str], Endpoint | None],
        find_component: Callable[[Caller, str, str], Endpoint | None],
    ) -> None:
        self._find = find
        self._find_component = find_component
        self._workers = Workers("async-invocation", _ASYNC_WORKERS)
        self._lock = threading.Lock()  # guards the queues
        self._queues: WeakKeyDictionary[Endpoint, AsyncQueue] = WeakKeyDictionary()

    def call(self, operation: str, caller: Caller, request: Mapping[str, object]) -> dict[str, object]:
        """Carry out one operation; may be called from any thread, and takes as long as the model.

        Raises `ServiceError`: ``ValidationError``, ``ModelError``, ``ServiceUnavailable``.
        """
        if operation not in self.OPERATIONS:
            raise ServiceError(
                "InternalFailure", f"The local cloud does not have {SERVICE}:{operation}.", 501
            )
        name = str(request["EndpointName"])
        if operation == "InvokeEndpointAsync":
            return self._begin(caller, name, request)
        invocation = read_invocation(request)
        self._find_live(caller, name)
        for member in _UNSUPPORTED:
            if request.get(member) is not None:
                raise _invalid(f"{member} is not supported by the local cloud.")
        if request.get("TargetModel") is not None:
            raise _invalid(
                f"Endpoint {name} is not a multi-model endpoint and does not support target model header."
            )
        if operation == "InvokeEndpointWithResponseStream":
            variant, streamed = self._stream(caller, name, invocation)
            return _answer(_parts(streamed.pieces), variant, streamed.headers)
        prediction = self.invoke(caller, name, invocation)
        return _answer(prediction.reply.body, prediction.variant, prediction.reply.headers)

    def invoke(self, caller: Caller, name: str, invocation: Invocation) -> Prediction:
        """Send a request to an endpoint and give the model's answer; errors as for `call`."""
        endpoint, live = self._find_synchronous(caller, name, invocation)
        group = log_group(endpoint.identity.arn)
        request = HttpRequest(
            "POST", "/invocations", MODEL_SECONDS, MOST_BYTES, invocation.headers, invocation.body
        )
        with measured(endpoint, invocation.target_variant or live.variants[0].name) as metrics:
            with explained(group, caller), metrics.model():
                served_by, reply = endpoint.send(request, invocation.target_variant, invocation.container)
            metrics.variant, metrics.status = served_by, reply.status
            if reply.is_cut:
                raise ModelError(group, caller, reply.status, None, reply.source)
            check(group, caller, reply, reply.body)
        if live.capture is not None:
            exchange = Exchange(request, reply, invocation.inference_id)
            endpoint.capture.take(live.capture, served_by, endpoint.ports_of_role().objects, exchange)
        return Prediction(served_by, reply)

    def _stream(self, caller: Caller, name: str, invocation: Invocation) -> tuple[str, StreamedReply]:
        """Send a request whose answer is streamed; it begins with its first piece."""
        endpoint, live = self._find_synchronous(caller, name, invocation)
        group = log_group(endpoint.identity.arn)
        request = HttpRequest(
            "POST", "/invocations", STREAM_SECONDS, MOST_BYTES, invocation.headers, invocation.body
        )
        with measured(endpoint, invocation.target_variant or live.variants[0].name) as metrics:
            with explained(group, caller), metrics.model():  # to its first piece
                served_by, reply = endpoint.stream(request, invocation.target_variant, invocation.container)
                metrics.variant = served_by
                first = next(reply.pieces, b"")
                if not 200 <= reply.status < 300:
                    check(group, caller, reply, _beginning(first, reply.pieces))
            metrics.status = reply.status
        return served_by, replace(reply, pieces=itertools.chain([first] if first else [], reply.pieces))

    def _begin(self, caller: Caller, name: str, request: Mapping[str, object]) -> dict[str, object]:
        """Put a request into the queue of an asynchronous endpoint."""
        invocation, given = read_invocation(request), Request(request)
        try:
            validate(SERVICE, "InvokeEndpointAsync", {**request, "Body": invocation.body or None})
        except ServiceError as error:
            raise _invalid(error.message) from error
        endpoint, live = self._find_live(caller, name)
        if live.asynchronous is None:
            raise _other_type(caller, name)
        location = given.optional_text("InputLocation")
        if (location is None) is not bool(invocation.body):
            raise _invalid("Specify either InputLocation or Body, and not both.")
        extension, file_name = given.optional_text("S3OutputPathExtension"), given.optional_text("Filename")
        output, failure = place(live.asynchronous, extension, file_name)
        received, waits = endpoint.now(), given.optional_number("RequestTTLSeconds") or _ASYNC_TTL
        waiting = AsyncRequest(
            inference_id=invocation.inference_id or str(uuid.uuid4()),
            source=invocation.body if location is None else _read_location(location),
            headers=invocation.headers,
            received=received,
            until=received + timedelta(seconds=waits),
            seconds=given.optional_number("InvocationTimeoutSeconds") or _ASYNC_SECONDS,
            output=output,
            failure=failure,
        )
        self._queue(endpoint).add(waiting)
        answer: dict[str, object] = {"InferenceId": waiting.inference_id, "OutputLocation": str(output)}
        return answer if failure is None else {**answer, "FailureLocation": str(failure)}

    def _queue(self, endpoint: Endpoint) -> AsyncQueue:
        with self._lock:
            if (queue := self._queues.get(endpoint)) is None:
                queue = self._queues[endpoint] = AsyncQueue(endpoint, self._workers)
            return queue

    def waiting(self) -> Waiting:
        """Give the asynchronous requests without a result."""
        with self._lock:
            queues = list(self._queues.items())
        return [
            (endpoint.identity.caller, endpoint.identity.name, request)
            for endpoint, queue in queues
            for request in queue.requests()
        ]

    def resume(self, waiting: Waiting) -> None:
        """Serve again the requests that an earlier run of the local cloud has not answered."""
        for caller, name, request in waiting:
            if (endpoint := self._find(caller, name)) is not None:
                self._queue(endpoint).add(request)

    def _find_synchronous(self, caller: Caller, name: str, invocation: Invocation) -> tuple[Endpoint, Fleet]:
        endpoint, live = self._find_live(caller, name)
        if live.asynchronous is not None:
            raise _other_type(caller, name)
        endpoint, live = self._serving(caller, endpoint, live, invocation.component)
        variant = invocation.target_variant
        if variant is not None and all(item.name != variant for item in live.variants):
            raise _invalid(f"Variant {variant} not found for Endpoint {name} of account {caller.account_id}.")
        for item in live.variants:
            if variant in {None, item.name}:
                _check_target(item.container, name, invocation.container)
        return endpoint, live

    def _serving(
        self, caller: Caller, endpoint: Endpoint, live: Fleet, component: str | None
    ) -> tuple[Endpoint, Fleet]:
        """Give what serves a request to an endpoint: itself, or one of its inference components."""
        if not live.has_components:
            if component is not None:
                raise _invalid(_NO_COMPONENTS)
            return endpoint, live
        if component is None:
            raise _invalid(_NEEDS_COMPONENT)
        name = endpoint.identity.name
        served = self._find_component(caller, name, component)
        if served is None:
            raise _invalid(
                f"Inference Component {component} not found for Endpoint {name} of account "
                f"{caller.account_id}."
            )
        copies = served.state.live
        if copies is None or not copies.instances:
            raise _invalid(_NO_CAPACITY)
        return served, copies

    def _find_live(self, caller: Caller, name: str) -> tuple[Endpoint, Fleet]:
        endpoint = self._find(caller, name)
        live = endpoint.state.live if endpoint else None
        if endpoint is None or live is None:
            raise _invalid(f"Endpoint {name} of account {caller.account_id} not found.")
        return endpoint, live

    def close(self) -> None:
        """Begin no further asynchronous request; the servers belong to SageMaker."""
        self._workers.close(_PATIENCE)


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
    named = (request.get(name) for name in _NAMES)
    return Invocation(body, headers, *(None if value is None else str(value) for value in named))


def _check_target(model: ModelContainer, name: str, target: str | None) -> None:
    """Refuse a container that cannot be asked, or none where one must be named.

    The cases are those of the developer guide, "Invoke a multi-container endpoint with direct invocation";
    AWS's words are not known.
    """
    if target is None:
        if model.is_direct:
            raise _invalid(f"Endpoint {name} is invoked directly: TargetContainerHostname must be given.")
    elif not model.is_direct:
        raise _invalid(f"Endpoint {name} is not invoked directly and takes no TargetContainerHostname.")
    elif all(item.name != target for item in model.all):
        raise _invalid(f"Endpoint {name} has no container with the host name {target}.")


def _beginning(first: bytes, pieces: Iterator[bytes]) -> bytes:
    """Give as much of an error's text as is told, and end the request."""
    text = first
    while len(text) < 4 * MOST_QUOTED and (piece := next(pieces, b"")):  # a character has up to 4 bytes
        text += piece
    if isinstance(pieces, Generator):
        pieces.close()  # or else its server would count the request as one that it still serves
    return text


def _answer(body: object, variant: str, headers: Mapping[str, str]) -> dict[str, object]:
    answer: dict[str, object] = {
        "Body": body,
        "ContentType": headers.get("content-type"),
        "InvokedProductionVariant": variant,
        "CustomAttributes": headers.get("x-amzn-sagemaker-custom-attributes"),
    }
    return {key: value for key, value in answer.items() if value is not None}


def _parts(pieces: Iterator[bytes]) -> Iterator[dict[str, dict[str, object]]]:
    """Give the events of a stream: the parts of an answer, and ModelStreamError where it breaks off."""
    try:
        for piece in pieces:
            yield {"PayloadPart": {"Bytes": piece}}
    except SlowError as error:
        yield {"ModelStreamError": {"Message": str(error), "ErrorCode": "ModelInvocationTimeExceeded"}}
    except UnreachableError as error:
        yield {"ModelStreamError": {"Message": str(error), "ErrorCode": "StreamBroken"}}


def _other_type(caller: Caller, name: str) -> ServiceError:
    """Say that an endpoint is, or is not, an asynchronous one."""
    return _invalid(f"Endpoint {name} of account {caller.account_id} does not support this inference type.")


def _read_location(uri: str) -> S3Uri:
    try:
        return S3Uri.parse(uri)
    except ValueError as error:  # the model's pattern takes every https address
        raise _invalid(f"InputLocation: {error}") from error


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
