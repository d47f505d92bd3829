"""Records: resources that the local cloud keeps, and in which nothing runs."""

from collections.abc import Mapping


def records_in(info: Mapping[str, object] | None) -> Mapping[str, int]:
    """Read how many records a local cloud keeps, by their types; none where it does not tell."""
    told = info.get("records") if info else None
    if not isinstance(told, Mapping):
        return {}
    return {str(kind): count for kind, count in told.items() if isinstance(count, int)}
