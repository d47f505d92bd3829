"""The lines of a CSV file, in chunks of bounded size, and its rows, which may span lines and chunks."""

import csv
import io
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

LONGEST_ROW = 16 * 1024 * 1024
"""Characters a row may have; a quote that is never closed would else swallow the file."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class TableError(Exception):
    """The file is no table that can be geocoded; the text says why and, where it can, in which line."""


class Chunk(NamedTuple):
    """A piece of the file that ends where a line does, and how many lines lie before it."""

    text: bytes
    lines_before: int


class Lines:
    """The lines of a chunk, for `csv`: more chunks follow only to finish a row that is open."""

    def __init__(self, chunk: Chunk, chunks: Iterator[Chunk]) -> None:
        csv.field_size_limit(LONGEST_ROW)
        self.last = ""
        self.are_of_next_chunk = False
        self._chunks = chunks
        self._text = io.StringIO(chunk.text.decode(), newline="")
        self._number = self._row_start = chunk.lines_before
        self._is_open = False

    def rows(self) -> Iterator[list[str]]:
        """Give row after row; a line with nothing on it is an empty row."""
        try:
            for row in csv.reader(self):
                self._is_open = False
                yield row
        except csv.Error as error:
            raise TableError(f"Line {self._row_start} cannot be read: {error}.") from error

    def rest(self) -> Chunk:
        """Give what the rows read so far have left of their chunk."""
        return Chunk(self._text.read().encode(), self._number)

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        line = self._text.readline() or (self._next_chunk() if self._is_open else "")
        if not line:
            raise StopIteration
        self._number += 1
        if not self._is_open:
            self._row_start = self._number
        self._is_open = True
        self.last = line
        return line

    def _next_chunk(self) -> str:
        chunk = next(self._chunks, None)
        if chunk is None:
            raise TableError(f"A quote in the row that starts in line {self._row_start} is never closed.")
        self.are_of_next_chunk = True
        self._text = io.StringIO(chunk.text.decode(), newline="")
        return self._text.readline()


def chunks(stream: BinaryIO, size: int) -> Iterator[Chunk]:
    """Read valid UTF-8 in pieces that end where a line does, without its byte order mark."""
    lines = 0
    rest = b""
    while piece := stream.read(size):
        whole, line_feed, rest = (rest + piece).rpartition(b"\n")
        if whole.find(b"\n", 0, LONGEST_ROW + 1) < 0 and len(whole) > LONGEST_ROW:
            raise _too_long(lines)
        if line_feed:
            yield _checked(whole + line_feed, lines)
            lines += line_ends(whole + line_feed)
        if len(rest) > LONGEST_ROW:
            raise _too_long(lines)
    if rest:
        yield _checked(rest, lines)


def line_ends(text: bytes) -> int:
    """Count the ends of lines, as `csv` has them: a carriage return alone is one, too."""
    if b"\r" not in text:
        return text.count(b"\n")
    return text.count(b"\n") + text.count(b"\r") - text.count(b"\r\n")


def _too_long(lines_before: int) -> TableError:
    return TableError(f"Line {lines_before + 1} is longer than {LONGEST_ROW} bytes.")


def _checked(text: bytes, lines_before: int) -> Chunk:
    if not lines_before:
        text = text.removeprefix(_BYTE_ORDER_MARK)
    try:
        if not text.isascii():
            text.decode()
    except UnicodeDecodeError as error:
        line = lines_before + line_ends(text[: error.start]) + 1
        raise TableError(f"Line {line} is not UTF-8: byte 0x{text[error.start]:02x}.") from error
    return Chunk(text, lines_before)
