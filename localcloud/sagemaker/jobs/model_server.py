"""A model's container, asked over HTTP: /ping, /execution-parameters, /invocations.

The contract is the one of the developer guide, "Use Your Own Inference Code with Batch Transform".
"""

import json
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus

from localcloud.containers.http import Connections, Dial, Request, SlowError, UnreachableError

_SECONDS_TO_ANSWER_A_PING = 2.0  # as endpoints have it


class NoAnswerError(Exception):
    """The server did not answer."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answered."""

    status: int
    body: bytes
    content_type: str | None = None

    @property
    def is_good(self) -> bool:
        """Whether it did what it was asked."""
        return self.status == HTTPStatus.OK


@dataclass(frozen=True, slots=True)
class ModelServer:
    """A server."""

    dial: Dial

    def is_ready(self) -> bool:
        """Tell whether /ping answers 200."""
        try:
            return self._ask("GET", "/ping", b"", {}, _SECONDS_TO_ANSWER_A_PING).is_good
        except NoAnswerError:
            return False

    def execution_parameters(self) -> Mapping[str, object]:
        """Give what the server wants for itself; nothing where it does not say."""
        try:
            reply = self._ask("GET", "/execution-parameters", b"", {}, _SECONDS_TO_ANSWER_A_PING)
            wanted = json.loads(reply.body) if reply.is_good else {}
        except (NoAnswerError, ValueError, RecursionError):
            return {}
        return wanted if isinstance(wanted, dict) else {}

    def invoke(self, payload: bytes, headers: Mapping[str, str], seconds: float) -> Reply:
        """Ask for inferences; `NoAnswerError` where none comes within so many seconds."""
        return self._ask("POST", "/invocations", payload, headers, seconds)

    def _ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str], seconds: float) -> Reply:
        request = Request(method, path, seconds, sys.maxsize, headers, body or None)
        try:
            with closing(Connections(self.dial)) as connections:
                reply = connections.send(request)
        except (SlowError, UnreachableError) as error:
            raise NoAnswerError(str(error)) from error
        return Reply(reply.status, reply.body, reply.headers.get("content-type"))


@dataclass(frozen=True, slots=True)
class SerialServers:
    """The servers of a model's containers, each of which takes the answer of the one before it."""

    servers: tuple[ModelServer, ...]

    def is_ready(self) -> bool:
        """Tell whether all answer /ping with 200."""
        return all(server.is_ready() for server in self.servers)

    def execution_parameters(self) -> Mapping[str, object]:
        """Give what the first server wants for the model."""
        return self.servers[0].execution_parameters()

    def invoke(self, payload: bytes, headers: Mapping[str, str], seconds: float) -> Reply:
        """Ask one after the other; what the caller accepts is the last one's matter.

        Raises `NoAnswerError` where no answer of a server comes within so many seconds.
        """
        *before, last = self.servers
        asked = {name: value for name, value in headers.items() if name != "Accept"}
        for server in before:
            reply = server.invoke(payload, asked, seconds)
            if not reply.is_good:
                return reply
            payload = reply.body
            if reply.content_type is not None:
                asked["Content-Type"] = reply.content_type
        accepted = {"Accept": headers["Accept"]} if "Accept" in headers else {}
        return last.invoke(payload, {**asked, **accepted}, seconds)
