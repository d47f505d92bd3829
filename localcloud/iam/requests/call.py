"""A request to a service."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from localcloud.iam.operations import PREFIXES

Find = Callable[[str, str], str]
"""Gives the ARN of what a service knows by another name (``iam:role``, a role's name), or nothing."""


def nothing(_kind: str, _name: str) -> str:
    """Know nothing."""
    return ""


@dataclass(frozen=True, slots=True)
class Call:
    """An operation and its members.

    - `service`: by botocore's name, such as ``stepfunctions``.
    - `account`, `region`: where the request is sent to.
    """

    service: str
    operation: str
    members: Mapping[str, object]
    account: str
    region: str
    partition: str = "aws"
    find: Find = nothing

    @property
    def prefix(self) -> str:
        """Give the prefix of the service's actions."""
        return PREFIXES.get(self.service, self.service)

    def text(self, *names: str) -> str:
        """Give the first of some members that is a text, an empty text where there is none."""
        for name in names:
            value = self.members.get(name)
            if isinstance(value, str) and value:
                return value
        return ""

    def arn(
        self, rest: str, *, service: str = "", is_global: bool = False, account: str | None = None
    ) -> str:
        """Write an ARN of this account and region."""
        region = "" if is_global else self.region
        owner = self.account if account is None else account
        return f"arn:{self.partition}:{service or self.prefix}:{region}:{owner}:{rest}"


def items_of(value: object) -> Sequence[Mapping[str, object]]:
    """Give the structures of a list; none where it is no list."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def texts_of(value: object) -> list[str]:
    """Give a text, or the texts of a list."""
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


_FREE_TEXT = frozenset({"Environment", "HyperParameters", "Tags", "tags", "Metadata"})
"""Members whose names are the caller's own."""


def found_in(value: object, name_fits: Callable[[str], bool]) -> Iterator[object]:
    """Yield the values of all members with a name that fits, however deep; lists one by one."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name in _FREE_TEXT:
                continue
            if name_fits(name) and not isinstance(item, Mapping):
                yield from item if isinstance(item, list) else [item]
            yield from found_in(item, name_fits)
    elif isinstance(value, list):
        for item in value:
            yield from found_in(item, name_fits)
