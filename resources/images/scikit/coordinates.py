"""A CSV file with coordinates, read row by row, however large it is.

Comma-separated, UTF-8, a header row; quoted fields may hold commas, line ends and doubled quotes. A byte
order mark and lines with nothing on them are left out.
"""

import csv
import io
from collections.abc import Iterator
from typing import BinaryIO

LONGEST_ROW = 16 * 1024 * 1024
"""Bytes a line and characters a field may have; a quote that is never closed would else swallow the file."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class CoordinatesError(ValueError):
    """The file cannot be geocoded; the text says why and, where it can, in which line."""


class CoordinatesFile:
    """A CSV file opened at its start.

    - `stream`: the file; it is read once, from front to back.
    - `line_end`: how the header ends, and so every row of what is made of the file.

    Raises `CoordinatesError` if Here or while reading on: empty, not UTF-8, a quote never closed, a line too
    long.
    """

    def __init__(self, stream: BinaryIO) -> None:
        csv.field_size_limit(LONGEST_ROW)
        self._stream = stream
        self._line, self._first_line = "", 0
        self._is_open = False  # Whether a row has begun and not ended.
        self._rows = self._read_rows()
        header = next(self._rows, None)
        if header is None:
            raise CoordinatesError("The file is empty: it has no header row.")
        self.header = header
        self.line_end = "\r\n" if self._line.endswith("\r\n") else "\n"

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
        number = 0
        for text in self._texts():
            single = "\r" not in text.removesuffix("\r\n")
            for line in (text,) if single else io.StringIO(text, newline=""):
                number += 1
                if not self._is_open:
                    self._first_line = number
                self._is_open = True
                self._line = line
                yield line
        if self._is_open:
            raise CoordinatesError(
                f"A quote in the row that starts in line {self._first_line} is never closed."
            )

    def _texts(self) -> Iterator[str]:
        before = 0
        while line := self._stream.readline(LONGEST_ROW + 1):
            if len(line.removesuffix(b"\n")) > LONGEST_ROW:
                raise CoordinatesError(f"Line {before + 1} is longer than {LONGEST_ROW} bytes.")
            if not before:
                line = line.removeprefix(_BYTE_ORDER_MARK)
            try:
                text = line.decode()
            except UnicodeDecodeError as error:
                number, byte = before + _line_ends(line[: error.start]) + 1, line[error.start]
                raise CoordinatesError(f"Line {number} is not UTF-8: byte 0x{byte:02x}.") from error
            yield text
            before += _line_ends(line)


def _line_ends(line: bytes) -> int:
    """Count the ends of lines, as `csv` has them: a carriage return alone is one, too."""
    return line.count(b"\n") + line.count(b"\r") - line.count(b"\r\n")
