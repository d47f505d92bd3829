"""How much of everything a page holds, so that it is not too large. Pure."""

from __future__ import annotations

from dataclasses import dataclass, fields

MOST_BYTES = 2_000_000  # of a page


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of an execution is on its page."""

    spans: int = 1000  # states and steps, in the timeline and in the table
    text: int = 20_000  # characters of one input, output or log
    texts: int = 300_000  # characters of all inputs and outputs together, and of all logs together
    reason: int = 400  # characters of a reason in a table
    graph: int = 500_000  # characters of all pictures together
    rows: int = 200  # of a result

    def smaller(self) -> Limits:
        """Return limits half as high."""
        return Limits(*(getattr(self, limit.name) // 2 for limit in fields(self)))


class Allowance:
    """How many characters are left, for each text and for all texts together, while texts are taken."""

    def __init__(self, each: int, all_of_them: int) -> None:
        self._each = each
        self._left = all_of_them

    def take(self, text: str) -> tuple[str, int]:
        """Cut a text to what is allowed; returns it, and how many characters were cut off."""
        kept = text[: max(min(self._each, self._left), 0)]
        self._left -= len(kept)
        return kept, len(text) - len(kept)

    def take_end(self, text: str) -> tuple[str, int]:
        """Cut a text to its end, by whole lines: the last lines of a log matter most."""
        allowed = max(min(self._each, self._left), 0)
        kept = text
        if len(text) > allowed:
            before, kept = text[: len(text) - allowed], text[len(text) - allowed :]
            kept = kept if before.endswith("\n") else kept.partition("\n")[2]
        self._left -= len(kept)
        return kept, len(text) - len(kept)
