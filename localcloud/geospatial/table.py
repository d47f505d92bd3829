r"""A CSV file as a stream of blocks of whole rows, with the two columns that hold coordinates.

Comma-separated, UTF-8, a header row, quoting as RFC 4180 and Python's `csv` have it: quoted fields may
hold commas, line ends and doubled quotes. A block without a single quote is split on its bytes alone,
which is several times quicker; any other block goes through `csv`. Either way each row is given back as
the text that belongs at the start of its output row.

What changes on the way: a byte order mark and lines with nothing on them are dropped, all rows end as
the header does, and a row with too few columns is filled up, so that what is appended lands under its
own header. A row with too many keeps them all.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from localcloud.geospatial.lines import Chunk, Lines, TableError, chunks

BLOCK_SIZE = 1024 * 1024
"""Bytes that are read, geocoded and written at once."""

_COMMA, _LINE_FEED = b",\n"


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows, one after the other.

    `rows`: each row's text, without its line end.
    `x`, `y`: the fields of the two coordinate columns, empty for `uneven` rows.
    `uneven`: the indices of rows with more or fewer columns than the header.
    """

    rows: list[bytes]
    x: list[bytes]
    y: list[bytes]
    uneven: frozenset[int] = frozenset()


class Table:
    """A CSV file opened at its start.

    `stream`: the file; it is read once, from front to back.
    `x_name`, `y_name`: the header's names of the columns that hold longitude and latitude.
    `block_size`: bytes per read.
    `header`: the header row's text, without its line end.
    `line_end`: how the header row ends, and so every row of the output.

    Raises `TableError`, also while reading on: empty, a column missing, not UTF-8, a quote never closed.
    """

    def __init__(self, stream: BinaryIO, x_name: str, y_name: str, block_size: int = BLOCK_SIZE) -> None:
        self._chunks = chunks(stream, block_size)
        self._written = _RowText()
        names = self._read_header()
        for name in (x_name, y_name):
            if name not in names:
                raise TableError(f"The file has no column '{name}'. Its columns are: {', '.join(names)}.")
        self._columns = len(names)
        self._x, self._y = names.index(x_name), names.index(y_name)

    def blocks(self) -> Iterator[Block]:
        """Give the rows after the header, in blocks."""
        chunk: Chunk | None = self._rest
        while chunk is not None:
            block = self._split(chunk.text)
            if block is None:
                block, chunk = self._parse(chunk)
            else:
                chunk = next(self._chunks, None)
            yield block

    def _read_header(self) -> list[str]:
        """Read up to the end of the header and give the columns' names."""
        for chunk in self._chunks:
            lines = Lines(chunk, self._chunks)
            for names in lines.rows():
                if names:
                    self.header = self._written(names)
                    self.line_end = b"\r\n" if lines.last.endswith("\r\n") else b"\n"
                    self._rest = lines.rest()
                    return names
        raise TableError("The file is empty: it has no header row.")

    def _split(self, chunk: bytes) -> Block | None:
        """Split a chunk on its bytes; None where a quote or an uneven row asks for a parser."""
        if b'"' in chunk or self._columns == 1:
            return None
        if self.line_end == b"\r\n":
            chunk = chunk.replace(b"\r\n", b"\n")
        if b"\r" in chunk:
            return None
        chunk = chunk.rstrip(b"\n")
        if not chunk:
            return Block([], [], [])
        if not self._is_even(chunk + b"\n"):
            return None
        fields = chunk.replace(b"\n", b",").split(b",")
        return Block(chunk.split(b"\n"), fields[self._x :: self._columns], fields[self._y :: self._columns])

    def _is_even(self, chunk: bytes) -> bool:
        """Tell whether every line has as many commas as the header: so many, then a line feed."""
        text = np.frombuffer(chunk, np.uint8)
        is_line_feed = text[(text == _COMMA) | (text == _LINE_FEED)] == _LINE_FEED
        if is_line_feed.size % self._columns:
            return False
        lines = is_line_feed.reshape(-1, self._columns)
        return bool(lines[:, -1].all()) and not lines[:, :-1].any()

    def _parse(self, chunk: Chunk) -> tuple[Block, Chunk | None]:
        """Read a chunk's rows with `csv`; give the chunk that follows as well.

        A row that its chunk leaves open is read to its end from the next one. What remains of that is
        the chunk that follows: were it read here too, a block could grow without bound.
        """
        rows: list[bytes] = []
        x: list[bytes] = []
        y: list[bytes] = []
        uneven: list[int] = []
        lines = Lines(chunk, self._chunks)
        for row in lines.rows():
            if not row:
                continue
            if len(row) == self._columns:
                x.append(row[self._x].encode())
                y.append(row[self._y].encode())
            else:
                uneven.append(len(rows))
                row.extend([""] * (self._columns - len(row)))
                x.append(b"")
                y.append(b"")
            rows.append(self._written(row))
            if lines.are_of_next_chunk:
                break
        following = lines.rest() if lines.are_of_next_chunk else next(self._chunks, None)
        return Block(rows, x, y, frozenset(uneven)), following


class _RowText:
    """Writes rows as CSV without their line ends."""

    def __init__(self) -> None:
        self._line = ""
        # A carriage return within a field is only quoted if it is part of the line end.
        self._writer = csv.writer(self, lineterminator="\r\n")

    def __call__(self, row: list[str]) -> bytes:
        self._writer.writerow(row)
        return self._line[:-2].encode()

    def write(self, line: str) -> None:
        """Take what the writer wrote: one row."""
        self._line = line
