"""The part of the input that one host of a job geocodes.

All files of the input are one table, in the order of their names. Each of n hosts gets about 1/n of its
bytes: of one large file a range, of many files some. A row belongs to the host in whose part it begins, so
that all parts together are the whole table.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from coordinates import CoordinatesError, CoordinatesFile


@dataclass(frozen=True, slots=True)
class Span:
    """The rows of a file that begin at a byte or after it, and before another."""

    file: Path
    start: int
    end: int


def spans_of(files: Sequence[Path], host: int, hosts: int) -> list[Span]:
    """Give what one of so many hosts gets, the first of which is 0."""
    sizes = [file.stat().st_size for file in files]
    first, last = (sum(sizes) * number // hosts for number in (host, host + 1))
    spans, offset = [], 0
    for file, size in zip(files, sizes, strict=True):
        start, end = max(first - offset, 0), min(last - offset, size)
        if start < end:
            spans.append(Span(file, start, end))
        offset += size
    return spans


class Table:
    """The header of the input, and the rows of some spans of it.

    Raises `CoordinatesError` here or while reading on: a file cannot be read, or has another header.
    """

    def __init__(self, files: Sequence[Path], spans: Sequence[Span]) -> None:
        self._spans = spans
        with files[0].open("rb") as stream:
            first = CoordinatesFile(stream)
        self._first = files[0]
        self.header, self.line_end, self.column = first.header, first.line_end, first.column

    def __iter__(self) -> Iterator[list[str]]:
        """Give the rows of the spans."""
        for span in self._spans:
            with span.file.open("rb") as stream:
                file = CoordinatesFile(stream, span.end)
                if file.header != self.header:
                    names = ", ".join(file.header)
                    raise CoordinatesError(
                        f"{span.file.name} has other columns than {self._first.name}: {names}."
                    )
                if span.start:
                    file.seek(span.start)
                yield from file
