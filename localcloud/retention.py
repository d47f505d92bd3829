"""How long what has ended is kept: for a time, and so many of it."""

from collections.abc import Iterable
from datetime import datetime

MOST = 20_000
"""So many executions of an account and region are kept: of state machines, and as many of pipelines."""


def surplus(kept: Iterable[tuple[str, datetime | None]], most: int, since: datetime | None) -> list[str]:
    """Give the names of what is to be forgotten.

    - `kept`: names, the oldest first, and when each ended; None for what runs, which is always kept.
    - `most`: of more than so many the oldest go, and one of a hundred beyond, so that this is rarely asked.
    - `since`: what ended before this time goes.
    """
    kept = list(kept)
    ended = [(name, moment) for name, moment in kept if moment is not None]
    gone = [name for name, moment in ended if since is not None and moment < since]
    too_many = len(kept) - len(gone) - most
    if too_many > 0:
        others = [name for name, moment in ended if since is None or moment >= since]
        gone += others[: too_many + most // 100]
    return gone
