"""Which secret belongs to an access key ID: the cloud's own key, those of its services, of IAM and of STS."""

import secrets
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from localcloud.localstack.gate.root_key import AccessKey, new_secret
from localcloud.localstack.gate.signature import Key

SESSION_PREFIXES = ("LSIA", "ASIA")

INTERNAL_KEY_ID = "__internal_call__"
"""LocalStack's services sign with it, or with an account's number, where they call each other."""

MOST_SESSIONS = 10_000
"""So many sessions that services hold are kept, beyond that those in their time alone."""

MOST_ENDED = 20_000
"""Of so many sessions that have ended and are forgotten, it is known that they were some."""

_MOST_CACHED = 1_000
_EVERY = 500  # new sessions after which those that have ended are looked for
_STS = ("moto.sts.models", "sts_backends")
_IAM = ("moto.iam.models", "iam_backends")
_LONG_AGO = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Opened:
    """A session of a user: GetSessionToken, or GetFederationToken with a name.

    - `user_id`: of the user who asked for it; of who deploys none.
    - `policies`: documents, or ARNs of managed policies, that limit it.
    - `has_mfa`: whether its user has named an MFA device.
    """

    key: Key
    user_id: str
    name: str = ""
    policies: Sequence[str] = ()
    has_mfa: bool = False
    issued: datetime | None = None


@dataclass(frozen=True, slots=True)
class SessionDetails:
    """What AssumeRole was given for a session beside its name; policies as in `Opened`."""

    policies: Sequence[str] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    source_identity: str = ""
    issued: datetime | None = None


class Issued(Protocol):
    """Knows the keys that IAM and STS of this cloud have issued."""

    def user_key(self, access_key_id: str) -> Key | None:
        """Find the active key of a user."""
        ...

    def session(self, access_key_id: str) -> Key | None:
        """Find the key of a session."""
        ...

    def touch(self, access_key_id: str) -> bool:
        """Learn that a session without an end is used; tell whether it is still known."""
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
            found = self._sessions.get(access_key_id) or self._find_session(access_key_id)
            if found is not None and found.expires is None and not self._issued.touch(access_key_id):
                self._sessions.pop(access_key_id, None)
                return self._issued.session(access_key_id)
            return found
        if access_key_id == INTERNAL_KEY_ID or is_account(access_key_id):
            return self._internal  # an address that a service has presigned
        return self._issued.user_key(access_key_id)

    def find_internal(self, access_key_id: str) -> Key:
        """Find the key of a service of this cloud: in whose name it calls, it says by the key's ID."""
        return self._internal

    def _find_session(self, access_key_id: str) -> Key | None:
        key = self._issued.session(access_key_id)
        if key is not None:  # it never changes
            if len(self._sessions) >= _MOST_CACHED:
                self._sessions.clear()
            self._sessions[access_key_id] = key
        return key


