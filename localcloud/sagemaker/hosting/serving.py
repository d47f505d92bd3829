"""The containers of one instance: one, or several that answer one after the other or each by its name.

Sources: developer guide, "Inference pipelines" (the answer of a container is the next one's request) and
"Invoke a multi-container endpoint with direct invocation". What the caller accepts is the last container's
matter: those before it answer by their own default (amazon-sagemaker-examples, inference pipeline with
scikit-learn).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from localcloud.containers.container import Container
from localcloud.containers.http import (
    Connections,
    NoReplyError,
    RefusedError,
    Reply,
    Request,
    StreamedReply,
    UnreachableError,
)
from localcloud.sagemaker.hosting.health import ping
from localcloud.sagemaker.hosting.logs import LogStream


@dataclass(frozen=True, slots=True)
class Part:
    """A container that was started, by its name in the model."""

    name: str
    container: Container
    connections: Connections
    log: LogStream


@dataclass(frozen=True, slots=True)
class Serving:
    """The containers of an instance, in the order of the model; a target names the only one that is asked."""

    parts: tuple[Part, ...]

    def send(self, request: Request, target: str | None = None) -> Reply:
        """Send a request through the containers, or to one; the answer is of the one that it names.

        Errors as for `Connections.send`.
        """
        *before, last = self._asked(target)
        asked = _through(before, request)
        if isinstance(asked, Reply):
            return asked
        with _told_of(last, is_first=not before):
            return replace(last.connections.send(asked), source=last.name)

    def stream(self, request: Request, target: str | None = None) -> StreamedReply:
        """Send a request; the last container's answer comes as it is made."""
        *before, last = self._asked(target)
        asked = _through(before, request)
        if isinstance(asked, Reply):
            return StreamedReply(asked.status, asked.headers, iter([asked.body]), asked.source)
        with _told_of(last, is_first=not before):
            return replace(last.connections.stream(asked), source=last.name)

    def is_healthy(self, *, is_busy: bool = False) -> bool:
        """Tell whether all containers answer pings; a busy one is healthy as long as it works."""
        return all(ping(part.connections, part.container.usage if is_busy else None) for part in self.parts)

    def wait(self, timeout: float) -> int | None:
        """Wait so many seconds for the end of a container; give its exit code, None while all run."""
        first, *others = self.parts
        if (code := first.container.wait(timeout)) is not None:
            return code
        codes = (part.container.wait(0.0) for part in others)
        return next((code for code in codes if code is not None), None)

    def carry_logs(self, *, is_over: bool = False) -> None:
        """Write what the containers have printed."""
        for part in self.parts:
            part.log.carry(is_over=is_over)

    def kill(self) -> None:
        """End all at once."""
        self._all(lambda container: container.kill())

    def stop(self, grace: float) -> None:
        """Send SIGTERM to all, after so many seconds SIGKILL; returns when all have ended."""
        self._all(lambda container: container.terminate())
        self._all(lambda container: container.stop(grace))

    def close(self) -> None:
        """Close all connections."""
        for part in self.parts:
            part.connections.close()

    def _all(self, act: Callable[[Container], None]) -> None:
        for part in self.parts:
            act(part.container)

    def _asked(self, target: str | None) -> tuple[Part, ...]:
        return self.parts if target is None else tuple(part for part in self.parts if part.name == target)


def _through(parts: Sequence[Part], request: Request) -> Request | Reply:
    """Send a request through containers; give the next one's request, or the answer that ends the way."""
    for number, part in enumerate(parts):
        with _told_of(part, is_first=number == 0):
            reply = replace(part.connections.send(_without_accept(request)), source=part.name)
        if reply.is_cut or not 200 <= reply.status < 300:
            return reply
        request = _next(request, reply)
    return request


@contextmanager
def _told_of(part: Part, *, is_first: bool) -> Iterator[None]:
    """Say in an error which container gave no answer."""
    try:
        yield
    except NoReplyError as error:
        told = error
        if isinstance(error, RefusedError) and not is_first:  # Another server must not be asked, too.
            told = UnreachableError("The container has ended.")
        told.source = part.name
        raise told from error


def _without_accept(request: Request) -> Request:
    return replace(request, headers={key: value for key, value in request.headers.items() if key != "Accept"})


def _next(request: Request, reply: Reply) -> Request:
    """Make the next container's request of an answer."""
    kept = {key: value for key, value in request.headers.items() if key != "Content-Type"}
    if content_type := reply.headers.get("content-type"):
        kept["Content-Type"] = content_type
    return replace(request, headers=kept, body=reply.body)
