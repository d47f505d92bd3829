"""Images of ECR: what pulling one asks of the role that pulls it.

Source: developer guide, "SageMaker AI Roles" (the four actions of every role that runs containers).
"""

import re

from localcloud.errors import ServiceError
from localcloud.ports import Caller, Permissions

_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/"
    r"(?P<repository>[a-z0-9._/-]+?)(@(?P<digest>sha256:[0-9a-f]{64})|:(?P<tag>[\w.-]+))?"
)


def check_pull(image_uri: str, caller: Caller, permissions: Permissions) -> None:
    """Make sure that an image of the caller's own registry may be pulled; others are not asked about.

    Raises `ServiceError`: an action that pulling takes is denied.
    """
    match = _ECR.fullmatch(image_uri)
    if match is None or (match["account"], match["region"]) != (caller.account_id, caller.region):
        return
    repository = {"registryId": match["account"], "repositoryName": match["repository"]}
    image = {"imageDigest": match["digest"]} if match["digest"] else {"imageTag": match["tag"] or "latest"}
    permissions.require("ecr", "GetAuthorizationToken", {})
    permissions.require("ecr", "BatchGetImage", {**repository, "imageIds": [image]})
    layer = match["digest"] or f"sha256:{'0' * 64}"
    permissions.require("ecr", "BatchCheckLayerAvailability", {**repository, "layerDigests": [layer]})
    permissions.require("ecr", "GetDownloadUrlForLayer", {**repository, "layerDigest": layer})


def denied_action(error: ServiceError) -> str:
    """Name the operation that a denial of `check_pull` is about, as AWS's sentence has it."""
    match = re.search(r"not authorized to perform: ecr:(\w+)", error.message)
    return match[1] if match else "BatchGetImage"
