"""What a function prints, read from the file it prints to: never more than fits into memory."""

from pathlib import Path

KEPT_BYTES = 10 * 1024 * 1024
"""So much is kept of what one invocation prints: AWS keeps all, but there it does not lie in memory."""

LINE_BYTES = 1024 * 1024 - 26 - len("\n")
"""CloudWatch Logs takes no longer event, and no larger batch: each counts 26 bytes beside its message.

Source: CloudWatch Logs API reference, PutLogEvents.
"""


class Output:
    """A file that grows while it is read.

    - `path`: the file; nothing is printed where there is none.
    - `kept`: how many bytes are given at most; of more, the first and the last half.
    """

    def __init__(self, path: Path, kept: int = KEPT_BYTES) -> None:
        self._path = path
        self._half = kept // 2
        self._read_up_to = 0

    def new(self) -> str:
        """Give what was printed since the last call."""
        return self._read(self._read_up_to)

    def all(self) -> str:
        """Give what was printed from the beginning."""
        return self._read(0)

    def _read(self, start: int) -> str:
        try:
            with self._path.open("rb") as file:
                end = file.seek(0, 2)
                self._read_up_to = end
                file.seek(start)
                left_out = end - start - 2 * self._half
                if left_out <= 0:
                    return _text(file.read(end - start))
                head = file.read(self._half)
                file.seek(end - self._half)
                tail = file.read(self._half)
        except FileNotFoundError:  # discarded while it ran
            return ""
        note = f"[sagestep] {left_out} bytes that one invocation has printed are left out here"
        return f"{_text(head)}\n{note}\n{_text(tail)}"


def _text(content: bytes) -> str:
    return content.decode(errors="replace")


def lines_of(text: str) -> list[str]:
    """Split into lines that are not empty, and those too long for CloudWatch Logs into pieces."""
    return [piece for line in text.split("\n") if line for piece in _pieces(line)]


def _pieces(line: str) -> list[str]:
    if len(line) * 4 <= LINE_BYTES:  # no character takes more than four bytes
        return [line]
    content = line.encode()
    pieces = []
    while content:
        # A character that is cut in two stays whole in the next piece.
        piece = content[:LINE_BYTES].decode(errors="ignore")
        pieces.append(piece)
        content = content[len(piece.encode()) :]
    return pieces
