"""Tags as requests have them."""

from collections.abc import Iterable

from localcloud.errors import ValidationError
from localcloud.sagemaker.wire.requests import Request


def read_tags(tags: Iterable[Request]) -> dict[str, str]:
    """Read a list of tags.

    Raises `ServiceError`: ``ValidationException`` where a key comes twice or is one of AWS's own.
    """
    found: dict[str, str] = {}
    for tag in tags:
        key = tag.text("Key")
        if key in found:
            raise ValidationError(f"Tag keys must be unique per resource. Duplicate tag key: '{key}'.")
        if key.lower().startswith("aws:"):
            raise ValidationError(f"Tag key '{key}' begins with aws:, which is reserved.")
        found[key] = tag.text("Value")
    return found
