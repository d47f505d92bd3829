"""Tags of pipelines: AddTags, ListTags, DeleteTags."""

from localcloud.errors import ServiceError, ValidationError
from localcloud.sagemaker.operations.call import Call
from localcloud.sagemaker.wire.pagination import page
from localcloud.sagemaker.wire.requests import Answer, present
from localcloud.sagemaker.wire.tags import read_tags

_MOST = 50
_PAGE = 50


def add_tags(call: Call) -> Answer:
    """Add tags to a resource, or overwrite their values."""
    with call.store.lock:
        tags = _find(call) | read_tags(call.request.structures("Tags"))
        if len(tags) > _MOST:
            raise ServiceError("ResourceLimitExceeded", f"A resource can have at most {_MOST} tags.")
        call.store.tags[call.request.text("ResourceArn")] = tags
        return {"Tags": _listed(tags)}


def list_tags(call: Call) -> Answer:
    """List the tags of a resource."""
    with call.store.lock:
        tags = _find(call)
    found, token = page(call.request, tags, lambda key: (key,), descending=False, size=_PAGE)
    return present(Tags=_listed({key: tags[key] for key in found}), NextToken=token)


def delete_tags(call: Call) -> Answer:
    """Take tags from a resource; those it does not have are no error."""
    with call.store.lock:
        gone = set(call.request.texts("TagKeys"))
        left = {key: value for key, value in _find(call).items() if key not in gone}
        call.store.tags[call.request.text("ResourceArn")] = left
        return {}


def _find(call: Call) -> dict[str, str]:
    arn = call.request.text("ResourceArn")
    if arn not in call.store.tags:
        raise ValidationError(f"Resource '{arn}' does not exist.")
    return call.store.tags[arn]


def _listed(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
