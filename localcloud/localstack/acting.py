"""Sessions of roles that services work as, and clients whose calls are signed by them.

All sessions share one client for each service: a call brings its keys along, so that a job costs no client.
A session whose keys nobody has any more is forgotten: each step of a pipeline has one.
"""

import threading
import weakref
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.client import BaseClient
from botocore.credentials import Credentials
from localstack.aws.connect import ServiceLevelClientFactory, connect_to

from localcloud.localstack.gate.keys import ISSUED
from localcloud.ports import Role

if TYPE_CHECKING:  # stubs, which only the development environment has
    from mypy_boto3_sts.type_defs import CredentialsTypeDef

LONGEST = 12 * 60 * 60
"""Seconds that STS is asked for; the gate lets sessions of services last on (`gate.sessions`)."""

LONGEST_CHAINED = 60 * 60
"""Seconds that a role may be assumed for by another role (IAM user guide, "Role chaining")."""

_MARGIN = timedelta(minutes=5)
_PARAMETER = "_Session"


class RoleArn(str):
    """The ARN of a role that LocalStack hands from hand to hand, with what a session of it takes.

    `through`: the role that assumes it; unless given, the service does.
    """

    __slots__ = ("role", "through")
    role: Role
    through: "RoleArn | None"

    @classmethod
    def of(cls, role: Role, through: "RoleArn | None" = None) -> "RoleArn":
        """Make one."""
        made = cls(role.arn)
        made.role, made.through = role, through
        return made


class Session:
    """A role's session, opened when its keys are first asked for; may be used from any thread.

    `through`: the session that opens it; unless given, the service does.
    """

    def __init__(self, role: Role, region: str, through: "Session | None" = None) -> None:
        self._role = role
        self._region = region
        self._through = through
        self._lock = threading.Lock()  # guards what follows
        self._keys: Credentials | None = None
        self._end: weakref.finalize[Any, Credentials] | None = None
        self._expires = datetime.max.replace(tzinfo=UTC)

    def keys(self) -> Credentials:
        """Give its keys, for as long as these or the session are held.

        Raises botocore's ``AccessDenied`` where the role does not trust who opens it.
        """
        with self._lock:
            if self._keys is None or datetime.now(UTC) > self._expires - _MARGIN:
                opened = self._open()
                key_id = opened["AccessKeyId"]
                self._keys = Credentials(key_id, opened["SecretAccessKey"], opened["SessionToken"])
                self._end = weakref.finalize(self._keys, ISSUED.close, key_id)
                self._end.atexit = False
                if self._through is not None:
                    self._expires = opened["Expiration"]
            return self._keys

    def variables(self) -> dict[str, str]:
        """Give the environment variables by which SDKs find its keys; they may be used from then on."""
        keys = self.keys()
        with self._lock:
            if self._end is not None:
                self._end.detach()
        return {
            "AWS_ACCESS_KEY_ID": str(keys.access_key),
            "AWS_SECRET_ACCESS_KEY": str(keys.secret_key),
            "AWS_SESSION_TOKEN": str(keys.token),
        }

    def _open(self) -> "CredentialsTypeDef":
        role, sts = self._role, connect_to(region_name=self._region).sts
        if self._through is None:
            told = {"source_arn": role.source_arn} if role.source_arn else {}
            asking, seconds = sts.request_metadata(service_principal=role.service, **told), LONGEST
        else:
            asking, seconds = Signed(sts, self._through), LONGEST_CHAINED
        opened: CredentialsTypeDef = asking.assume_role(
            RoleArn=role.arn, RoleSessionName=role.session_name, DurationSeconds=seconds
        )["Credentials"]
        return opened


class Signed:
    """A client of ``connect_to`` that signs its operations with the keys of a session."""

    def __init__(self, client: Any, session: Session) -> None:
        self._plain: BaseClient = client._client
        self._session = session
        events = self._plain.meta.events
        events.register_first("provide-client-params.*.*", _sign, unique_id="sagestep-session")

    def request_metadata(self, **_: object) -> "Signed":
        """Give itself: who asks is told by the keys."""
        return self

    def __getattr__(self, name: str) -> Any:
        """Give an operation with its session, or what else the client has."""
        found = getattr(self._plain, name)
        is_operation = name in self._plain.meta.method_to_api_mapping
        return partial(found, **{_PARAMETER: self._session}) if is_operation else found


class SignedClients:
    """What ``connect_to`` gives for a role: its clients by LocalStack's names of services."""

    def __init__(self, clients: ServiceLevelClientFactory, session: Session) -> None:
        self._clients = clients
        self._session = session

    def get_client(self, service: str) -> Signed:
        """Give the client of a service."""
        return Signed(self._clients.get_client(service), self._session)

    def __getattr__(self, service: str) -> Signed:
        """Give the client of a service."""
        return Signed(getattr(self._clients, service), self._session)


def session_of(role_arn: str, region: str, otherwise: Callable[[str], Role]) -> Session:
    """Give a session of a role, told by `RoleArn` or, of a bare ARN, by a function."""
    if not isinstance(role_arn, RoleArn):
        return Session(otherwise(role_arn), region)
    through = role_arn.through
    return Session(role_arn.role, region, None if through is None else session_of(through, region, otherwise))


def _sign(params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
    session: Session | None = params.pop(_PARAMETER, None)
    if session is not None:
        context["signing"] = {**context.get("signing", {}), "request_credentials": session.keys()}
