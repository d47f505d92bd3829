"""Sessions of roles and users: all that STS issues are good at the gate, and for how long."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import wraps
from typing import Any

from localstack.aws.api import RequestContext
from localstack.services.plugins import SERVICE_PLUGINS
from plux import PluginLifecycleListener, PluginSpec

from localcloud.localstack.gate.keys import MotoKeys


def apply(issued: MotoKeys) -> None:
    """Patch STS when it is loaded."""
    SERVICE_PLUGINS.plugin_manager.add_listener(BeforeSts(issued))


class BeforeSts(PluginLifecycleListener):
    """Patches STS when it is about to be loaded."""

    def __init__(self, issued: MotoKeys) -> None:
        self._issued = issued

    def on_load_before(self, plugin_spec: PluginSpec, *_: object) -> None:
        """Apply what belongs to this service."""
        if plugin_spec.name.startswith("sts:"):
            from localstack.services.sts.provider import StsProvider  # noqa: PLC0415 - takes its time
            from moto.sts.responses import TokenResponse  # noqa: PLC0415

            StsProvider.assume_role = _kept(StsProvider.assume_role, self._issued)
            for name in ("get_session_token", "get_federation_token"):
                setattr(TokenResponse, name, _with_a_key(getattr(TokenResponse, name), self._issued))


def _kept(assume_role: Callable[..., Any], issued: MotoKeys) -> Callable[..., Any]:
    """Let sessions that a service has opened last: LocalStack's services hold them, AWS's renew them."""

    @wraps(assume_role)
    def keep(self: object, context: RequestContext, *arguments: object, **members: object) -> Any:
        response = assume_role(self, context, *arguments, **members)
        if context.is_internal_call:
            issued.renewed.add(response["Credentials"]["AccessKeyId"])
        return response

    return keep


def _with_a_key(answer: Callable[[Any], Any], issued: MotoKeys) -> Callable[[Any], Any]:
    """Defect: GetSessionToken and GetFederationToken give everybody the key of AWS's documentation."""

    @wraps(answer)
    def answer_with_a_key(self: Any) -> Any:
        action = answer(self)
        credentials: Mapping[str, Any] = action.result["Credentials"]
        expires: datetime = credentials["Expiration"]
        action.result["Credentials"] = issued.open_session(self.current_account, expires)
        return action

    return answer_with_a_key
