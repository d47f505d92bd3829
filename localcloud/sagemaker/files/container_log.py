"""What a container has printed, read on as messages for CloudWatch Logs, however much it is.

Limits are those of the API reference, "PutLogEvents": an event has at most 1 MB, a batch 1,048,576 bytes, in
which each event counts its message in UTF-8 and 26 bytes more. A longer line becomes several messages.
"""

from collections.abc import Iterator
from pathlib import Path

LONGEST = 1_048_576 - 26
"""Bytes of a message."""

_PIECE = 256 * 1024  # bytes that are read at once: of short lines, each takes many times its size in memory
_LONGEST_CHARACTER = 4  # bytes in UTF-8


class ContainerLog:
    """Reads on in the file that a container appends to; for one thread.

    `file`: the file; it may not be there yet.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._offset = 0
        self._rest = bytearray()

    def messages(self, *, to_the_end: bool = False) -> Iterator[list[str]]:
        """Give the messages that are new, piece by piece; none is empty.

        A line is given once it has ended, or is too long, or nothing more will come.

        `to_the_end`: whether nothing more will come.
        """
        while piece := self._read():
            self._rest += piece
            if found := self._take():
                yield found
        if to_the_end and self._rest:
            last, self._rest = bytes(self._rest), bytearray()
            if found := list(_texts(last)):
                yield found

    def _read(self) -> bytes:
        try:
            with self._file.open("rb") as file:
                file.seek(self._offset)
                piece = file.read(_PIECE)
        except FileNotFoundError:
            return b""
        self._offset += len(piece)
        return piece

    def _take(self) -> list[str]:
        """Take what is whole off the rest."""
        found: list[str] = []
        end = self._rest.rfind(b"\n")
        if end >= 0:
            lines = bytes(self._rest[:end]).split(b"\n")
            del self._rest[: end + 1]
            found += [text for line in lines for part in _parts(line) for text in _texts(part)]
        while len(self._rest) > LONGEST:
            cut = _boundary(self._rest)
            found += _texts(bytes(self._rest[:cut]))
            del self._rest[:cut]
        return found


def _parts(line: bytes) -> Iterator[bytes]:
    while len(line) > LONGEST:
        cut = _boundary(line)
        yield line[:cut]
        line = line[cut:]
    yield line


def _boundary(line: bytes | bytearray) -> int:
    """Give where a line is cut: not within a character."""
    for cut in range(LONGEST, LONGEST - _LONGEST_CHARACTER, -1):
        if line[cut] & 0xC0 != 0x80:  # the first byte of a character
            return cut
    return LONGEST


def _texts(part: bytes) -> Iterator[str]:
    """Decode what is short enough; a byte that is no UTF-8 becomes a character of three."""
    text = part.removesuffix(b"\r").decode("utf-8", "replace")
    length = len(text) if len(text.encode()) <= LONGEST else LONGEST // _LONGEST_CHARACTER
    for start in range(0, len(text), length or 1):
        yield text[start : start + length]
