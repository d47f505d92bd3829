"""Resources whose code can be replaced alone, without Terraform: what AWS tells of it, and the upload.

Attributes have the names and values that Terraform's AWS provider 5.100 gives them, seen in its requests and
in the states that it wrote.
"""

from __future__ import annotations

import base64
from abc import ABC, abstractmethod
from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from driver.aws.waiter import Backoff, Waiter

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client

_EMPTY: tuple[object, ...] = (None, "", False, [], {})
_SETTLED_SECONDS = 120.0
_WAITER = Waiter(Backoff(first=0.1, longest=1))


class NotCodeAloneError(Exception):
    """What is there is not what Terraform's state says, or has settings that only Terraform knows."""


class CodeResource(ABC):
    """A resource as Terraform's state knows it, and the `content` that it is to get.

    `is_counted`: whether the local cloud counts an upload among the requests that change a resource.
    """

    is_counted = True

    def __init__(self, attributes: Mapping[str, Any], content: bytes) -> None:
        self.attributes = attributes
        self.content = content

    def why_not(self) -> str:
        """Say which of its settings only Terraform knows; empty if it knows none."""
        return ""

    @abstractmethod
    def is_made_of(self, file_hash: str) -> bool:
        """Tell whether the state knows the content of a file of this SHA-256 (hexadecimal)."""

    @property
    @abstractmethod
    def mark(self) -> Mapping[str, object]:
        """Attributes by which Terraform uploads the content, whatever it is: for the time of the upload."""

    @abstractmethod
    def seen(self) -> dict[str, object]:
        """Return the attributes by which AWS tells one content from another."""

    @abstractmethod
    def upload(self) -> None:
        """Replace the content, and wait until that is done."""

    @property
    @abstractmethod
    def known(self) -> Mapping[str, object]:
        """The attributes that say what was uploaded."""

    def check(self) -> None:
        """Raise `NotCodeAloneError` unless AWS tells what the state says."""
        seen = self.seen()
        other = [name for name, value in seen.items() if self.attributes.get(name) != value]
        if other:
            raise NotCodeAloneError(f"its {', '.join(other)} is not what Terraform's state says")

    def replace(self) -> Mapping[str, object]:
        """Replace the content; return the attributes that the provider would write into the state."""
        self.upload()
        seen, known = self.seen(), self.known
        if any(seen[name] != known[name] for name in seen.keys() & known.keys()):
            raise NotCodeAloneError("AWS tells another content than was uploaded")
        return {**seen, **known}


class CodeObject(CodeResource):
    """A script in S3, `aws_s3_object` with content."""

    is_counted = False
    _SENT = frozenset(
        {
            *(
                "arn",
                "bucket",
                "content",
                "content_base64",
                "content_type",
                "etag",
                "force_destroy",
                "id",
                "key",
            ),
            *("server_side_encryption", "storage_class", "tags", "tags_all", "version_id"),
        }
    )

    def __init__(self, client: S3Client, attributes: Mapping[str, Any], content: bytes) -> None:
        super().__init__(attributes, content)
        self._client = client
        self._place: dict[str, Any] = {"Bucket": attributes["bucket"], "Key": attributes["key"]}

    def why_not(self) -> str:
        """Say which of its settings only Terraform knows."""
        others = [name for name, value in self.attributes.items() if value not in _EMPTY]
        return ", ".join(name for name in others if name not in self._SENT)

    def is_made_of(self, file_hash: str) -> bool:
        """Compare with its content."""
        text, binary = self.attributes["content"], self.attributes["content_base64"]
        content = base64.b64decode(binary or "") if text is None else text.encode()
        return sha256(content).hexdigest() == file_hash

    @property
    def mark(self) -> Mapping[str, object]:
        """No content."""
        return {self._name: ""}

    @property
    def known(self) -> Mapping[str, object]:
        """Its content, as text if it was text before."""
        is_text = self._name == "content"
        return {self._name: (self.content if is_text else base64.b64encode(self.content)).decode()}

    def seen(self) -> dict[str, object]:
        """Ask S3."""
        found = self._client.head_object(**self._place)
        return {
            "etag": found["ETag"].strip('"'),
            "version_id": found.get("VersionId", ""),
            "content_type": found.get("ContentType", ""),
            "server_side_encryption": found.get("ServerSideEncryption", ""),
            "storage_class": found.get("StorageClass", "STANDARD"),
        }

    def upload(self) -> None:
        """Put it with all that the provider sends."""
        said: dict[str, Any] = {
            "ContentType": self.attributes["content_type"],
            "ServerSideEncryption": self.attributes["server_side_encryption"],
            "StorageClass": self.attributes["storage_class"],
            "Tagging": urlencode(self.attributes["tags_all"] or {}),
        }
        given = {name: value for name, value in said.items() if value}
        self._client.put_object(**self._place, Body=self.content, **given)

    @property
    def _name(self) -> str:
        return "content_base64" if self.attributes["content"] is None else "content"


class CodePackage(CodeResource):
    """A function's package, `aws_lambda_function` with a file."""

    _OTHER_CODE = (
        *("code_signing_config_arn", "image_uri", "publish", "s3_bucket", "s3_key", "signing_job_arn"),
        *("signing_profile_version_arn", "source_kms_key_arn"),
    )

    def __init__(
        self,
        client: LambdaClient,
        attributes: Mapping[str, Any],
        content: bytes,
        waiter: Waiter = _WAITER,
    ) -> None:
        super().__init__(attributes, content)
        self._client = client
        self._name = str(attributes["function_name"])
        self._waiter = waiter

    def why_not(self) -> str:
        """Say what makes its code more than a file."""
        return ", ".join(name for name in self._OTHER_CODE if self.attributes.get(name) not in _EMPTY)

    def is_made_of(self, file_hash: str) -> bool:
        """Compare with the hash of its package."""
        return base64.b64decode(self.attributes["source_code_hash"] or "").hex() == file_hash

    @property
    def mark(self) -> Mapping[str, object]:
        """No hash."""
        return {"source_code_hash": ""}

    @property
    def known(self) -> Mapping[str, object]:
        """The hash, as `filebase64sha256` gives it, which Lambda tells as well."""
        hash_ = base64.b64encode(sha256(self.content).digest()).decode()
        return {"source_code_hash": hash_, "code_sha256": hash_}

    def seen(self) -> dict[str, object]:
        """Ask Lambda."""
        found = self._client.get_function(FunctionName=self._name)["Configuration"]
        return {
            "code_sha256": found["CodeSha256"],
            "source_code_size": found["CodeSize"],
            "last_modified": found["LastModified"],
        }

    def upload(self) -> None:
        """Send the package; until Lambda has taken it in, the earlier one may run."""
        self._client.update_function_code(FunctionName=self._name, ZipFile=self.content)
        waited = self._waiter.wait_for(self._status, lambda status: status != "InProgress", _SETTLED_SECONDS)
        if waited.last != "Successful":
            raise NotCodeAloneError(f"the status of its update is {waited.last}")

    def _status(self) -> str:
        return self._client.get_function(FunctionName=self._name)["Configuration"]["LastUpdateStatus"]
