"""HTTP to the server in a container."""

import socket
from collections.abc import Callable
from http.client import HTTPConnection

Dial = Callable[[float], socket.socket]
"""Connects to a server within so many seconds; see `localcloud.containers.container.Container.connect`."""


class ServerConnection(HTTPConnection):
    """A connection to a server that is reached in its own way.

    Parameters
    ----------
    dial
        Connects to it.
    timeout
        Seconds that each operation may take.
    """

    def __init__(self, dial: Dial, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._dial = dial
        self._seconds = timeout

    def connect(self) -> None:
        """Connect."""
        self.sock = self._dial(self._seconds)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
