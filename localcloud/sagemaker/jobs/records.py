"""Records of an object, put together into the payloads of requests; and what becomes of the answers.

Rules are those of the service model (`CreateTransformJob`, `TransformInput`, `TransformOutput`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


class PayloadError(Exception):
    """A record does not fit into one request."""


@dataclass(frozen=True, slots=True)
class Batching:
    """How an object becomes requests.

    - `by_line`: SplitType Line: every line is a record. Else the object as a whole is one.
    - `single`: BatchStrategy SingleRecord: each request has one record, without its line break. Else as many
      as fit.
    - `limit`: the largest payload, in bytes; None for any.
    """

    by_line: bool
    single: bool
    limit: int | None

    def payloads(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """Make payloads of the lines of an object, each with its line break.

        Raises `PayloadError` if a record is larger than a payload may be.
        """
        if not self.by_line:
            yield self._fitting(b"".join(lines))
        elif self.single:
            for line in lines:
                yield self._fitting(line.rstrip(b"\r\n"))
        else:
            yield from self._full(lines)

    def _full(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        batch: list[bytes] = []
        size = 0
        for line in lines:
            if batch and self.limit is not None and size + len(line) > self.limit:
                yield b"".join(batch)
                batch, size = [], 0
            batch.append(self._fitting(line))
            size += len(line)
        if batch:
            yield b"".join(batch)

    def _fitting(self, record: bytes) -> bytes:
        if self.limit is not None and len(record) > self.limit:
            raise PayloadError("Too much data for max payload size")
        return record


def assembled(answer: bytes, *, by_line: bool) -> bytes:
    """Give what of an answer goes into the output: AssembleWith Line ends each with a line break."""
    return answer + b"\n" if by_line and not answer.endswith(b"\n") else answer
