"""HTTP to the server in a container, over connections that urllib3 keeps.

urllib3 looks at a connection before it uses it again, and replaces one that the server has closed meanwhile,
as servers do with idle connections. Where the server closes it in the very moment between that look and our
request, the request is sent again. A connection that ends later has ended with its server, and with our
request: that is not sent again.
"""

import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from urllib3 import HTTPConnectionPool, Timeout
from urllib3 import exceptions as urllib3_errors
from urllib3.connection import HTTPConnection
from urllib3.response import BaseHTTPResponse, HTTPResponse
from urllib3.util import SKIP_HEADER

_PIECE = 1 << 16
_MOMENT = 0.05  # seconds within which a connection may end that had been idle
_MOST_KEPT = 64  # idle connections; a server seldom serves as many requests at once on this machine

Dial = Callable[[float], socket.socket]
"""Connects to a server within so many seconds; see `localcloud.containers.container.Container.connect`."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered; `is_cut` where there was more of a body than wanted.

    Header names are in lower case. `source`: which container answered.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool = False
    source: str = "primary"


@dataclass(frozen=True, slots=True)
class Request:
    """What a server is asked: `timeout` seconds for the whole of it, `most` bytes of an answer's body."""

    method: str
    path: str
    timeout: float
    most: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


class NoReplyError(Exception):
    """A server gave no answer. `source`: which container it is of."""

    source = "primary"


class UnreachableError(NoReplyError):
    """The server broke off before it had answered, or answered something else than HTTP."""


class RefusedError(UnreachableError):
    """Nobody listens: the request has reached no server."""


class SlowError(NoReplyError):
    """The server did not answer in time."""


@dataclass(frozen=True, slots=True)
class StreamedReply:
    """An answer whose body comes piece by piece; the pieces raise as `Connections.send` does."""

    status: int
    headers: Mapping[str, str]
    pieces: Iterator[bytes]
    source: str = "primary"


class Connections:
    """Connections to one server; safe to use from any thread. `dial` connects to it."""

    def __init__(self, dial: Dial) -> None:
        self._pool = _Pool("localhost", maxsize=_MOST_KEPT, dial=dial)

    def send(self, request: Request) -> Reply:
        """Send a request and read the answer.

        Raises `UnreachableError` if there is no answer, or not one of HTTP; `RefusedError` where nobody
        listens. Raises `SlowError` if the time is over.
        """
        response, deadline = self._response(request)
        try:
            with _explained():
                content, is_cut = _read(response, deadline, request.most)
        finally:
            response.close()  # unless the answer's end has given the connection back
        return Reply(response.status, _named(response), content, is_cut)

    def stream(self, request: Request) -> StreamedReply:
        """Send a request and read the head of the answer; raises as `send` does."""
        response, deadline = self._response(request)

        def pieces() -> Iterator[bytes]:
            try:
                with _explained():
                    yield from _pieces(response, deadline)
            finally:
                response.close()

        return StreamedReply(response.status, _named(response), pieces())

    def _response(self, request: Request) -> tuple[BaseHTTPResponse, float]:
        """Send a request; give the answer, whose body is still to come, and its deadline."""
        began = time.monotonic()
        deadline, was_sent = began + request.timeout, False
        while True:
            try:
                with _explained():
                    return self._exchange(request, deadline), deadline
            except _EndedError as error:
                was_sent = True
                if not error.was_kept or time.monotonic() - began > _MOMENT:
                    raise UnreachableError("The server broke off before it had answered.") from error
            except (urllib3_errors.NewConnectionError, urllib3_errors.ClosedPoolError) as error:
                if was_sent:  # It may have reached the server after all, and ended it.
                    raise UnreachableError("The server broke off before it had answered.") from error
                raise RefusedError("Nobody listens.") from error

    def close(self) -> None:
        """Close idle connections now and those in use after their answer; later requests are refused."""
        self._pool.close()

    def _exchange(self, request: Request, deadline: float) -> BaseHTTPResponse:
        return self._pool.urlopen(
            request.method,
            request.path,
            request.body,
            {"User-Agent": SKIP_HEADER, **request.headers},
            retries=False,
            redirect=False,
            timeout=Timeout(total=_left(deadline)),
            preload_content=False,
        )


@contextmanager
def _explained() -> Iterator[None]:
    """Say what went wrong, but for what `Connections` tries again."""
    try:
        yield
    except (_EndedError, urllib3_errors.NewConnectionError, urllib3_errors.ClosedPoolError):
        raise
    except (TimeoutError, urllib3_errors.TimeoutError) as error:
        raise SlowError("The server did not answer in time.") from error
    except (OSError, urllib3_errors.HTTPError) as error:
        reason = str(error) or type(error).__name__
        raise UnreachableError(f"The server broke off its answer: {reason}") from error


class _EndedError(urllib3_errors.ProtocolError):
    """A connection has ended before an answer began; `was_kept` where an earlier request had used it."""

    def __init__(self, *, was_kept: bool) -> None:
        super().__init__("The connection has ended.")
        self.was_kept = was_kept


class _Connection(HTTPConnection):
    """A connection to a server that is reached in its own way."""

    _has_answered = False

    def __init__(self, *arguments: Any, dial: Dial, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._dial = dial

    def connect(self) -> None:
        assert isinstance(self.timeout, float)
        try:
            self.sock = self._dial(self.timeout)
        except TimeoutError as error:
            raise urllib3_errors.ConnectTimeoutError(self, "The time is over.") from error
        except ConnectionError as error:
            raise urllib3_errors.NewConnectionError(self, "Nobody listens.") from error
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def request(self, *arguments: Any, **options: Any) -> None:
        if self.sock is not None:  # has the time-out of the request before
            self.sock.settimeout(self.timeout)
        super().request(*arguments, **options)

    def getresponse(self) -> HTTPResponse:  # type: ignore[override] # as urllib3 has it
        was_kept, self._has_answered = self._has_answered, True
        try:
            return super().getresponse()
        except ConnectionError as error:  # RemoteDisconnected is one, too
            raise _EndedError(was_kept=was_kept) from error

    def close(self) -> None:
        self._has_answered = False
        super().close()


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


def _read(response: BaseHTTPResponse, deadline: float, most: int) -> tuple[bytes, bool]:
    pieces, length = [], 0
    for piece in _pieces(response, deadline):
        pieces.append(piece)
        length += len(piece)
        if length > most:
            return b"".join(pieces)[:most], True
    return b"".join(pieces), False


def _named(response: BaseHTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def _pieces(response: BaseHTTPResponse, deadline: float) -> Iterator[bytes]:
    """Read a body as it comes, so that the deadline holds however slowly that is."""
    while piece := response.read1(_PIECE, decode_content=False):
        yield piece
        connection = response.connection  # None once the answer's end has given it back
        if isinstance(connection, _Connection) and connection.sock is not None:
            connection.sock.settimeout(_left(deadline))


def _left(deadline: float) -> float:
    """Give the seconds that are left; `TimeoutError` where there are none."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
