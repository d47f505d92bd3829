"""The key of a local cloud, made anew at each start."""

import secrets
import string
from dataclasses import dataclass, field

_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_PREFIX = "LKIAQAAAAAAA"
"""LocalStack's for a key that lasts (AWS has AKIA), then the account 000000000000 as AWS's keys have it."""


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An access key with its secret."""

    access_key_id: str
    secret_access_key: str = field(repr=False)


def new_root_key() -> AccessKey:
    """Make a key of the account 000000000000."""
    tail = secrets.choice(_BASE32[:16]) + "".join(secrets.choice(_BASE32) for _ in range(7))
    return AccessKey(f"{_PREFIX}{tail}", new_secret())


def new_secret() -> str:
    """Make a secret access key: 40 characters that no shell, file or address needs to quote."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(40))
