"""Puts the gate's second half into LocalStack's gateway, and tells at an address what was decided."""

import json
import logging
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

from localstack.aws import handlers
from localstack.aws.api import RequestContext
from localstack.http import Request, Response
from localstack.services.edge import ROUTER
from localstack.services.plugins import SERVICE_PLUGINS
from plux import PluginLifecycleListener, PluginSpec
from rolo.gateway import Gateway

from localcloud.iam.authorization import IAM_POLICY
from localcloud.iam.policies import parse_policy
from localcloud.iam.record import Record
from localcloud.localstack.gate.keys import MotoKeys
from localcloud.localstack.permissions import require
from localcloud.localstack.permissions.handler import DENIED_OBJECTS, Mode, Permissions
from localcloud.localstack.permissions.identities import Identities
from localcloud.localstack.permissions.resources import CloudResources
from localcloud.localstack.permissions.routes import Routes
from localcloud.localstack.settings import DEFAULT_IAM_MODE, DEPLOYER_POLICY_VARIABLE, IAM_MODES, IAM_VARIABLE

LOG = logging.getLogger(__name__)

RECORD = Record()
"""What was asked and decided in this process, and in those before whose state it has taken up."""

PATH = "/_sagestep/permissions"
"""Tells what was asked and decided, in the format of docs/iam.md; for the cloud's own key alone."""


def install_permissions(
    gateway: Gateway, issued: MotoKeys, root_id: str | None, environment: Mapping[str, str]
) -> None:
    """Install it, behind LocalStack's parser of requests.

    - `root_id`: the cloud's own access key; None in an open cloud.
    """
    mode, file = _mode(environment), environment.get(DEPLOYER_POLICY_VARIABLE)
    policy = parse_policy("deployer_policy", IAM_POLICY, Path(file).read_text("utf-8")) if file else None
    permissions = Permissions(mode, Identities(issued, policy), CloudResources(), RECORD)
    require.use(permissions)
    place = gateway.request_handlers.index(handlers.parse_service_request)
    gateway.request_handlers.insert(place + 1, permissions)
    gateway.request_handlers.insert(0, Routes(mode, root_id))

    def told(request: Request) -> Response:
        return Response(json.dumps(permissions.described()), mimetype="application/json")

    ROUTER.add(PATH, endpoint=told, methods=["GET"])
    SERVICE_PLUGINS.plugin_manager.add_listener(BeforeS3())


class BeforeS3(PluginLifecycleListener):
    """Patches S3 when it is about to be loaded."""

    def on_load_before(self, plugin_spec: PluginSpec, *_: object) -> None:
        """Let DeleteObjects leave out what may not be deleted, and tell of it, as S3 does."""
        if plugin_spec.name.startswith("s3:"):
            from localstack.services.s3.provider import S3Provider  # noqa: PLC0415 - takes its time

            S3Provider.delete_objects = _leaving_out(S3Provider.delete_objects)


def _leaving_out(delete_objects: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(delete_objects)
    def delete(self: object, context: RequestContext, bucket: str, delete: Any, **members: object) -> Any:
        denied: Mapping[str, str] = context.request.environ.get(DENIED_OBJECTS, {})
        if not denied:
            return delete_objects(self, context, bucket, delete, **members)
        objects = delete["Objects"]
        kept = [item for item in objects if item["Key"] not in denied]
        answer = delete_objects(self, context, bucket, {**delete, "Objects": kept}, **members) if kept else {}
        errors = [
            {"Code": "AccessDenied", "Key": item["Key"], "Message": denied[item["Key"]]}
            for item in objects
            if item["Key"] in denied
        ]
        return {**answer, "Errors": [*(answer.get("Errors") or []), *errors]}

    return delete


def _mode(environment: Mapping[str, str]) -> Mode:
    text = environment.get(IAM_VARIABLE, DEFAULT_IAM_MODE)
    if text not in IAM_MODES:
        LOG.error("%s is '%s', and must be enforce, audit or off: IAM is enforced", IAM_VARIABLE, text)
        return Mode.ENFORCE
    return Mode(text)
