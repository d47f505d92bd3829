"""Sessions of roles and users: all that STS issues are good at the gate, and for how long."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import wraps
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.services.plugins import SERVICE_PLUGINS
from localstack.utils.aws.request_context import extract_access_key_id_from_auth_header
from plux import PluginLifecycleListener, PluginSpec

from localcloud.iam.policies import PolicyError, parse_policy
from localcloud.localstack.acting import LONGEST_CHAINED
from localcloud.localstack.gate.keys import (
    SESSION_PREFIXES,
    MotoKeys,
    SessionDetails,
    find_session,
    longest_session,
    user_with_id,
)


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
            from moto.sts.models import STSBackend  # noqa: PLC0415
            from moto.sts.responses import TokenResponse  # noqa: PLC0415

            STSBackend.get_assumed_role_from_access_key = find_session
            StsProvider.assume_role = _kept(StsProvider.assume_role, self._issued)
            STSBackend.get_caller_identity = _who_asks(STSBackend.get_caller_identity, self._issued)
            for name in ("get_session_token", "get_federation_token"):
                is_federated = name == "get_federation_token"
                answer = _with_a_key(getattr(TokenResponse, name), self._issued, federated=is_federated)
                setattr(TokenResponse, name, answer)


def _kept(assume_role: Callable[..., Any], issued: MotoKeys) -> Callable[..., Any]:
    """Keep what limits a session; let those last that a service has opened: AWS's services renew them."""

    @wraps(assume_role)
    def keep(self: object, context: RequestContext, *arguments: object, **members: object) -> Any:
        request = context.service_request or {}
        _check_policy(request.get("Policy"))
        if not context.is_internal_call:
            _check_duration(request, extract_access_key_id_from_auth_header(context.request.headers) or "")
        response = assume_role(self, context, *arguments, **members)
        key_id = response["Credentials"]["AccessKeyId"]
        details = _details(request, key_id)
        issued.add_details(key_id, details, is_renewed=context.is_internal_call)
        return response

    return keep


def _check_policy(text: str | None) -> None:
    """Refuse a session policy that is none (STS API reference, AssumeRole: ``MalformedPolicyDocument``)."""
    if not text:
        return
    try:
        parse_policy("Policy", "IAM Policy", text)
    except PolicyError as error:
        raise CommonServiceException("MalformedPolicyDocument", str(error), 400, sender_fault=True) from error


def _check_duration(request: Mapping[str, Any], key_id: str) -> None:
    """Refuse a session that lasts too long (STS API reference, AssumeRole; 99designs/aws-vault#263)."""
    seconds = int(request.get("DurationSeconds") or 0)
    told = "The requested DurationSeconds exceeds the "
    if key_id.startswith(SESSION_PREFIXES) and seconds > LONGEST_CHAINED:
        told += "1 hour session limit for roles assumed by role chaining."
    elif seconds > longest_session(str(request["RoleArn"])):
        told += "MaxSessionDuration set for this role."
    else:
        return
    raise CommonServiceException("ValidationError", told, 400, sender_fault=True)


def _details(request: Mapping[str, Any], key_id: str) -> SessionDetails:
    """Read what AssumeRole was given; tags of the caller's session may pass on to this one."""
    from localstack.services.sts.models import sts_stores  # noqa: PLC0415 - takes its time

    account = str(request["RoleArn"]).split(":")[4]
    config = sts_stores[account]["us-east-1"].sessions.get(key_id)
    tags = {str(tag["Key"]): str(tag["Value"]) for tag in config["tags"].values()} if config else {}
    policies = [str(item["arn"]) for item in request.get("PolicyArns") or []]
    policies += [str(request["Policy"])] if request.get("Policy") else []
    return SessionDetails(policies, tags, str(request.get("SourceIdentity") or ""))


def _who_asks(identity: Callable[..., Any], issued: MotoKeys) -> Callable[..., Any]:
    """Defect: whoever has a session of GetSessionToken or GetFederationToken is told to be root."""

    @wraps(identity)
    def who(self: Any, access_key_id: str, region: str) -> tuple[str, str, str]:
        opened = issued.opened(access_key_id)
        if opened is not None and opened.name:
            account = str(self.account_id)
            arn = f"arn:{self.partition}:sts::{account}:federated-user/{opened.name}"
            return f"{account}:{opened.name}", arn, account
        if opened is not None and opened.user_id:
            if (user := user_with_id(opened.user_id)) is None:
                told = "The security token included in the request is invalid"
                raise CommonServiceException("InvalidClientTokenId", told, 403, sender_fault=True)
            return str(user.id), str(user.arn), str(user.account_id)
        found: tuple[str, str, str] = identity(self, access_key_id, region)
        return found

    return who


def _policy_arns(response: Any) -> list[str]:
    """Read the ARNs of managed policies of a request in the Query protocol."""
    found = [response._get_param(f"PolicyArns.member.{number}.arn") for number in range(1, 11)]
    return [str(arn) for arn in found if arn]


def _with_a_key(answer: Callable[[Any], Any], issued: MotoKeys, *, federated: bool) -> Callable[[Any], Any]:
    """Defect: GetSessionToken and GetFederationToken give everybody the key of AWS's documentation.

    They are for users and root only; AWS's sentence is as in aws/aws-sdk-php#1876.
    """

    @wraps(answer)
    def answer_with_a_key(self: Any) -> Any:
        opened_by = extract_access_key_id_from_auth_header(self.headers) or ""
        if opened_by.startswith(SESSION_PREFIXES):
            operation = "GetFederationToken" if federated else "GetSessionToken"
            message = f"Cannot call {operation} with session credentials"
            raise CommonServiceException("AccessDenied", message, 403, sender_fault=True)
        action = answer(self)
        credentials: Mapping[str, Any] = action.result["Credentials"]
        expires: datetime = credentials["Expiration"]
        policies = [self._get_param("Policy")] if self._get_param("Policy") else []
        name = str(action.result["FederatedUser"]["Arn"]).rpartition("/")[2] if federated else ""
        action.result["Credentials"] = issued.open_session(
            self.current_account,
            expires,
            opened_by,
            name,
            [*policies, *_policy_arns(self)],
            has_mfa=bool(self._get_param("SerialNumber")),
        )
        return action

    return answer_with_a_key
