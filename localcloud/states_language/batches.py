"""Batches of a Distributed Map's items.

Source: Step Functions developer guide, "ItemBatcher (Map)": each child execution gets ``Items`` and, if there
is one, ``BatchInput``; with both limits a batch ends at the one that is reached first.
"""

import json
from collections.abc import Sequence


def batches(items: Sequence[object], most_items: int | None, most_bytes: int | None) -> list[list[object]]:
    """Divide items into batches; one that is too large for any batch stands alone.

    Parameters
    ----------
    items
        The items, as a child execution gets them.
    most_items, most_bytes
        The greatest number of items of a batch, and of bytes of its items as JSON; None for no limit.
    """
    made: list[list[object]] = []
    size = 0
    for item in items:
        needed = len(json.dumps(item, separators=(",", ":"), ensure_ascii=False).encode())
        is_full = made and (
            (most_items is not None and len(made[-1]) >= most_items)
            or (most_bytes is not None and size + needed > most_bytes)
        )
        if not made or is_full:
            made.append([])
            size = 0
        made[-1].append(item)
        size += needed
    return made


def is_exceeded(failed: int, total: int, count: int, percentage: float) -> bool:
    """Tell whether more items failed than a Map tolerates.

    With neither limit no item may fail; with both, the one that is reached first counts.
    """
    if not failed:
        return False
    limits = [failed > count] if count else []
    limits += [100 * failed / total > percentage] if percentage else []
    return any(limits) if limits else True
