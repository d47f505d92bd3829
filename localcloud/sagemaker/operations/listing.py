"""What the List operations on models, endpoint configurations and endpoints share: filters, order, pages."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol, TypeVar

from localcloud.sagemaker.wire.pagination import LARGEST_PAGE, Key, is_between, is_descending, page
from localcloud.sagemaker.wire.requests import Request


class Listed(Protocol):
    """Something with a name and a time."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def created(self) -> datetime:
        """When it was created."""
        ...


Item = TypeVar("Item", bound=Listed)


def listed(
    request: Request,
    items: Iterable[Item],
    order: Callable[[Item], str] | None = None,
    size: int = LARGEST_PAGE,
) -> tuple[list[Item], str | None]:
    """Give the page that a request asks for, and the token of the next one.

    `order`: orders the items where SortBy is neither Name nor CreationTime.
    """
    part = request.optional_text("NameContains") or ""
    found = [
        item
        for item in items
        if part in item.name and is_between(item.created, request, "CreationTimeAfter", "CreationTimeBefore")
    ]
    sort_by = request.optional_text("SortBy")

    def key(item: Item) -> Key:
        if sort_by == "Name":
            return (item.name,)
        if sort_by not in {None, "CreationTime"} and order is not None:
            return (order(item), item.name)
        return (item.created.timestamp(), item.name)

    return page(request, found, key, descending=is_descending(request), size=size)
