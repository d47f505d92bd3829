"""The data of jobs in S3: the objects that a prefix or a manifest stands for.

Sources: the service model's `S3DataSource` (prefixes, the form of a manifest).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from localcloud.errors import ServiceError
from localcloud.ports import Objects
from localcloud.sagemaker.wire.s3_uri import S3Uri

_LARGEST_MANIFEST = 64 * 1024 * 1024


class DataError(Exception):
    """The data of a job is not there or cannot be used; the message is what follows ``ClientError:``."""


@dataclass(frozen=True, slots=True)
class Found:
    """An object of a data source, and its path relative to the source."""

    location: S3Uri
    path: str


@dataclass(frozen=True, slots=True)
class DataSource:
    """Objects in S3, named by a prefix or by a manifest. `data_type`: ``S3Prefix`` or ``ManifestFile``."""

    uri: S3Uri
    data_type: str = "S3Prefix"

    def objects(self, objects: Objects) -> list[Found]:
        """List the objects, in S3's order or in the manifest's; folder markers are none.

        Raises `ServiceError` if S3 refused. Raises `DataError` if the manifest is broken.
        """
        if self.data_type == "ManifestFile":
            return list(self._in_manifest(objects))
        keys = objects.list(self.uri.bucket, self.uri.key)
        return [
            Found(S3Uri(self.uri.bucket, key), _relative(key, self.uri.key))
            for key in keys
            if not key.endswith("/")
        ]

    def _in_manifest(self, objects: Objects) -> Iterator[Found]:
        with objects.open(self.uri.bucket, self.uri.key) as body:
            text = body.read(_LARGEST_MANIFEST)
        try:
            head, *paths = json.loads(text)
            prefix = S3Uri.parse(head["prefix"])
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise DataError(f"The manifest {self.uri} is not of the form [{{prefix}}, path, …].") from error
        for path in paths:
            if not isinstance(path, str):
                raise DataError(f"The manifest {self.uri} names {path!r}, which is no path.")
            yield Found(S3Uri(prefix.bucket, prefix.key + path), path)


def no_objects(uri: str, region: str, role_arn: str) -> str:
    """Say that nothing lies under a prefix, as AWS does."""
    bucket = S3Uri.parse(uri).bucket
    return (
        f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket '
        f"exists in the selected region ({region}), that objects exist under that S3 prefix, and that the "
        f'role "{role_arn}" has "s3:ListBucket" permissions on bucket "{bucket}".'
    )


def list_or_explain(source: DataSource, objects: Objects, region: str, role_arn: str) -> list[Found]:
    """List the objects of a source, of which there must be some.

    Raises `DataError`: In AWS's words: there is none, or S3 refused.
    """
    try:
        found = source.objects(objects)
    except ServiceError as error:
        reason = no_objects(str(source.uri), region, role_arn)
        raise DataError(f"{reason} Error message from S3: {error.message}") from error
    if not found:
        raise DataError(no_objects(str(source.uri), region, role_arn))
    return found


def _relative(key: str, prefix: str) -> str:
    """Give the path of an object below a prefix: a folder's name is left out, a part of a name is not."""
    rest = key[len(prefix) :]
    if rest and (not prefix or prefix.endswith("/") or rest.startswith("/")):
        return rest.lstrip("/")
    return key[prefix.rfind("/") + 1 :]
