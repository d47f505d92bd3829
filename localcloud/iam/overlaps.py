"""Whether a Resource of a policy can be the ARN of a type of resource, as the reference writes that."""

import re
from collections.abc import Iterator, Sequence
from enum import Enum

_EVERYTHING = "*"
_TEMPLATE = re.compile(r"\$\{[^}]*\}|.", re.DOTALL)
_LITERAL = {"${*}": "*", "${?}": "?", "${$}": "$"}


class _Wild(Enum):
    ONE = "a character"
    ANY = "any characters"
    PART = "any characters but colons"
    SEGMENT = "any characters but colons and slashes"


_NOT_IN = {_Wild.PART: ":", _Wild.SEGMENT: ":/"}
_Token = str | _Wild


def overlaps(resource: str, template: str, kind: str, *, has_variables: bool) -> bool:
    """Tell whether some ARN fits both.

    Parameters
    ----------
    template
        With ``${Region}`` and its like; ``*`` for actions that act on no resource, which only ``*`` allows.
    kind
        The type of resource: a bucket's name has no slash.
    has_variables
        Whether ``${aws:username}`` and its like are variables in `resource`; they may be anything.
    """
    if template == _EVERYTHING or not resource.strip("*"):
        return not resource.strip("*")
    return _meet(
        tuple(_of_policy(resource, has_variables=has_variables)),
        tuple(_of_template(template, is_bucket=kind == "bucket")),
    )


def _of_policy(resource: str, *, has_variables: bool) -> Iterator[_Token]:
    wild = {"*": _Wild.ANY, "?": _Wild.ONE}
    for match in re.finditer(r"\$\{[^}]*\}|." if has_variables else r".", resource, re.DOTALL):
        text = match[0]
        yield _LITERAL.get(text) or wild.get(text) or (_Wild.ANY if len(text) > 1 else text)


def _of_template(template: str, *, is_bucket: bool) -> Iterator[_Token]:
    """Read a template. Its last variable may be anything: a path, or what stands behind a function's name."""
    for match in _TEMPLATE.finditer(template):
        is_last = match.end() == len(template)
        if len(match[0]) == 1:
            yield match[0]
        elif is_last:
            yield _Wild.SEGMENT if is_bucket else _Wild.ANY
        else:
            yield _Wild.PART


def _meet(left: Sequence[_Token], right: Sequence[_Token]) -> bool:
    """Tell whether some text fits both; the time is in proportion to the product of their lengths."""
    row = _ends(right)
    for token in reversed(left):
        row = _row(token, right, row)
    return row[0]


def _ends(right: Sequence[_Token]) -> list[bool]:
    """Tell of each place in `right` whether nothing fits what is left of it."""
    found = [True]
    for token in reversed(right):
        found.append(found[-1] and _is_star(token))
    return found[::-1]


def _row(token: _Token, right: Sequence[_Token], below: Sequence[bool]) -> list[bool]:
    """Tell of each place in `right` whether `token` and what follows it meet what is left there."""
    row = [_is_star(token) and below[-1]]
    for at in range(len(right) - 1, -1, -1):
        other, behind = right[at], row[-1]
        if _is_star(token):
            row.append(below[at] or (behind and _admits(token, other)))
        elif _is_star(other):
            row.append(behind or (below[at] and _admits(other, token)))
        else:
            row.append(below[at + 1] and (token == other or _Wild.ONE in (token, other)))
    return row[::-1]


def _is_star(token: _Token) -> bool:
    return isinstance(token, _Wild) and token is not _Wild.ONE


def _admits(star: _Token, other: _Token) -> bool:
    """Tell whether `star` can take in what `other` stands for."""
    return not (isinstance(other, str) and isinstance(star, _Wild) and other in _NOT_IN.get(star, ""))