class MotoKeys:
    """The keys in moto's IAM and STS, which LocalStack's are built on."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._details: dict[str, SessionDetails] = {}
        self._opened: dict[str, Opened] = {}
        # Sessions that a service holds, which renews them on AWS; by their keys, when they were used last.
        self._renewed: dict[str, datetime] = {}
        self._ended: dict[str, None] = {}
        self._new = 0  # sessions since those that have ended were looked for

    def user_key(self, access_key_id: str) -> Key | None:
        """Find the active key of a user; moto keeps the keys of users that are deleted."""
        for backend in _backends(*_IAM):
            key = backend.access_keys.get(access_key_id)
            if key is not None and key.status == "Active" and user_with_key(access_key_id) is not None:
                return Key(str(key.secret_access_key))
        return None

    def session(self, access_key_id: str) -> Key | None:
        """Find the key of a session."""
        if (opened := self._opened.get(access_key_id)) is not None:
            return opened.key
        role = self.assumed_role(access_key_id)
        if role is None:
            return Key("", "", _LONG_AGO) if self.has_ended(access_key_id) else None
        expires: datetime | None = None if access_key_id in self._renewed else role.expiration
        return Key(str(role.secret_access_key), str(role.session_token), _aware(expires))

    def touch(self, access_key_id: str) -> bool:
        """Learn that a session without an end is used; tell whether it is still known."""
        is_known = access_key_id in self._renewed
        if is_known:
            self._renewed[access_key_id] = self._now()
        return is_known

    def add_details(self, access_key_id: str, details: SessionDetails, *, is_renewed: bool) -> None:
        """Keep what AssumeRole was given; a session that is renewed does not end while it is used."""
        self._details[access_key_id] = details if is_renewed else replace(details, issued=self._now())
        if is_renewed:
            self._renewed[access_key_id] = self._now()
        self._forget_at_times()

    def details(self, access_key_id: str) -> SessionDetails | None:
        """Tell what AssumeRole was given."""
        return self._details.get(access_key_id)

    def has_ended(self, access_key_id: str) -> bool:
        """Tell whether a session is forgotten, because it has ended."""
        return access_key_id in self._ended

    def opened(self, access_key_id: str) -> Opened | None:
        """Tell what is known of a user's session."""
        return self._opened.get(access_key_id)

    @staticmethod
    def assumed_role(access_key_id: str) -> Any:
        """Find the session of a role as moto keeps it, None where there is none."""
        found = (find_session(backend, access_key_id) for backend in _backends(*_STS))
        return next((role for role in found if role is not None), None)

    def open_session(
        self,
        account_id: str,
        expires: datetime,
        opened_by: str,
        name: str = "",
        policies: Sequence[str] = (),
        *,
        has_mfa: bool = False,
    ) -> dict[str, object]:
        """Open a session of the user who has the key `opened_by`; give it as STS does."""
        from moto.iam.utils import generate_access_key_id_from_account_id  # noqa: PLC0415 - moto is loaded now

        access_key_id = str(generate_access_key_id_from_account_id(account_id, prefix=SESSION_PREFIXES[0]))
        key = Key(new_secret(), secrets.token_urlsafe(256), _aware(expires))
        self._forget_at_times()
        user = user_with_key(opened_by)
        user_id = "" if user is None else str(user.id)
        self._opened[access_key_id] = Opened(key, user_id, name, policies, has_mfa, self._now())
        return {
            "AccessKeyId": access_key_id,
            "SecretAccessKey": key.secret,
            "SessionToken": key.token,
            "Expiration": expires,
        }

    def _forget_at_times(self) -> None:
        self._new += 1
        if self._new >= _EVERY:
            self._new = 0
            self.forget_ended()

    def close(self, access_key_id: str) -> None:
        """Forget a session whose key nobody has any more."""
        if (role := self.assumed_role(access_key_id)) is not None:
            _remove(role)
        self._forget(access_key_id)

    def forget_ended(self) -> None:
        """Forget the sessions that have ended, and those of many that services have not used for longest."""
        now = self._now()
        by_use = sorted(self._renewed.copy().items(), key=lambda held: held[1])
        unused = {key_id for key_id, _ in by_use[: max(len(by_use) - MOST_SESSIONS, 0)]}
        for key_id, opened in list(self._opened.items()):
            if opened.key.expires is not None and opened.key.expires <= now:
                self._ended[key_id] = None
                self._forget(key_id)
        for backend in _backends(*_STS):
            for role in list(backend.assumed_roles):
                key_id = str(role.access_key_id)
                lasts = key_id in self._renewed and key_id not in unused
                if not lasts and (expires := _aware(role.expiration)) is not None and expires <= now:
                    _remove(role)
                    self._ended[key_id] = None
                    self._forget(key_id)
        for key_id in list(self._ended)[:-MOST_ENDED]:
            self._ended.pop(key_id, None)

    def _forget(self, key_id: str) -> None:
        for kept in (self._opened, self._details, self._renewed):
            kept.pop(key_id, None)
        for backend in _backends(*_IAM):
            backend.access_keys.pop(key_id, None)
        stores = sys.modules.get("localstack.services.sts.models")
        for store in _regions(stores.sts_stores) if stores else ():
            store.sessions.pop(key_id, None)


ISSUED = MotoKeys()
"""The keys of IAM and STS of this process."""


def find_session(backend: Any, access_key_id: str) -> Any:
    """Find the session of a role in one of moto's backends of STS, None where there is none.

    In a copy of its list: from a list that another thread removes a session from, the next one is skipped.
    """
    newest_first = backend.assumed_roles[::-1]  # who is looked for is new
    return next((role for role in newest_first if role.access_key_id == access_key_id), None)


def _remove(role: Any) -> None:
    for backend in _backends(*_STS):
        with suppress(ValueError):  # it is of another account, or another thread has removed it
            backend.assumed_roles.remove(role)


def user_with_id(user_id: str) -> Any:
    """Find a user as moto keeps it, None where there is none any more."""
    return next((user for user in _users() if user.id == user_id), None)


def user_with_key(access_key_id: str) -> Any:
    """Find the user who has a key, None where nobody has it."""
    return next(
        (user for user in _users() if any(key.access_key_id == access_key_id for key in [*user.access_keys])),
        None,
    )


def _users() -> Iterator[Any]:
    for backend in _backends(*_IAM):
        yield from list(backend.users.values())


def longest_session(role_arn: str) -> int:
    """Give the MaxSessionDuration of a role, in seconds; an hour unless it says otherwise."""
    roles = (role for backend in _backends(*_IAM) for role in list(backend.roles.values()))
    found = next((role.max_session_duration for role in roles if role.arn == role_arn), None)
    return int(found or 3600)


def _backends(module: str, name: str) -> Iterator[Any]:
    """Yield moto's backends of a service, of all accounts and partitions; none before it is loaded."""
    models = sys.modules.get(module)  # else nobody has asked the service for anything
    for partitions in list(getattr(models, name).values()) if models else ():
        yield from list(partitions.values())


def _regions(stores: Any) -> Iterator[Any]:
    for bundle in list(stores.values()):
        yield from list(bundle.values())


def _aware(moment: datetime | None) -> datetime | None:
    return moment if moment is None or moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def is_account(access_key_id: str) -> bool:
    """Tell whether a key is the number of an account, by which services of this cloud call each other."""
    return len(access_key_id) == 12 and access_key_id.isascii() and access_key_id.isdigit()
