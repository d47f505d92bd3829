"""A CSV file with coordinates, read row by row, however large it is.

Comma-separated, UTF-8, a header row; quoted fields may hold commas, line ends and doubled quotes. A byte
order mark and lines with nothing on them are left out.
"""

import csv
import io
import math
from collections.abc import Iterator
from typing import BinaryIO

LONGEST_ROW = 16 * 1024 * 1024
"""Bytes a line and characters a field may have; a quote that is never closed would else swallow the file."""

_PIECE = 1 << 20
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class CoordinatesError(ValueError):
    """The file cannot be geocoded; the text says why and, where it can, in which line."""


class CoordinatesFile:
    """A CSV file opened at its start.

    - `stream`: the file; unless `seek` is called, it is read once, from front to back.
    - `end`: the rows that begin before this byte are read.
    - `line_end`: how the header ends, and so every row of what is made of the file.
    - `position`, `lines`: how many bytes and lines are read.

    Raises `CoordinatesError` here or while reading on: empty, not UTF-8, a quote never closed, a line too
    long.
    """

    def __init__(self, stream: BinaryIO, end: float = math.inf) -> None:
        csv.field_size_limit(LONGEST_ROW)
        self._stream = stream
        self._end = end
        self._line, self._first_line = "", 0
        self._is_open = False  # Whether a row has begun and not ended.
        self._is_after_header = False
        self.position, self.lines = 0, 0
        self._rows = self._read_rows()
        header = next(self._rows, None)
        if header is None:
            raise CoordinatesError("The file is empty: it has no header row.")
        self.header = header
        self._is_after_header = True
        self.line_end = "\r\n" if self._line.endswith("\r\n") else "\n"

    def seek(self, start: int) -> None:
        """Go on with the first row after the header that begins at this byte or after it.

        A row begins behind a line feed that is within no quotes.
        """
        start = max(start, self.position)
        quotes, self.position, self.lines = self._scan(start)
        if quotes:  # Only who reads the rows before knows which quotes count.
            self._stream.seek(0)
            before = CoordinatesFile(self._stream, start)
            for _ in before:
                pass
            self.position, self.lines = before.position, before.lines
            self._stream.seek(self.position)
        self._rows = self._read_rows()

    def _scan(self, start: int) -> tuple[int, int, int]:
        """Go behind the first line feed that ends at a byte or after it; count what comes before."""
        self._stream.seek(0)
        quotes = lines = position = 0
        piece = b""
        while position < start or not piece.endswith(b"\n"):
            left = start - position
            piece = self._stream.read(min(_PIECE, left)) if left > 0 else self._stream.readline(LONGEST_ROW)
            while piece.endswith(b"\r") and (more := self._stream.read(1)):
                piece += more  # It may be the line feed that belongs to it.
            if not piece:
                break
            quotes += piece.count(b'"')
            lines += _line_ends(piece)
            position += len(piece)
        return quotes, position, lines

    def column(self, name: str) -> int:
        """Find a column's place; `CoordinatesError` where there is none of that name."""
        if name not in self.header:
            names = ", ".join(self.header)
            raise CoordinatesError(f"The file has no column '{name}'. Its columns are: {names}.")
        return self.header.index(name)

    def __iter__(self) -> Iterator[list[str]]:
        """Give the rows after the header."""
        return self._rows

    def _read_rows(self) -> Iterator[list[str]]:
        try:
            for row in csv.reader(self._lines()):
                self._is_open = False
                if row:
                    yield row
        except csv.Error as error:
            raise CoordinatesError(f"Line {self._first_line} cannot be read: {error}.") from error

    def _lines(self) -> Iterator[str]:
        """Give `csv` its lines; a carriage return alone ends one, too."""
        for text in self._texts():
            single = "\r" not in text.removesuffix("\r\n")
            for line in (text,) if single else io.StringIO(text, newline=""):
                self.lines += 1
                if not self._is_open:
                    self._first_line = self.lines
                self._is_open = True
                self._line = line
                yield line
        if self._is_open:
            raise CoordinatesError(
                f"A quote in the row that starts in line {self._first_line} is never closed."
            )

    def _texts(self) -> Iterator[str]:
        while self.position < self._end or self._is_open or not self._is_after_header:
            line = self._stream.readline(LONGEST_ROW + 1)
            if not line:
                return
            before, is_first = self.lines, not self.position
            if len(line.removesuffix(b"\n")) > LONGEST_ROW:
                raise CoordinatesError(f"Line {before + 1} is longer than {LONGEST_ROW} bytes.")
            self.position += len(line)
            if is_first:
                line = line.removeprefix(_BYTE_ORDER_MARK)
            try:
                text = line.decode()
            except UnicodeDecodeError as error:
                number, byte = before + _line_ends(line[: error.start]) + 1, line[error.start]
                raise CoordinatesError(f"Line {number} is not UTF-8: byte 0x{byte:02x}.") from error
            yield text


def _line_ends(line: bytes) -> int:
    """Count the ends of lines, as `csv` has them: a carriage return alone is one, too."""
    return line.count(b"\n") + line.count(b"\r") - line.count(b"\r\n")
