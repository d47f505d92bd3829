"""Which secret belongs to an access key ID: the cloud's own key, those of its services, of IAM and of STS."""

import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from localcloud.localstack.gate.root_key import AccessKey, new_secret
from localcloud.localstack.gate.signature import Key

SESSION_PREFIXES = ("LSIA", "ASIA")

INTERNAL_KEY_ID = "__internal_call__"
"""LocalStack's services sign with it, or with an account's number, where they call each other."""

MOST_SESSIONS = 10_000


@dataclass(frozen=True, slots=True)
class Opened:
    """A session of a user: GetSessionToken, or GetFederationToken with a name.

    - `opened_by`: the access key that asked for it.
    - `policies`: documents, or ARNs of managed policies, that limit it.
    """

    key: Key
    opened_by: str
    name: str = ""
    policies: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class SessionDetails:
    """What AssumeRole was given for a session beside its name; policies as in `Opened`."""

    policies: Sequence[str] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    source_identity: str = ""


class Issued(Protocol):
    """Knows the keys that IAM and STS of this cloud have issued."""

    def user_key(self, access_key_id: str) -> Key | None:
        """Find the active key of a user."""
        ...

    def session(self, access_key_id: str) -> Key | None:
        """Find the key of a session."""
        ...


class KeyRing:
    """All keys of a cloud. `issued`: what knows the keys of IAM and STS."""

    def __init__(self, root: AccessKey, issued: Issued) -> None:
        self.internal_secret = new_secret()
        self.root_id = root.access_key_id
        self._root = Key(root.secret_access_key)
        self._internal = Key(self.internal_secret)
        self._issued = issued
        self._sessions: dict[str, Key] = {}

    def find(self, access_key_id: str) -> Key | None:
        """Find a key that somebody outside may have."""
        if access_key_id == self.root_id:
            return self._root
        if access_key_id.startswith(SESSION_PREFIXES):
            return self._sessions.get(access_key_id) or self._find_session(access_key_id)
        if access_key_id == INTERNAL_KEY_ID or is_account(access_key_id):
            return self._internal  # an address that a service has presigned
        return self._issued.user_key(access_key_id)

    def find_internal(self, access_key_id: str) -> Key:
        """Find the key of a service of this cloud: in whose name it calls, it says by the key's ID."""
        return self._internal

    def _find_session(self, access_key_id: str) -> Key | None:
        key = self._issued.session(access_key_id)
        if key is not None:  # it never changes
            if len(self._sessions) >= MOST_SESSIONS:
                self._sessions.clear()
            self._sessions[access_key_id] = key
        return key


class MotoKeys:
    """The keys in moto's IAM and STS, which LocalStack's are built on."""

    def __init__(self) -> None:
        self.renewed: set[str] = set()  # sessions that a service holds, which renews them on AWS
        self.session_details: dict[str, SessionDetails] = {}
        self._opened: dict[str, Opened] = {}

    def user_key(self, access_key_id: str) -> Key | None:
        """Find the active key of a user."""
        found = self._access_key(access_key_id)
        return None if found is None or found.status != "Active" else Key(str(found.secret_access_key))

    def session(self, access_key_id: str) -> Key | None:
        """Find the key of a session."""
        if (opened := self._opened.get(access_key_id)) is not None:
            return opened.key
        role = self.assumed_role(access_key_id)
        if role is None:
            return None
        expires: datetime | None = None if access_key_id in self.renewed else role.expiration
        return Key(str(role.secret_access_key), str(role.session_token), _aware(expires))

    def opened(self, access_key_id: str) -> Opened | None:
        """Tell what is known of a user's session."""
        return self._opened.get(access_key_id)

    @staticmethod
    def assumed_role(access_key_id: str) -> Any:
        """Find the session of a role as moto keeps it, None where there is none."""
        models = sys.modules.get("moto.sts.models")
        if models is None:
            return None
        for partitions in list(models.sts_backends.values()):
            for backend in list(partitions.values()):
                if (role := backend.get_assumed_role_from_access_key(access_key_id)) is not None:
                    return role
        return None

    def open_session(
        self, account_id: str, expires: datetime, opened_by: str, name: str = "", policies: Sequence[str] = ()
    ) -> dict[str, object]:
        """Open a session of a user; give it as STS does."""
        from moto.iam.utils import generate_access_key_id_from_account_id  # noqa: PLC0415 - moto is loaded now

        access_key_id = str(generate_access_key_id_from_account_id(account_id, prefix=SESSION_PREFIXES[0]))
        key = Key(new_secret(), secrets.token_urlsafe(256), _aware(expires))
        if len(self._opened) >= MOST_SESSIONS:
            self._opened.clear()
        self._opened[access_key_id] = Opened(key, opened_by, name, policies)
        return {
            "AccessKeyId": access_key_id,
            "SecretAccessKey": key.secret,
            "SessionToken": key.token,
            "Expiration": expires,
        }

    @staticmethod
    def _access_key(access_key_id: str) -> Any:
        models = sys.modules.get("moto.iam.models")
        if models is None:  # nobody has asked IAM for anything
            return None
        for partitions in list(models.iam_backends.values()):
            for backend in list(partitions.values()):
                if (key := backend.access_keys.get(access_key_id)) is not None:
                    return key
        return None


def _aware(moment: datetime | None) -> datetime | None:
    return moment if moment is None or moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def is_account(access_key_id: str) -> bool:
    """Tell whether a key is the number of an account, by which services of this cloud call each other."""
    return len(access_key_id) == 12 and access_key_id.isascii() and access_key_id.isdigit()
