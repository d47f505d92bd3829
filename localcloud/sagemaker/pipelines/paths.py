"""Paths into documents: ``a.b``, ``a['b']``, ``a[0]``, with or without a leading ``$.``.

One grammar serves the properties of steps (``Steps.s.OutputParameters['y']``) and ``Std:JsonGet``.
"""

import re

Path = tuple[str | int, ...]

_PART = re.compile(
    r"""(?:^|\.)(?P<name>[A-Za-z0-9_-]+)   # a name, first or after a dot
    |\[(?P<index>\d+)\]                    # [0]
    |\['(?P<single>[^']*)'\]               # ['name']
    |\["(?P<double>[^"]*)"\]               # ["name"]""",
    re.VERBOSE,
)


def parse_path(text: str) -> Path:
    """Take a path apart into names and indices; `ValueError` where the text is not a path."""
    parts: list[str | int] = []
    rest = text.removeprefix("$").removeprefix(".")
    position = 0
    while position < len(rest):
        match = _PART.match(rest, position)
        if match is None:
            break
        kind = str(match.lastgroup)
        parts.append(int(match[kind]) if kind == "index" else match[kind])
        position = match.end()
    if not parts or position < len(rest):
        raise ValueError(f"'{text}' is not a path such as a.b, a['b'] or a[0]")
    return tuple(parts)


def look_up(document: object, path: Path) -> object:
    """Follow a path into a JSON document; `LookupError` where the document has nothing there."""
    found = document
    for part in path:
        match found, part:
            case list(), int():
                found = found[part]
            case dict(), str():
                found = found[part]
            case _:
                raise LookupError(part)
    return found
