"""The local cloud's side of the fork server: starts it when it is needed, and gives it its orders."""

import contextlib
import os
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from localcloud.localstack.functions.processes import fork_server
from localcloud.localstack.functions.processes.function import Order

_LENGTH = struct.Struct("!I")

ENVIRONMENT = {
    "PATH": os.defpath,
    "LANG": "C.UTF-8",
    "HOME": "/nonexistent",  # botocore looks for files there when it is imported
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "MALLOC_ARENA_MAX": "2",
}
"""The fork server's own; each function gets another."""


class ForkServer:
    """The process that all functions' processes are forked from; a new one takes the place of one that ended.

    - `runtime_directory`: what stands for ``/var/runtime``.
    - `services`: those whose clients functions may make: what these read is shared too.
    """

    def __init__(self, runtime_directory: Path, services: Sequence[str] = ()) -> None:
        self._arguments = [str(runtime_directory), *services]
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._orders: socket.socket | None = None

    def prepare(self) -> None:
        """Start the process where there is none, and do not wait for it."""
        with self._lock:
            self._running()

    def start(self, order: Order, channel: socket.socket, api: socket.socket, output: int) -> None:
        """Have a function's process forked; the descriptors stay the caller's to close.

        Raises `OSError` if no process could be started.
        """
        with self._lock:
            try:
                self._send(order, channel, api, output)
            except ConnectionError:  # the process has ended since it was last used
                self._send(order, channel, api, output)

    def _send(self, order: Order, channel: socket.socket, api: socket.socket, output: int) -> None:
        text = order.text()
        orders = self._running()
        try:
            socket.send_fds(orders, [_LENGTH.pack(len(text))], [channel.fileno(), api.fileno(), output])
            orders.sendall(text)
        except ConnectionError:
            self._forget()
            raise

    def _running(self) -> socket.socket:
        if self._process is not None and self._process.poll() is not None:
            self._forget()
        if self._orders is None:
            ours, theirs = socket.socketpair()
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-S", fork_server.__file__, *self._arguments],
                    cwd="/",
                    env=ENVIRONMENT,
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    start_new_session=True,
                )
            self._orders = ours
        return self._orders

    def _forget(self) -> None:
        if self._orders is not None:
            self._orders.close()  # it ends with this, if it has not
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(1)
        self._orders = self._process = None
