"""HTTP to one server, over connections that are kept.

A connection is looked at before it is used again: one that the server has closed meanwhile, as servers do
with idle connections, is thrown away. Where the server closes it in the very moment between that look and our
request, the request is sent once more over a new connection. A connection that ends later has ended with its
server, and with our request: that is not sent again.
"""

import select
import socket
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse, IncompleteRead

from localcloud.containers.http import Dial, ServerConnection

_PIECE = 1 << 16
_MOMENT = 0.05  # seconds within which a connection may end that had been idle
_MOST_KEPT = 64  # idle connections; a server seldom serves as many requests at once on this machine


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered; `is_cut` where there was more of a body than wanted.

    Header names are in lower case.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """What a server is asked: `timeout` seconds for the whole of it, `most` bytes of an answer's body."""

    method: str
    path: str
    timeout: float
    most: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


class UnreachableError(Exception):
    """The server broke off before it had answered, or answered something else than HTTP."""


class RefusedError(UnreachableError):
    """Nobody listens: the request has reached no server."""


class SlowError(Exception):
    """The server did not answer in time."""


class Connections:
    """Connections to one server; safe to use from any thread.

    Parameters
    ----------
    dial
        Connects to it.
    """

    def __init__(self, dial: Dial) -> None:
        self._dial = dial
        self._lock = threading.Lock()  # guards everything below
        self._idle: deque[HTTPConnection] = deque()
        self._closed = False

    def send(self, request: Request) -> Reply:
        """Send a request and read the answer.

        Raises
        ------
        UnreachableError
            There is no answer, or not one of HTTP; `RefusedError` where nobody listens.
        SlowError
            The time is over.
        """
        began = time.monotonic()
        deadline = began + request.timeout
        was_sent = False
        try:
            if (kept := self._take()) is not None:
                try:
                    return self._exchange(kept, request, deadline)
                except _StaleError:
                    was_sent = True
                    if time.monotonic() - began > _MOMENT:
                        raise
            return self._exchange(self._connect(deadline), request, deadline)
        except RefusedError as error:
            if was_sent:  # It may have reached the server after all, and ended it.
                raise UnreachableError("The server broke off before it had answered.") from error
            raise
        except TimeoutError as error:
            raise SlowError("The server did not answer in time.") from error
        except _StaleError as error:
            raise UnreachableError("The server broke off before it had answered.") from error
        except (OSError, HTTPException) as error:
            reason = str(error) or type(error).__name__
            raise UnreachableError(f"The server broke off its answer: {reason}") from error

    def close(self) -> None:
        """Close the idle connections, and those in use once they are no longer used."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, deque()
        for connection in idle:
            connection.close()

    def _connect(self, deadline: float) -> HTTPConnection:
        connection = ServerConnection(self._dial, _left(deadline))
        try:
            connection.connect()
        except ConnectionError as error:
            raise RefusedError("Nobody listens.") from error
        return connection

    def _exchange(self, connection: HTTPConnection, request: Request, deadline: float) -> Reply:
        """Send a request over a connection; `_StaleError` where that ends before an answer begins."""
        reusable = False
        try:
            try:
                _limit(connection, deadline)
                connection.request(request.method, request.path, request.body, dict(request.headers))
                _limit(connection, deadline)
                response = connection.getresponse()
            except ConnectionError as error:  # RemoteDisconnected is one, too
                raise _StaleError from error
            content, is_cut = _read(connection, response, deadline, request.most)
            reusable = not response.will_close and not is_cut
            named = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, named, content, is_cut)
        finally:
            if reusable:
                self._give_back(connection)
            else:
                connection.close()

    def _take(self) -> HTTPConnection | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection = self._idle.pop()
            if _is_quiet(connection.sock):
                return connection
            connection.close()

    def _give_back(self, connection: HTTPConnection) -> None:
        with self._lock:
            if not self._closed and len(self._idle) < _MOST_KEPT:
                self._idle.append(connection)
                return
        connection.close()


class _StaleError(Exception):
    """A connection has ended before an answer began."""


def _read(
    connection: HTTPConnection, response: HTTPResponse, deadline: float, most: int
) -> tuple[bytes, bool]:
    """Read a body as it comes, so that the deadline holds however slowly that is."""
    pieces, length, announced = [], 0, response.length
    while piece := response.read1(_PIECE):
        pieces.append(piece)
        length += len(piece)
        if length > most:
            return b"".join(pieces)[:most], True
        _limit(connection, deadline)
    # http.client looks at the end of a body in `read`, but not in `read1`.
    response.close()
    content = b"".join(pieces)
    if announced is not None and length < announced:
        raise IncompleteRead(content, announced - length)
    return content, False


def _limit(connection: HTTPConnection, deadline: float) -> None:
    """Let the next operation of a connection take as long as is left."""
    left = _left(deadline)
    if connection.sock is not None:
        connection.sock.settimeout(left)


def _left(deadline: float) -> float:
    """Give the seconds that are left; `TimeoutError` where there are none."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _is_quiet(sock: socket.socket | None) -> bool:
    """Tell whether nothing has come on an idle connection; what comes there is its end."""
    if sock is None:
        return False
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return not poll.poll(0)
