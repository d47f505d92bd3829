"""The store of task tokens: one object each, under the run that they belong to.

A retried state brings a new token for the same run, so that a run may have several. Beside them lies the
run's output once the pipeline has given it: a token that is stored only afterwards is answered by whoever
stores it. Each writes first and then reads (S3 is consistent), so that one of the two sees the other.
"""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from .calls import Clients, RefusedError, classified
from .events import EventError
from .runs import is_run_id

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class StoredRun:
    """What the store holds of a run."""

    tokens: tuple[str, ...]
    output: str | None


class TokenStore:
    """The tokens under a prefix of a bucket. `uri`: where the tokens lie, ``s3://<bucket>/<prefix>/``."""

    def __init__(self, clients: Clients, uri: str) -> None:
        scheme, _, place = uri.partition("://")
        self._bucket, _, self._prefix = place.partition("/")
        if scheme != "s3" or not self._bucket or not self._prefix.endswith("/"):
            raise ValueError(f"The task tokens' URI is '{uri}'; it must be s3://<bucket>/<prefix>/.")
        self._clients = clients

    def put_token(self, run_id: str, token: str) -> None:
        """Store a token, unless it is there."""
        self._put(run_id, hashlib.sha256(token.encode()).hexdigest()[:16], token)

    def put_output(self, run_id: str, output: str) -> None:
        """Store the output of a run, unless it has one."""
        self._put(run_id, _OUTPUT, output)

    def read(self, run_id: str) -> StoredRun:
        """Give the tokens of a run, and its output.

        Raises `EventError` if the text is no run id. Raises `RefusedError` or `PassingError` if the store
        cannot be read.
        """
        prefix = self._key(run_id, "")
        with classified():
            pages = self._s3().get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
            names = [item["Key"].removeprefix(prefix) for page in pages for item in page.get("Contents", ())]
            kept = {name: self._get(prefix + name) for name in names}
        output = kept.pop(_OUTPUT, None)
        return StoredRun(tuple(kept.values()), output)

    def _put(self, run_id: str, name: str, text: str) -> None:
        key = self._key(run_id, name)
        try:
            with classified():
                self._s3().put_object(Bucket=self._bucket, Key=key, Body=text.encode(), IfNoneMatch="*")
        except RefusedError as error:
            if error.code != "PreconditionFailed":
                raise

    def _get(self, key: str) -> str:
        return self._s3().get_object(Bucket=self._bucket, Key=key)["Body"].read().decode()

    def _key(self, run_id: str, name: str) -> str:
        if not is_run_id(run_id):
            raise EventError(f"'{run_id}' is not the id of a run.")
        return f"{self._prefix}{run_id}/{name}"

    def _s3(self) -> "S3Client":
        return cast("S3Client", self._clients("s3", None))
