"""Who may use a local target: its access key, and whether it is open to others.

The local cloud makes a key anew at each start and writes it into its state folder, which only its owner can
read. A LocalStack that somebody else runs takes any key, unless this project's gate was switched on there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from driver.model.exceptions import UnusableCloudError
from driver.model.values import OPEN_KEYS, Access, Keys
from driver.terraform.environment import without_aws_settings

# AWS never issues a key that begins so: one of the user's own for AWS is never sent to a local target.
_LOCAL_PREFIXES = ("LKIA", "LSIA")


def read_cloud_keys(path: Path) -> Keys:
    """Read the keys that a local cloud has written.

    Raises
    ------
    UnusableCloudError
        If they are not there, or not whole.
    """
    try:
        values = json.loads(path.read_bytes())
        return Keys(str(values["access_key_id"]), str(values["secret_access_key"]))
    except FileNotFoundError:
        why = f"There is no file {path}, which it writes when it starts."
    except OSError as error:
        why = f"The file {path} cannot be read: {error.strerror}."
    except (ValueError, KeyError, TypeError):
        why = f"The file {path} is not what the local cloud writes."
    raise UnusableCloudError(
        "The keys of the local cloud are missing.",
        why,
        "Run `invoke down`, which ends the local cloud, then `invoke up`: it makes new keys.",
    )


def localstack_keys(environ: Mapping[str, str]) -> Keys:
    """Return the keys for a LocalStack: those in the environment if AWS never issues such a key."""
    access_key_id = environ.get("AWS_ACCESS_KEY_ID", "")
    if not access_key_id.startswith(_LOCAL_PREFIXES):
        return OPEN_KEYS
    secret, token = environ.get("AWS_SECRET_ACCESS_KEY", ""), environ.get("AWS_SESSION_TOKEN", "")
    return Keys(access_key_id, secret, token)


def local_environment(environ: Mapping[str, str], keys: Keys) -> dict[str, str]:
    """Take the user's AWS settings out, but for an access key that AWS never issues: a local cloud's.

    The backend of the state has its key from here: it is in no file, and on no command line.
    """
    given = localstack_keys(environ)
    return without_aws_settings(environ) | (keys if given == OPEN_KEYS else given).variables


def describe_access(access: Access) -> list[str]:
    """Say what it means that a local cloud is open, or accepts requests of web pages; nothing if neither."""
    said = []
    if access.is_open:
        said.append(
            "The local cloud is open: any program and any user of this machine may use it without a key, and "
            "with it run code as you."
        )
    if access.allowed_origins:
        said.append(f"Web pages of {', '.join(access.allowed_origins)} may send requests to the local cloud.")
    return said


def as_settings(access: Access) -> str:
    """Write who may use a local cloud as the settings are written in sagestep.toml."""
    written = {"open": access.is_open, "allow_origin": access.allowed_origins, "iam": access.iam}
    written |= {"deployer_policy": access.deployer_policy} if access.deployer_policy else {}
    return ", ".join(f"{name} = {json.dumps(value)}" for name, value in written.items())
