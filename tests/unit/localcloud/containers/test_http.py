import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from localcloud.containers.http import (
    Connections,
    RefusedError,
    Request,
    SlowError,
    UnreachableError,
)

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/csv\r\n\r\nok"
Script = Callable[[socket.socket, int], None]


class Peer:
    """A server that does to each connection what a script says."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.accepted = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        self.finish = threading.Event()
        self.threads: list[threading.Thread] = [threading.Thread(target=self._accept)]
        self.threads[0].start()

    def _accept(self) -> None:
        while True:
            connection, _ = self.listener.accept()
            if self.finish.is_set():
                connection.close()
                return
            self.accepted += 1
            thread = threading.Thread(target=self._serve, args=(connection, self.accepted))
            self.threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection:
            self.script(connection, number)

    def dial(self, timeout: float) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def leave(self) -> None:
        """Listen no more."""
        if not self.finish.is_set():
            self.finish.set()
            socket.create_connection(("127.0.0.1", self.port)).close()
            self.threads[0].join(10)
            self.listener.close()

    def close(self) -> None:
        self.leave()
        for thread in self.threads:
            thread.join(10)


@contextmanager
def connected(script: Script) -> Iterator[tuple[Connections, Peer]]:
    peer = Peer(script)
    connections = Connections(peer.dial)
    try:
        yield connections, peer
    finally:
        connections.close()
        peer.close()


def read_request(connection: socket.socket) -> bytes:
    """Read one request without a body, or what there is before the end."""
    received = b""
    while not received.endswith(b"\r\n\r\n") and (piece := connection.recv(1 << 16)):
        received += piece
    return received


def answer_all(connection: socket.socket, _number: int) -> None:
    while read_request(connection):
        connection.sendall(OK)


def ask(timeout: float = 10.0, most: int = 100) -> Request:
    return Request("GET", "/", timeout, most)


def test_an_answer_has_status_headers_in_lower_case_and_body() -> None:
    with connected(answer_all) as (connections, _):
        reply = connections.send(ask())
    assert (reply.status, reply.body, reply.is_cut) == (200, b"ok", False)
    assert reply.headers["content-type"] == "text/csv"


def test_a_connection_is_used_again() -> None:
    with connected(answer_all) as (connections, peer):
        for _ in range(3):
            connections.send(ask())
        assert peer.accepted == 1


def test_a_connection_that_the_server_closed_meanwhile_is_not_used_again() -> None:
    closed = threading.Event()

    def answer_once(connection: socket.socket, _number: int) -> None:
        read_request(connection)
        connection.sendall(OK)
        connection.shutdown(socket.SHUT_RDWR)
        closed.set()

    with connected(answer_once) as (connections, peer):
        connections.send(ask())
        closed.wait(10)
        assert connections.send(ask()).status == 200
        assert peer.accepted == 2


def test_a_request_is_sent_again_where_the_connection_ended_just_as_it_came() -> None:
    def leave_at_the_second_request(connection: socket.socket, number: int) -> None:
        read_request(connection)
        connection.sendall(OK)
        if number > 1:
            answer_all(connection, number)
        connection.recv(1)  # The second request has come, and gets no answer.

    with connected(leave_at_the_second_request) as (connections, peer):
        connections.send(ask())
        assert connections.send(ask()).status == 200
        assert peer.accepted == 2


def test_a_request_that_may_have_ended_its_server_is_not_one_that_nobody_got() -> None:
    peers: list[Peer] = []

    def end_at_the_second_request(connection: socket.socket, _number: int) -> None:
        read_request(connection)
        connection.sendall(OK)
        connection.recv(1)
        peers[0].leave()

    with connected(end_at_the_second_request) as (connections, peer):
        peers.append(peer)
        connections.send(ask())
        with pytest.raises(UnreachableError) as caught:
            connections.send(ask())
    assert not isinstance(caught.value, RefusedError)


def test_chunked_bodies_are_read_and_their_connections_kept() -> None:
    def answer_in_chunks(connection: socket.socket, _number: int) -> None:
        while read_request(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")

    with connected(answer_in_chunks) as (connections, peer):
        assert [connections.send(ask()).body for _ in range(2)] == [b"ok", b"ok"]
        assert peer.accepted == 1


def test_a_body_is_cut_at_what_is_wanted() -> None:
    with connected(answer_all) as (connections, _):
        reply = connections.send(ask(most=1))
    assert (reply.body, reply.is_cut) == (b"o", True)


def test_a_server_that_breaks_off_is_unreachable() -> None:
    def break_off(connection: socket.socket, _number: int) -> None:
        read_request(connection)

    with connected(break_off) as (connections, _), pytest.raises(UnreachableError, match="broke off before"):
        connections.send(ask())


@pytest.mark.parametrize(
    "beginning",
    [b"Content-Length: 5\r\n\r\nok", b"Transfer-Encoding: chunked\r\n\r\n5\r\nok"],
)
def test_so_is_one_that_breaks_off_its_answer(beginning: bytes) -> None:
    def break_off(connection: socket.socket, _number: int) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + beginning)

    with connected(break_off) as (connections, _), pytest.raises(UnreachableError, match="its answer"):
        connections.send(ask())


def test_and_one_that_does_not_speak_http() -> None:
    def babble(connection: socket.socket, _number: int) -> None:
        read_request(connection)
        connection.sendall(b"hello\r\n\r\n")

    with connected(babble) as (connections, _), pytest.raises(UnreachableError):
        connections.send(ask())


def test_where_nobody_listens_the_request_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    with pytest.raises(RefusedError):
        Connections(lambda timeout: socket.create_connection(address, timeout)).send(ask())


@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok"])
def test_a_slow_answer_is_given_up(beginning: bytes) -> None:
    over = threading.Event()

    def dawdle(connection: socket.socket, _number: int) -> None:
        read_request(connection)
        connection.sendall(beginning)
        over.wait(10)

    with connected(dawdle) as (connections, _):
        try:
            with pytest.raises(SlowError):
                connections.send(ask(timeout=0.2))
        finally:
            over.set()


def test_a_slow_body_is_given_up_though_each_piece_comes_in_time() -> None:
    def drip(connection: socket.socket, _number: int) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        with contextlib.suppress(OSError):
            for _ in range(1000):
                connection.sendall(b"x")
                time.sleep(0.05)

    with connected(drip) as (connections, _):
        began = time.monotonic()
        with pytest.raises(SlowError):
            connections.send(ask(timeout=0.5))
        assert time.monotonic() - began < 5


def test_a_kept_connection_has_the_time_of_its_own_request() -> None:
    body = bytes(50_000_000)  # does not fit into the system's buffers

    def answer_then_read_late(connection: socket.socket, _number: int) -> None:
        read_request(connection)
        connection.sendall(OK)
        connection.recv(1, socket.MSG_PEEK)
        time.sleep(0.6)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1)
        left = len(body)
        while left:
            left -= len(connection.recv(1 << 20))
        connection.sendall(OK)

    with connected(answer_then_read_late) as (connections, peer):
        connections.send(ask(timeout=0.3))
        post = Request("POST", "/", 20.0, 100, body=body)
        assert connections.send(post).status == 200
        assert peer.accepted == 1


def test_after_closing_requests_are_refused_and_the_one_on_its_way_is_answered() -> None:
    asked, closed = threading.Event(), threading.Event()

    def answer_after_closing(connection: socket.socket, _number: int) -> None:
        read_request(connection)
        asked.set()
        closed.wait(10)
        connection.sendall(OK)
        assert connection.recv(1) == b""  # The connection is closed, not kept.

    replies = []
    with connected(answer_after_closing) as (connections, peer):
        sender = threading.Thread(target=lambda: replies.append(connections.send(ask())))
        sender.start()
        asked.wait(10)
        connections.close()
        closed.set()
        sender.join(10)
        with pytest.raises(RefusedError):
            connections.send(ask())
        assert ([reply.status for reply in replies], peer.accepted) == ([200], 1)
