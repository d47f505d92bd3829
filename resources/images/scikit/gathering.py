"""Parts of a result on their way to the first host of a job, which puts them together.

Each other host connects to the first one, tells its number, its rows and the size of its part, sends the
part, and ends when it is told that all of it has come. One that fails ends all: SageMaker sees to that.
"""

import socket
import struct
import time
from pathlib import Path
from typing import BinaryIO

PORT = 7077

_HEAD = struct.Struct(">IQQ")  # the number of the host, its rows, the bytes of its part
_RECEIVED = b"R"
_CUT_OFF = "A host has ended before it had sent its part of the result."
_PIECE = 1 << 20
_SECONDS_BETWEEN_TRIES = 0.1


class Gathering:
    """The parts of the other hosts, for the first one. `host`: its own name; `others`: how many there are."""

    def __init__(self, host: str, others: int) -> None:
        self._others = others
        self._server = socket.create_server((host, PORT), backlog=max(others, 1))

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.getsockname()[1])

    def __enter__(self) -> "Gathering":
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    def append_to(self, output: BinaryIO) -> int:
        """Append all parts in the order of the hosts; gives how many rows they have."""
        came = {}
        for _ in range(self._others):
            connection, _ = self._server.accept()
            stream = connection.makefile("rb", buffering=_PIECE)
            head = stream.read(_HEAD.size)
            if len(head) < _HEAD.size:
                stream.close()
                connection.close()
                raise ConnectionError(_CUT_OFF)
            number, rows, size = _HEAD.unpack(head)
            came[number] = connection, stream, rows, size
        total = 0
        for _, (connection, stream, rows, size) in sorted(came.items()):
            with connection, stream:
                _copy(stream, output, size)
                connection.sendall(_RECEIVED)
            total += rows
        return total


def send(host: str, number: int, part: Path, rows: int) -> None:
    """Send a part to the first host, as soon as that listens."""
    with _connected(host) as connection, part.open("rb") as stream:
        connection.sendall(_HEAD.pack(number, rows, part.stat().st_size))
        connection.sendfile(stream)
        if connection.recv(1) != _RECEIVED:
            raise ConnectionError(f"{host} has not taken the part of the result.")


def _connected(host: str) -> socket.socket:
    while True:
        try:
            return socket.create_connection((host, PORT))
        except ConnectionRefusedError:  # It still reads its settings; if it has failed, the job ends.
            time.sleep(_SECONDS_BETWEEN_TRIES)


def _copy(source: BinaryIO, target: BinaryIO, size: int) -> None:
    while size:
        piece = source.read(min(_PIECE, size))
        if not piece:
            raise ConnectionError(_CUT_OFF)
        target.write(piece)
        size -= len(piece)
