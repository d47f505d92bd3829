"""How much of everything a page holds, so that it stays below its size: pure."""

from __future__ import annotations

from dataclasses import dataclass, fields

MOST_BYTES = 2_000_000  # of a page


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of an execution is on its page.

    Parameters
    ----------
    spans
        States and steps, in the timeline and in the table.
    text
        Characters of one input, output or log.
    texts
        Characters of all inputs and outputs together, and of all logs together.
    reason
        Characters of a reason where it stands in a table.
    graph
        Characters of all pictures together.
    rows
        Rows of a result.
    """

    spans: int = 1000
    text: int = 20_000
    texts: int = 300_000
    reason: int = 400
    graph: int = 500_000
    rows: int = 200

    def smaller(self) -> Limits:
        """Return limits half as high."""
        return Limits(*(getattr(self, limit.name) // 2 for limit in fields(self)))


class Allowance:
    """What is left of an amount of characters while texts are taken from it.

    Parameters
    ----------
    each, all_of_them
        How many characters a text, and all texts together, may have.
    """

    def __init__(self, each: int, all_of_them: int) -> None:
        self._each = each
        self._left = all_of_them

    def take(self, text: str) -> tuple[str, int]:
        """Cut a text to what is allowed; returns what is left of it, and how many characters are not."""
        kept = text[: max(min(self._each, self._left), 0)]
        self._left -= len(kept)
        return kept, len(text) - len(kept)

    def take_end(self, text: str) -> tuple[str, int]:
        """Cut a text to its end, by whole lines: what counts in a log is what came last."""
        allowed = max(min(self._each, self._left), 0)
        kept = text
        if len(text) > allowed:
            before, kept = text[: len(text) - allowed], text[len(text) - allowed :]
            kept = kept if before.endswith("\n") else kept.partition("\n")[2]
        self._left -= len(kept)
        return kept, len(text) - len(kept)
