"""Who asks, with whose policies: the access key of a request, and what IAM and STS know of it."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from localcloud.iam.authorization import IAM_POLICY, Caller, as_user, read_policy
from localcloud.iam.policies import Policy
from localcloud.iam.principals import ANONYMOUS, principal_context
from localcloud.iam.requests.call import Call
from localcloud.iam.requests.keys import Values, account_of
from localcloud.localstack.gate.keys import (
    INTERNAL_KEY_ID,
    SESSION_PREFIXES,
    MotoKeys,
    is_account,
    user_with_id,
    user_with_key,
)

_FULL = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
_NOTHING = _FULL.replace("Allow", "Deny")
_MOST = 1_000


def administrator() -> Policy:
    """Give the policy of who may do everything."""
    policy = read_policy("AdministratorAccess", IAM_POLICY, _FULL)
    assert policy is not None
    return policy


@dataclass(frozen=True, slots=True)
class _Session:
    arn: str
    name: str
    role_arn: str
    policies: Sequence[str]  # documents or ARNs: a managed policy may change
    keys: Mapping[str, Values]


class Identities:
    """Tells who an access key belongs to.

    - `issued`: the keys of IAM and STS.
    - `deployer`: the policy of who holds the cloud's own key; None lets it do everything, as root.
    """

    def __init__(self, issued: MotoKeys, deployer: Policy | None = None) -> None:
        self._issued = issued
        self._deployer = deployer
        self._sessions: dict[str, _Session] = {}

    def caller(self, key_id: str, account: str, partition: str) -> Caller | None:
        """Tell who holds a key; None for the services of this cloud, which name themselves otherwise."""
        if key_id == INTERNAL_KEY_ID or is_account(key_id):
            return None
        if key_id.startswith(SESSION_PREFIXES):
            self._issued.touch(key_id)  # services use theirs within this process, without a signature
            if found := self._of_session(key_id, account, partition):
                return found
            if self._issued.has_ended(key_id):
                return Caller(ANONYMOUS, ANONYMOUS)
        user = user_with_key(key_id)
        return self._the_deployer(account, partition) if user is None else _user(user, partition)

    def may_call(self, key_id: str, call: Call) -> bool:
        """Tell whether AWS accepts a session of a user at all for a call.

        The user must still exist. Without MFA, a session may call nothing of IAM and little of STS (STS API
        reference, GetSessionToken).
        """
        if (opened := self._issued.opened(key_id)) is None:
            return True
        if opened.user_id and user_with_id(opened.user_id) is None:
            return False
        if call.service not in {"iam", "sts"}:
            return True
        if call.service == "sts":
            return call.operation == "GetCallerIdentity" or (
                not opened.name and (call.operation == "AssumeRole" or opened.has_mfa)
            )
        return opened.has_mfa

    def arn_of(self, kind: str, name: str, account: str, partition: str, key_id: str) -> str:
        """Give the ARN, with its path, of what IAM knows by a name; without a name, of the user who asks."""
        backend = _iam(account, partition)
        if backend is None:
            return ""
        if kind == "iam:user" and not name:
            caller = self.caller(key_id, account, partition)
            return caller.entity if caller else ""
        found = {
            "iam:role": _role(backend, name),
            "iam:user": backend.users.get(name),
            "iam:group": backend.groups.get(name),
            "iam:instance-profile": backend.instance_profiles.get(name),
        }.get(kind)
        return str(found.arn) if found else ""

    def _the_deployer(self, account: str, partition: str) -> Caller:
        if self._deployer is None:
            root = f"arn:{partition}:iam::{account}:root"
            return Caller(root, root, keys={**principal_context(root), "aws:userid": [account]})
        user = f"arn:{partition}:iam::{account}:user/deployer"
        keys = {**principal_context(user), "aws:userid": ["deployer"]}
        return Caller(user, user, identity=(self._deployer,), keys=keys)

    def _of_session(self, key_id: str, account: str, partition: str) -> Caller | None:
        if (opened := self._issued.opened(key_id)) is not None:
            holder = self._the_deployer(account, partition)
            if opened.user_id:
                user = user_with_id(opened.user_id)
                holder = _user(user, partition) if user else Caller(ANONYMOUS, ANONYMOUS)
            issued = _issued_at(opened.issued) | {"aws:multifactorauthpresent": [str(opened.has_mfa).lower()]}
            if not opened.name:
                return replace(holder, keys={**holder.keys, **issued})
            policies = _texts(opened.policies, account, partition)
            federated = f"arn:{partition}:sts::{account}:federated-user/{opened.name}"
            own = as_user(holder, administrator()).identity  # of root, what an administrator may do
            return Caller(
                federated,
                federated,
                "",
                own,
                holder.boundary,
                policies,
                {**principal_context(federated), **issued},
            )
        session = self._sessions.get(key_id) or self._read(key_id)
        if session is None:
            return None
        backend = _iam(account_of(session.role_arn) or account, partition)
        role = backend and _role(backend, session.role_arn.rpartition("/")[2])
        if not role or role.arn != session.role_arn:
            return Caller(session.arn, session.role_arn, session.name, keys=session.keys)
        keys = {**session.keys, "aws:userid": [f"{role.id}:{session.name}"]}
        keys |= {f"aws:principaltag/{name.lower()}": [value] for name, value in _tags(role).items()}
        keys |= {name: value for name, value in session.keys.items() if name.startswith("aws:principaltag/")}
        return Caller(
            session.arn,
            session.role_arn,
            session.name,
            _policies(role),
            _boundary(backend, role),
            _texts(session.policies, account, partition),
            keys,
        )

    def _read(self, key_id: str) -> _Session | None:
        role = self._issued.assumed_role(key_id)
        if role is None:
            return None
        details = self._issued.details(key_id)
        keys = {**principal_context(role.arn, role.role_arn), "aws:multifactorauthpresent": ["false"]}
        if details is not None:
            keys |= {f"aws:principaltag/{name.lower()}": [value] for name, value in details.tags.items()}
            keys |= {"aws:sourceidentity": [details.source_identity]} if details.source_identity else {}
            keys |= _issued_at(details.issued)
        policies = details.policies if details else ()
        session = _Session(role.arn, role.session_name, role.role_arn, policies, keys)
        if len(self._sessions) >= _MOST:
            self._sessions.clear()
        self._sessions[key_id] = session
        return session


def _issued_at(moment: datetime | None) -> dict[str, Values]:
    """Give when a session was opened; services renew theirs, so that theirs have no such time here."""
    return {"aws:tokenissuetime": [f"{moment:%Y-%m-%dT%H:%M:%S}Z"]} if moment else {}


def _iam(account: str, partition: str) -> Any:
    models = sys.modules.get("moto.iam.models")
    return models and models.iam_backends[account][partition]


def _role(backend: Any, name: str) -> Any:
    return next((role for role in list(backend.roles.values()) if role.name == name), None)


def _user(user: Any, partition: str) -> Caller:
    backend = _iam(str(user.account_id), partition)
    identity = [*_policies(user)]
    for group in backend.get_groups_for_user(user.name):
        identity += _policies(group)
    keys = {**principal_context(user.arn), "aws:userid": [str(user.id)]}
    keys |= {f"aws:principaltag/{name.lower()}": [value] for name, value in _tags(user).items()}
    return Caller(user.arn, user.arn, "", identity, _boundary(backend, user), (), keys)


def _policies(entity: Any) -> Sequence[Policy]:
    """Read the policies of a user, a group or a role: inline ones by name, managed ones by ARN."""
    named = [(name, text) for name, text in list(entity.policies.items())]
    named += [(policy.arn, default_document(policy)) for policy in list(entity.managed_policies.values())]
    return [policy for name, text in named if (policy := read_policy(name, IAM_POLICY, text)) is not None]


def _boundary(backend: Any, entity: Any) -> Policy | None:
    arn = getattr(entity, "permissions_boundary_arn", None)
    if not arn:
        return None
    return _limit(arn, _document(backend, arn))


def _texts(texts: Sequence[str], account: str, partition: str) -> Sequence[Policy]:
    """Read the policies of a session: documents, or the ARNs of managed policies."""
    found = []
    for number, text in enumerate(texts):
        if text.startswith("arn:"):
            found.append(_limit(text, _document(_iam(account, partition), text)))
        else:
            found.append(_limit(f"session policy {number}", text))
    return found


def _document(backend: Any, arn: str) -> str:
    policy = backend.managed_policies.get(arn)
    return default_document(policy) if policy else ""


def default_document(policy: Any) -> str:
    """Give the default version of a managed policy; its `document` stays the first version, a defect."""
    versions = [*policy.versions]
    return next(str(one.document) for one in versions if one.version_id == policy.default_version_id)


def _limit(name: str, text: str) -> Policy:
    """Read a policy that limits; what is none, or is gone, allows nothing."""
    policy = read_policy(name, IAM_POLICY, text) or read_policy(name, IAM_POLICY, _NOTHING)
    assert policy is not None
    return policy


def _tags(entity: Any) -> Mapping[str, str]:
    """Give the tags of a user or a role, which moto keeps in two ways."""
    tags = getattr(entity, "tags", None) or {}
    if isinstance(tags, Mapping):
        return {
            str(item["Key"]) if isinstance(item, Mapping) else str(key): str(
                item["Value"] if isinstance(item, Mapping) else item
            )
            for key, item in tags.items()
        }
    return {str(item["Key"]): str(item["Value"]) for item in tags}
