"""The way out of a network of its own: from its loopback interface to the local cloud, to others by proxy.

The relay stays in the network of this machine, and accepts at listeners that were opened in the network of
the container. Nothing leads back in: nobody outside can reach what listens there. The proxy speaks HTTP/1.1
(RFC 9110, 7.7 and 9.3.6): CONNECT, which HTTPS goes through, and requests with an absolute URI.
"""

import contextlib
import socket
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

from localcloud.containers.supervisor.specification import Network

_PIECE = 1 << 16
_LONGEST_HEAD = 1 << 16
_SECONDS_TO_CONNECT = 60.0
_OUR_HEADERS = frozenset({b"connection", b"proxy-connection", b"proxy-authorization", b"keep-alive"})


class _NoRequestError(Exception):
    """The bytes are no request that a proxy can forward."""


def run(network: Network, from_supervisor: socket.socket) -> None:
    """Relay until the supervisor ends."""
    _, descriptors, _, _ = socket.recv_fds(from_supervisor, 1, 2)
    listeners = [socket.socket(fileno=descriptor) for descriptor in descriptors]
    ways: list[Callable[[socket.socket], None]] = [_serve_as_proxy]
    if network.cloud is not None:
        cloud = network.cloud
        ways.append(lambda client: _join(client, _connect(*cloud)))
    for listener, way in zip(listeners, ways, strict=False):  # None came where there is no namespace.
        threading.Thread(target=_accept, args=(listener, way), daemon=True).start()
    from_supervisor.recv(1)


def _accept(listener: socket.socket, way: Callable[[socket.socket], None]) -> None:
    while True:
        client, _ = listener.accept()
        threading.Thread(target=_serve, args=(client, way), daemon=True).start()


def _serve(client: socket.socket, way: Callable[[socket.socket], None]) -> None:
    with client, contextlib.suppress(OSError):  # One of the two has gone: so does the other.
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        way(client)


def _connect(host: str, port: int) -> socket.socket:
    server = socket.create_connection((host, port), _SECONDS_TO_CONNECT)
    server.settimeout(None)
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return server


def _join(client: socket.socket, server: socket.socket) -> None:
    """Copy bytes in both directions until both sides have ended."""
    with server:
        back = threading.Thread(target=_carry, args=(server, client), daemon=True)
        back.start()
        _carry(client, server)
        back.join()


def _carry(source: socket.socket, target: socket.socket) -> None:
    try:
        while piece := source.recv(_PIECE):
            target.sendall(piece)
    except OSError:
        with contextlib.suppress(OSError):
            source.shutdown(socket.SHUT_RD)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _serve_as_proxy(client: socket.socket) -> None:
    try:
        head, rest = _read_head(client)
        host, port, to_server = _destination(head)
    except _NoRequestError as error:
        client.sendall(_answer("400 Bad Request", str(error)))
        return
    try:
        server = _connect(host, port)
    except OSError as error:
        reason = f"{host}:{port} cannot be reached: {error.strerror or error}."
        client.sendall(_answer("502 Bad Gateway", reason))
        return
    if to_server:
        server.sendall(to_server + rest)
    else:
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        server.sendall(rest)
    _join(client, server)


def _read_head(client: socket.socket) -> tuple[bytes, bytes]:
    """Read up to the empty line; give what comes before it and after it."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = client.recv(_PIECE)
        if not piece or len(received) > _LONGEST_HEAD:
            raise _NoRequestError("The head of the request is cut off or too long.")
        received += piece
    head, _, rest = received.partition(b"\r\n\r\n")
    return head, rest


def _destination(head: bytes) -> tuple[str, int, bytes]:
    """Give host, port, and the head that the server gets: none of a tunnel."""
    line, *headers = head.split(b"\r\n")
    try:
        method, target, version = line.decode("latin-1").split(" ")
        parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise _NoRequestError("The first line is none of an HTTP request.") from error
    if host is None or (method == "CONNECT" and port is None):
        raise _NoRequestError(f"'{target}' names no host.")
    if method == "CONNECT":
        assert port is not None
        return host, port, b""
    if parts.scheme != "http":
        raise _NoRequestError(f"'{target}' is no http URI.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    kept = [item for item in headers if item.partition(b":")[0].strip().lower() not in _OUR_HEADERS]
    first = f"{method} {path} {version}".encode("latin-1")
    return host, port or 80, b"\r\n".join([first, *kept, b"Connection: close", b"", b""])


def _answer(status: str, reason: str) -> bytes:
    body = f"sagestep local cloud: {reason}\n".encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body
