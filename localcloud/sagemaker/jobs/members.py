"""Members of requests that `localcloud.sagemaker.requests` does not read: required structures, maps."""

from collections.abc import Mapping

from localcloud.sagemaker.requests import Request


def structure(request: Request, name: str) -> Request:
    """Give a structure that the model or a rule of ours requires."""
    found = request.optional_structure(name)
    assert found is not None
    return found


def mapping(request: Request, name: str) -> dict[str, str]:
    """Give a map of strings, empty where absent."""
    value = request.members.get(name) or {}
    assert isinstance(value, Mapping)
    return {str(key): str(item) for key, item in value.items()}
