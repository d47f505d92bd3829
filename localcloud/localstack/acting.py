"""Sessions of roles that services of ours work as, and clients whose calls are signed by them.

All sessions share one client for each service: a call brings its keys along, so that a job costs no client.
"""

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.client import BaseClient
from botocore.credentials import Credentials
from localstack.aws.connect import connect_to

from localcloud.ports import Role

if TYPE_CHECKING:  # stubs, which only the development environment has
    from mypy_boto3_sts.type_defs import CredentialsTypeDef

LONGEST = 12 * 60 * 60
"""Seconds that STS is asked for; the gate lets sessions of services last on (`gate.sessions`)."""

_PARAMETER = "_Session"


class Session:
    """A role's session, opened when its keys are first asked for; may be used from any thread."""

    def __init__(self, role: Role, region: str) -> None:
        self._role = role
        self._region = region
        self._lock = threading.Lock()  # guards _keys
        self._keys: Credentials | None = None

    def keys(self) -> Credentials:
        """Give its keys; raises botocore's ``AccessDenied`` where the role does not trust the service."""
        with self._lock:
            if self._keys is None:
                opened = open_session(self._role, self._region)
                self._keys = Credentials(
                    opened["AccessKeyId"], opened["SecretAccessKey"], opened["SessionToken"]
                )
            return self._keys

    def variables(self) -> dict[str, str]:
        """Give the environment variables by which SDKs find its keys."""
        keys = self.keys()
        return {
            "AWS_ACCESS_KEY_ID": str(keys.access_key),
            "AWS_SECRET_ACCESS_KEY": str(keys.secret_key),
            "AWS_SESSION_TOKEN": str(keys.token),
        }


def open_session(role: Role, region: str) -> "CredentialsTypeDef":
    """Assume a role as the service does."""
    sts = connect_to(region_name=region).sts.request_metadata(
        service_principal=role.service, source_arn=role.source_arn
    )
    opened: CredentialsTypeDef = sts.assume_role(
        RoleArn=role.arn, RoleSessionName=role.session_name, DurationSeconds=LONGEST
    )["Credentials"]
    return opened


class Signed:
    """A client of ``connect_to`` that signs its operations with the keys of a session."""

    def __init__(self, client: Any, session: Session) -> None:
        self._plain: BaseClient = client._client
        self._session = session
        events = self._plain.meta.events
        events.register_first("provide-client-params.*.*", _sign, unique_id="sagestep-session")

    def __getattr__(self, name: str) -> Any:
        """Give an operation with its session, or what else the client has."""
        found = getattr(self._plain, name)
        is_operation = name in self._plain.meta.method_to_api_mapping
        return partial(found, **{_PARAMETER: self._session}) if is_operation else found


def _sign(params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
    session: Session | None = params.pop(_PARAMETER, None)
    if session is not None:
        context["signing"] = {**context.get("signing", {}), "request_credentials": session.keys()}
