"""Where Terraform's state lies: on this machine, or in S3 as the table [backend] of sagestep.toml says.

Terraform's own documentation of the backend:
https://developer.hashicorp.com/terraform/language/backend/s3
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from driver.model.exceptions import WrongUseError
from driver.model.records import optional_text_of, text_of

STATE_NAME = "terraform.tfstate"
# S3's rules of naming for general purpose buckets.
_BUCKET = re.compile(r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_REGION = re.compile("[a-z]{2}(-[a-z]+)+-[0-9]")
_KEY_BYTES = 1024 - len(".tflock")  # S3's longest key; the lock file's name is longer than the state's
_KMS_KEY = re.compile(
    r"(arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:(key/[a-zA-Z0-9-]+|alias/[a-zA-Z0-9/_-]+))|[0-9a-f-]{36}|mrk-[0-9a-f]{32}"
)


@dataclass(frozen=True, slots=True)
class Backend:
    """A state in S3.

    `region` is the bucket's. With `endpoint` it is an S3 that is not AWS's, such as an emulator's.
    """

    bucket: str
    key: str
    region: str
    use_lockfile: bool = True
    kms_key_id: str | None = None
    endpoint: str | None = None

    @property
    def url(self) -> str:
        """Where the state lies, as a user would name it."""
        return f"s3://{self.bucket}/{self.key}"

    def document(self) -> Mapping[str, object]:
        """Write it as Terraform reads it. It holds no credentials: those are Terraform's environment's."""
        settings: dict[str, object] = {
            "bucket": self.bucket,
            "key": self.key,
            "region": self.region,
            "encrypt": True,
            "use_lockfile": self.use_lockfile,
        }
        if self.kms_key_id:
            settings["kms_key_id"] = self.kms_key_id
        if self.endpoint:
            settings |= {
                "endpoints": {"s3": self.endpoint},
                "use_path_style": True,  # bucket host names do not resolve to an emulator
                "skip_credentials_validation": True,
                "skip_metadata_api_check": True,
                "skip_requesting_account_id": True,
                "skip_region_validation": True,
            }
        return {"s3": settings}

    def record(self) -> Mapping[str, object]:
        """Write it as the driver remembers it."""
        return asdict(self)

    @classmethod
    def of_record(cls, record: dict[str, Any]) -> Backend:
        """Read what `record` wrote. Raises `KeyError` or `ValueError` if it is not that."""
        if not isinstance(record.get("use_lockfile"), bool):
            raise ValueError("does not say whether the state is locked")  # noqa: TRY004
        return cls(
            text_of(record, "bucket"),
            text_of(record, "key"),
            text_of(record, "region"),
            record["use_lockfile"],
            optional_text_of(record, "kms_key_id"),
            optional_text_of(record, "endpoint"),
        )


def read_backend(
    table: object,
    where: str,
    path: Path,
    *,
    default_key: str,
    default_region: str,
) -> Backend:
    """Read the table [backend].

    - `where`: what the table is called there, such as `env.live.backend`.
    - `default_key`, `default_region`: what counts where the table does not say.

    Raises `WrongUseError` if a value cannot be used, or one is missing.
    """
    if not isinstance(table, dict):
        raise _wrong(path, f"{where} is {table!r}.", f"It must be a table: [{where}].")
    for name in table:
        if name not in _SETTINGS:
            known = ", ".join(sorted(_SETTINGS))
            raise _wrong(path, f"{where}.{name} is no setting.", f"The settings are {known}.")
    if "bucket" not in table:
        raise _wrong(path, f"{where}.bucket is missing.", "It must be the name of an S3 bucket that exists.")
    values = {"key": default_key, "region": default_region} | table
    for name, value in values.items():
        is_right, must_be = _SETTINGS[name]
        if not is_right(value):
            raise _wrong(path, f"{where}.{name} is {value!r}.", f"It must be {must_be}.")
    settings: dict[str, Any] = {name: value for name, value in values.items() if name != "encrypt"}
    return Backend(**settings)


def _wrong(path: Path, what: str, why: str) -> WrongUseError:
    return WrongUseError(f"{path.name}: {what}", why, f"Correct {path}.")


def _is_key(value: object) -> bool:
    return (
        isinstance(value, str)
        and 0 < len(value.encode()) <= _KEY_BYTES
        and not value.startswith("/")
        and not value.endswith("/")
        and value.isprintable()
    )


def _is_endpoint(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        parts = urlsplit(value)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def _matches(pattern: re.Pattern[str]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and bool(pattern.fullmatch(value))


_SETTINGS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "bucket": (
        _matches(_BUCKET),
        "the name of an S3 bucket: 3 to 63 lowercase letters, digits, dots and hyphens",
    ),
    "key": (_is_key, "the name of an object: up to 1017 bytes, with no slash at either end"),
    "region": (_matches(_REGION), "the code of an AWS region, such as us-west-2"),
    "use_lockfile": (lambda value: isinstance(value, bool), "true or false"),
    "kms_key_id": (_matches(_KMS_KEY), "the id or the ARN of a KMS key, or the ARN of an alias"),
    "encrypt": (lambda value: value is True, "true, or left out: the state is always encrypted"),
    "endpoint": (_is_endpoint, "the URL of an S3 that is not AWS's, such as http://127.0.0.1:4566"),
}
