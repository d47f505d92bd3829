"""Who asks, and whether a Principal element names them.

Sources: IAM user guide, "AWS JSON policy elements: Principal", "NotPrincipal", "IAM policy elements:
Variables and tags" (principal key values), "Policy evaluation for requests within a single account".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum
from functools import lru_cache

Names = Mapping[str, Sequence[str]]
"""The element: names by their kind, such as ``AWS`` and ``Service``."""

ANONYMOUS = "anonymous"
"""Who sends a request without a signature, as AWS's messages call them."""

_PROVIDERS = frozenset({"cognito-identity.amazonaws.com"})
"""Identity providers whose names look like those of services."""


class Kind(Enum):
    """What somebody who asks is, by ``aws:PrincipalType``, where it has a word."""

    USER = "User"
    ROLE = "Role"
    SESSION = "AssumedRole"
    FEDERATED_USER = "FederatedUser"
    ROOT = "Account"
    ANONYMOUS = "Anonymous"
    SERVICE = "Service"
    PROVIDER = "Federated"


class Naming(IntEnum):
    """How a Principal element names somebody: the more closely, the fewer other policies limit them."""

    NOT = 0
    ACCOUNT = 1
    ROLE = 2
    DIRECTLY = 3


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who asks: a user, role, session or root by ARN, a service or an identity provider by name.

    `role`: of a session its role; of a service its other name, with the region.
    """

    kind: Kind
    name: str
    account: str = ""
    role: str = ""

    @property
    def has_policies(self) -> bool:
        """Whether there are policies of an identity for them."""
        kind = self.kind  # compared one by one: members of an Enum are hashed slowly
        return kind is not Kind.SERVICE and kind is not Kind.ANONYMOUS and kind is not Kind.PROVIDER


@lru_cache(maxsize=1024)
def principal_of(text: str, role: str = "") -> Principal:
    """Tell who somebody is.

    Parameters
    ----------
    text
        An ARN, the name of a service or of an identity provider, or ``anonymous``; an empty text is a user of
        the same account, of whom nothing is known.
    role
        The ARN of a session's role, ``aws:PrincipalArn``: a session's own ARN lacks the path of its role.
        Of a service, its name with the region.
    """
    parts = text.split(":", 5)
    if text in {ANONYMOUS, "*"}:
        return Principal(Kind.ANONYMOUS, ANONYMOUS)
    if len(parts) < 6:
        is_service = text.endswith((".amazonaws.com", ".amazonaws.com.cn")) and text not in _PROVIDERS
        kind = Kind.SERVICE if is_service else Kind.PROVIDER
        return Principal(kind if text else Kind.USER, text, "", role if is_service else "")
    partition, account, (kind_of_arn, _, rest) = parts[1], parts[4], parts[5].partition("/")
    if kind_of_arn == "assumed-role":
        named = f"arn:{partition}:iam::{account}:role/{rest.partition('/')[0]}"
        return Principal(Kind.SESSION, text, account, role if role.startswith("arn:") else named)
    if kind_of_arn == "role":
        return Principal(Kind.ROLE, text, account, text)
    kinds = {"root": Kind.ROOT, "federated-user": Kind.FEDERATED_USER, "user": Kind.USER}
    return Principal(kinds.get(kind_of_arn, Kind.PROVIDER), text, account)


def naming(names: Names, principal: Principal) -> Naming:
    """Tell how closely a Principal element names somebody; no wildcard but a lone asterisk counts."""
    of_aws = names.get("AWS", ())
    if "*" in of_aws:
        return Naming.DIRECTLY
    if principal.kind in {Kind.SERVICE, Kind.PROVIDER}:
        of_kind = names.get(principal.kind.value, ())
        return Naming.DIRECTLY if principal.name in of_kind or principal.role in of_kind else Naming.NOT
    found = Naming.NOT
    if principal.account:
        root = f"arn:{principal.name.split(':', 2)[1]}:iam::{principal.account}:root"
        if principal.role and principal.role in of_aws:
            found = Naming.ROLE
        elif principal.name in of_aws:
            found = Naming.DIRECTLY
        elif principal.account in of_aws or root in of_aws:
            found = Naming.ACCOUNT
        if principal.kind is Kind.SESSION and principal.name in of_aws:
            found = Naming.DIRECTLY
    return found


def is_spared(names: Names, principal: Principal, *, is_bounded: bool) -> bool:
    """Tell whether the NotPrincipal of a Deny leaves somebody out: a session by its own ARN, not its role's.

    AWS denies whoever has a permissions boundary, whatever NotPrincipal names.
    """
    if is_bounded:
        return False
    found = naming(names, principal)
    return found is Naming.DIRECTLY or (found is Naming.ROLE and principal.kind is Kind.ROLE)


def principal_context(text: str, role: str = "") -> dict[str, Sequence[str]]:
    """Give the context keys that follow from who asks."""
    principal = principal_of(text, role)
    known: dict[str, Sequence[str]] = {"aws:principalisawsservice": ["false"]}
    if principal.kind is Kind.SERVICE:
        return {"aws:principalisawsservice": ["true"], "aws:principalservicename": [principal.name]}
    if principal.account:
        known["aws:principalarn"] = [principal.role or principal.name]
        known["aws:principalaccount"] = [principal.account]
    if principal.kind is Kind.USER and principal.name:
        known["aws:username"] = [principal.name.rpartition("/")[2]]
    if principal.name and principal.kind not in {Kind.PROVIDER, Kind.ROLE}:
        known["aws:principaltype"] = [principal.kind.value]
    return known
