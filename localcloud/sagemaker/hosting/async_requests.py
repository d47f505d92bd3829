"""Requests of asynchronous endpoints: from S3 to the model, and its answer to S3 and to an SNS topic.

Sources: developer guide, "Asynchronous inference"; messages as public repositories have recorded them (2023
to 2025). How long a failed request is tried again is not documented: here as long as no server is in service.
"""

import base64
import json
import logging
import tempfile
import threading
import time
import uuid
from collections import deque
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from localcloud.containers.http import Reply, Request, SlowError, UnreachableError
from localcloud.errors import ServiceError
from localcloud.ports import Ports
from localcloud.sagemaker.hosting.endpoint import Endpoint, UnavailableError
from localcloud.sagemaker.hosting.features import AsyncInference
from localcloud.sagemaker.wire.s3_uri import S3Uri
from localcloud.sagemaker.workers import Workers

LOG = logging.getLogger(__name__)

MOST_BYTES = 1024**3
"""The longest input and answer (developer guide, "Asynchronous inference": 1 GB)."""

_AT_ONCE = 4  # invocations of an instance, where the configuration leaves that to SageMaker
_MOST_IN_MESSAGE = 128 * 1024  # bytes of an answer (service model, IncludeInferenceResponseIn)
_PAUSE = 0.2  # seconds until a server is looked for again
_SEE_LOGS = "See the SageMaker Endpoint logs in your account for more information."
_SEE_S3 = "Check S3 path location(if configured) or Cloudwatch for additional details."


@dataclass(frozen=True, slots=True)
class AsyncRequest:
    """A request that waits. `source`: its body, or where that lies in S3; `until`: when it expires."""

    inference_id: str
    source: S3Uri | bytes
    headers: Mapping[str, str]
    received: datetime
    until: datetime
    seconds: float
    output: S3Uri
    failure: S3Uri | None


class _FailedError(Exception):
    """The request has failed; `answer` is what the model said, if it said anything."""

    def __init__(self, reason: str, answer: Reply | None = None) -> None:
        super().__init__(reason)
        self.answer = answer


