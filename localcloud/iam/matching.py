"""Patterns of policies: actions, ARNs and texts with wildcards and variables, compiled once.

Sources: IAM user guide, "IAM JSON policy elements: Resource" (wildcards of an ARN), "Condition operators"
(ArnLike: each of the six parts by itself), "IAM policy elements: Variables and tags".
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

Context = Mapping[str, Sequence[str]]
"""The values of context keys, by their names in lower case."""

Matcher = Callable[[str, Context], bool]
"""Whether a text fits one of several patterns; the context gives the values of their variables."""

_VARIABLE = r"\$\{(?P<key>[^},]+?)\s*(?:,\s*'(?P<default>[^']*)')?\}"
_PIECES = re.compile(rf"{_VARIABLE}|[*?:]|[^*?:$]+|\$")
_PLAIN_PIECES = re.compile(r"[*?:]|[^*?:]+")
_SPECIAL = frozenset("*?$")
_COLONS = 5
_MOST = 256  # values of the variables of a pattern for which it is kept


class Kind(Enum):
    """What a pattern is for, and so what its wildcards mean."""

    EXACT = "no wildcards"
    EXACT_IGNORING_CASE = "no wildcards, whatever the case"
    TEXT = "wildcards match any characters"
    ACTION = "as TEXT, whatever the case"
    ARN = "a wildcard stays within its part of the ARN"
    RESOURCE = "as ARN, but an asterisk that ends a part may match colons, too"


_IGNORES_CASE = frozenset({Kind.EXACT_IGNORING_CASE, Kind.ACTION})
_EXACT = frozenset({Kind.EXACT, Kind.EXACT_IGNORING_CASE})
_OF_ARNS = frozenset({Kind.ARN, Kind.RESOURCE})


@dataclass(frozen=True, slots=True)
class _Variable:
    key: str
    default: str | None


@dataclass(frozen=True, slots=True)
class _Star:
    matches_colons: bool


_Piece = str | _Variable | _Star
"""A text is a part of a regular expression."""


def matcher(patterns: Sequence[str], kind: Kind, *, has_variables: bool) -> Matcher:
    """Compile patterns.

    A variable without a value and without a default matches nothing, nor does the pattern it stands in.
    What a variable gives is no wildcard.
    """
    if kind not in _EXACT and "*" in patterns:
        return lambda _text, _context: True
    flags = re.DOTALL | (re.IGNORECASE if kind in _IGNORES_CASE else 0)
    fixed: list[str] = []
    varying: list[Sequence[_Piece]] = []
    for pattern in patterns:
        pieces = [*_pieces(pattern, kind, has_variables=has_variables)]
        if any(isinstance(piece, _Variable) for piece in pieces):
            varying.append(pieces)
        else:
            fixed.append(_expression(pieces, {}) or "")
    fits = re.compile("|".join(fixed), flags).fullmatch if fixed else None
    if not varying:
        return lambda text, _context: fits is not None and fits(text) is not None

    filled = [_Filled(pieces, flags) for pieces in varying]

    def matches(text: str, context: Context) -> bool:
        if fits is not None and fits(text):
            return True
        return any(pattern.fits(text, context) for pattern in filled)

    return matches


class _Filled:
    """A pattern with variables, compiled once for each of the values they have."""

    def __init__(self, pieces: Sequence[_Piece], flags: int) -> None:
        self._pieces, self._flags = pieces, flags
        self._keys = [piece.key for piece in pieces if isinstance(piece, _Variable)]
        self._known: dict[tuple[tuple[str, ...], ...], Callable[[str], object] | None] = {}

    def fits(self, text: str, context: Context) -> bool:
        values = tuple([tuple(context.get(key, ())) for key in self._keys])
        try:
            fullmatch = self._known[values]
        except KeyError:
            written = _expression(self._pieces, context)
            fullmatch = None if written is None else re.compile(written, self._flags).fullmatch
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[values] = fullmatch
        return fullmatch is not None and fullmatch(text) is not None


def _pieces(pattern: str, kind: Kind, *, has_variables: bool) -> Iterator[_Piece]:
    """Take a pattern apart; of a Resource, only the part behind the fifth colon may have variables."""
    colons = 0
    for match in (_PIECES if has_variables else _PLAIN_PIECES).finditer(pattern):
        text, is_head = match[0], kind in _OF_ARNS and colons < _COLONS
        key = match["key"] if has_variables else None
        if key is not None and not (is_head and kind is Kind.RESOURCE):
            yield re.escape(key) if key in _SPECIAL else _Variable(key.lower(), match["default"])
        elif text == "*" and kind not in _EXACT:
            after = pattern[match.end() : match.end() + 1]
            yield _Star(not is_head or not after or (kind is Kind.RESOURCE and after == ":"))
        elif text == "?" and kind not in _EXACT:
            yield "[^:]" if is_head else "."
        else:
            colons += text == ":"
            yield re.escape(text)


def _expression(pieces: Sequence[_Piece], context: Context) -> str | None:
    """Write a regular expression that takes time linear in the text; None where a variable has no value.

    What follows an asterisk is searched for from the left and never again (an atomic group): the leftmost
    place leaves the most to the rest. Only before a wildcard that stays within its part, a later place may be
    needed.
    """
    stars = [number for number, piece in enumerate(pieces) if isinstance(piece, _Star)]
    bound = [number for number in stars if not _matches_colons(pieces[number])]
    last_bound, last = (bound[-1] if bound else -1), (stars[-1] if stars else -1)
    written, is_open = "", False
    for number, piece in enumerate(pieces):
        if isinstance(piece, _Star):
            written += ")" if is_open else ""
            is_open = number != last and not (piece.matches_colons and number < last_bound)
            characters = "." if piece.matches_colons else "[^:]"
            written += f"(?>{characters}*?" if is_open else f"{characters}*"
        elif isinstance(piece, _Variable):
            values = context.get(piece.key, ())
            value = values[0] if len(values) == 1 else piece.default
            if value is None:
                return None
            written += re.escape(value)
        else:
            written += piece
    return written


def _matches_colons(piece: _Piece) -> bool:
    return isinstance(piece, _Star) and piece.matches_colons
