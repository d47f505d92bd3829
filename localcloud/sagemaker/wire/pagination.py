"""Pages of a list: sorted, cut at MaxResults, continued by an opaque NextToken.

A token names the last item of its page by its sort key, so that items which come or go between two calls
neither repeat nor hide others.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from localcloud.errors import ValidationError
from localcloud.sagemaker.wire.requests import Request

Item = TypeVar("Item")
Key = tuple[str | float, ...]

LARGEST_PAGE = 100


def page(
    request: Request,
    items: Iterable[Item],
    key: Callable[[Item], Key],
    *,
    descending: bool,
    size: int = LARGEST_PAGE,
) -> tuple[list[Item], str | None]:
    """Give the page that a request asks for, and the token of the next one.

    `key`: orders the items; no two may have the same.

    Raises `ServiceError`: ``ValidationException`` where NextToken is not one that an earlier page gave.
    """
    ordered = sorted(items, key=key, reverse=descending)
    if token := request.optional_text("NextToken"):
        last = _read(token)
        try:
            ordered = [item for item in ordered if (key(item) < last if descending else key(item) > last)]
        except TypeError as error:  # the token of a list that is ordered by something else
            raise ValidationError("Invalid NextToken.") from error
    count = request.optional_number("MaxResults") or size
    found = ordered[:count]
    return found, _write(key(found[-1])) if len(ordered) > count else None


def is_descending(request: Request, default: str = "Descending") -> bool:
    """Tell the wanted order; AWS lists the newest pipelines, executions and steps first."""
    return (request.optional_text("SortOrder") or default) == "Descending"


def is_between(time: datetime, request: Request, after: str, before: str) -> bool:
    """Tell whether a time lies between two members of the request, where they are given."""
    earliest, latest = request.optional_time(after), request.optional_time(before)
    return (earliest is None or time > earliest) and (latest is None or time < latest)


def _write(key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _read(token: str) -> Key:
    try:
        key = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise ValidationError("Invalid NextToken.") from error
    if not isinstance(key, list) or not all(isinstance(part, str | int | float) for part in key):
        raise ValidationError("Invalid NextToken.")
    return tuple(key)
