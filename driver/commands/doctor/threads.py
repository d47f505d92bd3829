"""The background threads of the local cloud: what it says itself about those that others depend on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from driver.commands.doctor.checkup import Finding, failed, passed, warned

_ANEW = "`invoke down` and `invoke up` start the local cloud anew; see also its log, cloud.log."
_MOST = 5  # threads that are named


def check_threads(
    endpoint_url: str | None, fetch_info: Callable[[str], Mapping[str, object] | None]
) -> Finding:
    """Check that all threads work; `endpoint_url` is None if no local cloud runs."""
    info = fetch_info(endpoint_url) if endpoint_url else None
    if info is None:
        return passed("nothing to look at: no local cloud answers")
    rows = [row for row in _list(info.get("threads")) if isinstance(row, Mapping)]
    if not rows:
        return warned("The local cloud tells nothing of its threads.", "It is an older one. " + _ANEW)
    ill = [row for row in rows if row.get("state") in {"overdue", "ended"}]
    mended = [row for row in rows if row.get("state") == "repaired"]
    if ill:
        return failed(f"{_named(ill)}. Whoever depends on it may wait for ever.", _ANEW)
    if mended:
        return warned(f"{_named(mended)}.", "It works again. The local cloud's log, cloud.log, says why.")
    return passed(f"{len(rows)} background threads, all at work")


def _named(rows: list[Mapping[str, object]]) -> str:
    named = [f"{row.get('name')}: {row.get('detail') or row.get('state')}" for row in rows[:_MOST]]
    more = f"; and {len(rows) - _MOST} more" if len(rows) > _MOST else ""
    return "; ".join(named) + more


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