class AsyncQueue:
    """The requests of one endpoint, in their order; `workers` are shared by all endpoints."""

    def __init__(self, endpoint: Endpoint, workers: Workers) -> None:
        self._endpoint = endpoint
        self._workers = workers
        self._lock = threading.Lock()  # guards what follows
        self._waiting: deque[AsyncRequest] = deque()
        self._served: list[AsyncRequest] = []
        self._running = 0

    def requests(self) -> list[AsyncRequest]:
        """Give the requests without a result: those that are served, then those that wait."""
        with self._lock:
            return [*self._served, *self._waiting]

    def add(self, request: AsyncRequest) -> None:
        """Let a request wait for its turn."""
        live = self._endpoint.state.live
        settings = live.asynchronous if live else None
        at_once = (settings.at_once if settings else None) or _AT_ONCE
        with self._lock:
            self._waiting.append(request)
            if self._running >= at_once * max(1, len(live.instances) if live else 0):
                return
            self._running += 1
        self._workers.submit(self._drain)

    def _drain(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._running -= 1
                    return
                request = self._waiting.popleft()
                self._served.append(request)
            try:
                self._serve(request)
            except Exception:  # one request must not keep those behind it waiting
                LOG.exception("The asynchronous request %s met an internal error", request.inference_id)
            finally:
                with self._lock:
                    self._served.remove(request)

    def _serve(self, request: AsyncRequest) -> None:
        live = self._endpoint.state.live
        settings = live.asynchronous if live else None
        if settings is None:
            LOG.warning(
                "%s is lost: its endpoint is deleted or not asynchronous any more", request.inference_id
            )
            return
        ports = self._endpoint.ports_of_role()
        try:
            reply = self._ask(request, ports)
            _upload(ports, request.output, reply.body, settings)
        except _FailedError as error:
            said = error.answer.body if error.answer else str(error).encode()
            if request.failure is not None:
                try:
                    _upload(ports, request.failure, said, settings)
                except _FailedError as lost:
                    LOG.warning("%s", lost)
            self._notify(ports, settings, request, str(error), error.answer)
        else:
            self._notify(ports, settings, request, None, reply)

    def _ask(self, request: AsyncRequest, ports: Ports) -> Reply:
        body = _body(request.source, ports)
        while self._endpoint.now() < request.until:
            asked = Request("POST", "/invocations", request.seconds, MOST_BYTES, request.headers, body)
            try:
                _, reply = self._endpoint.send(asked)
            except UnavailableError as error:
                if self._endpoint.state.live is None:
                    raise _FailedError("ClientError: The endpoint has been deleted.") from error
                time.sleep(_PAUSE)
                continue
            except SlowError as error:
                raise _FailedError(f"ClientError: The invocation timed out. {_SEE_LOGS}") from error
            except UnreachableError as error:
                reason = f"ClientError: Received server error (0) from model. {_SEE_LOGS}"
                raise _FailedError(reason) from error
            if not 200 <= reply.status < 300:
                kind = "client" if 400 <= reply.status < 500 else "server"
                raise _FailedError(
                    f"ClientError: Received {kind} error ({reply.status}) from model. {_SEE_LOGS}", reply
                )
            return reply
        raise _FailedError("ClientError: The request has expired: RequestTTLSeconds are over.")

    def _notify(
        self,
        ports: Ports,
        settings: AsyncInference,
        request: AsyncRequest,
        reason: str | None,
        reply: Reply | None,
    ) -> None:
        topic = settings.success_topic if reason is None else settings.error_topic
        if not topic:
            return
        kind = "SUCCESS_NOTIFICATION_TOPIC" if reason is None else "ERROR_NOTIFICATION_TOPIC"
        message = message_of(request, self._endpoint, reason, reply)
        if kind in settings.included:
            message["responseBody"] = _body_in_message(reply)
        try:
            ports.topics.publish(topic, json.dumps(message))
        except ServiceError:
            LOG.warning("The result of %s is not published", request.inference_id, exc_info=True)


def message_of(
    request: AsyncRequest, endpoint: Endpoint, reason: str | None, reply: Reply | None
) -> dict[str, object]:
    """Give the message that tells of a result, in AWS's form. `reason`: why it has failed."""
    asked = {
        "accept": request.headers.get("Accept"),
        "contentType": request.headers.get("Content-Type"),
        "endpointName": endpoint.identity.name,
        "inputLocation": str(request.source) if isinstance(request.source, S3Uri) else None,
    }
    told: dict[str, object] = {}
    if reason is not None:
        told["failureReason"] = reason
    told["requestParameters"] = {name: value for name, value in asked.items() if value is not None}
    if reason is None and reply is not None:
        content_type = reply.headers.get("content-type")
        of_answer = {"contentType": content_type} if content_type else {}
        told["responseParameters"] = {**of_answer, "outputLocation": str(request.output)}
    return {
        "awsRegion": endpoint.identity.caller.region,
        "eventTime": _stamp(endpoint.now()),
        "receivedTime": _stamp(request.received),
        "invocationStatus": "Completed" if reason is None else "Failed",
        **told,
        "inferenceId": request.inference_id,
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }


def place(settings: AsyncInference, extension: str | None, name: str | None) -> tuple[S3Uri, S3Uri | None]:
    """Give where an answer goes and where a failure goes; names are made unless given."""
    made = str(uuid.uuid4())
    output = settings.output.below(extension.strip("/")) if extension else settings.output
    failure = None if settings.failures is None else settings.failures.below(f"{made}-error.out")
    return output.below(name or f"{made}.out"), failure


def _body(source: S3Uri | bytes, ports: Ports) -> bytes:
    if isinstance(source, bytes):
        return source
    try:
        with closing(ports.objects.open(source.bucket, source.key)) as opened:
            body = opened.read(MOST_BYTES + 1)
    except ServiceError as error:
        reason = f"ClientError: Unable to download {source} ({error.code}: {error.message})"
        raise _FailedError(reason) from error
    if len(body) > MOST_BYTES:
        raise _FailedError(f"ClientError: {source} is larger than 1 GB.")
    return body


def _upload(ports: Ports, target: S3Uri, body: bytes, settings: AsyncInference) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "answer")
        file.write_bytes(body)
        try:
            ports.objects.upload(target.bucket, target.key, file, settings.kms_key_id)
        except ServiceError as error:
            reason = f"ClientError: Unable to write {target} ({error.code}: {error.message})"
            raise _FailedError(reason) from error


def _body_in_message(reply: Reply | None) -> dict[str, object]:
    told: dict[str, object] = {"message": _SEE_S3, "encoding": "BASE64"}
    if reply is not None and len(reply.body) <= _MOST_IN_MESSAGE:
        told = {"content": base64.b64encode(reply.body).decode(), **told}
    return told


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
