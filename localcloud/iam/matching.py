"""Patterns of policies: actions and ARNs with wildcards, and variables in them."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

Context = Mapping[str, Sequence[str]]
"""The values of context keys, by their names in lower case."""

_VARIABLE = re.compile(r"\$\{(?P<key>[^},]+)(?:,\s*'(?P<default>[^']*)')?\}")
_SPECIAL = frozenset("*?$")
_ARN_PARTS = 6


def fill(pattern: str, context: Context) -> str | None:
    r"""Put the values of variables into a pattern; None where one has no value, and so matches nothing.

    What a variable gives is no wildcard: its ``*`` and ``?``, and those of ``${*}``, come out as ``\*``.
    """
    missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal missing
        key = match["key"].strip()
        values = [key] if key in _SPECIAL else context.get(key.lower(), ())
        found = values[0] if len(values) == 1 else match["default"]
        missing = missing or found is None
        return re.sub(r"([*?\\])", r"\\\1", found or "")

    filled = _VARIABLE.sub(value, pattern)
    return None if missing else filled


def matches(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Tell whether a text fits a pattern with the wildcards ``*`` and ``?``."""
    return _compiled(pattern, ignore_case).fullmatch(text) is not None


def matches_arn(pattern: str, arn: str) -> bool:
    """Tell whether an ARN fits a pattern; a wildcard does not reach beyond the colons of an ARN."""
    parts, given = pattern.split(":", _ARN_PARTS - 1), arn.split(":", _ARN_PARTS - 1)
    if len(parts) < _ARN_PARTS or len(given) < _ARN_PARTS:
        return matches(pattern, arn)
    return all(matches(part, value) for part, value in zip(parts, given, strict=True))


@lru_cache(maxsize=4096)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    pieces = re.findall(r"\\[*?\\]|[*?]|[^*?\\]+|\\", pattern)
    wild = {"*": ".*", "?": "."}
    text = "".join(
        wild.get(piece) or re.escape(piece[1:] if len(piece) > 1 and piece[0] == "\\" else piece)
        for piece in pieces
    )
    return re.compile(text, re.DOTALL | (re.IGNORECASE if ignore_case else 0))
