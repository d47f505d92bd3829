"""JSON documents in S3, as ``Std:JsonGet`` and pipeline definitions read them, and as checks write them."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from localcloud.errors import ServiceError
from localcloud.ports import Objects
from localcloud.sagemaker.pipelines.reading import StepError
from localcloud.sagemaker.wire.s3_uri import S3Uri

_LARGEST_PROPERTY_DOCUMENT = 2 * 1024 * 1024  # Bounds the memory that one expression can take.


def read_text(objects: Objects, bucket: str, key: str, largest: int, version_id: str | None = None) -> str:
    """Read an object, or a version of it, that must be text in UTF-8.

    `largest`: the most bytes it may have.

    Raises `ServiceError` where S3 refuses it, `ValueError` where it is too large or not UTF-8.
    """
    with objects.open(bucket, key, version_id) as body:
        content = body.read(largest + 1)
    if len(content) > largest:
        raise ValueError(f"s3://{bucket}/{key} is larger than {largest} bytes")
    return content.decode()


def read_json(objects: Objects, uri: str) -> object:
    """Read a JSON document by its S3 URI.

    Raises `StepError` where there is no such object, or it is not JSON or too large.
    """
    location = _location(uri)
    try:
        text = read_text(objects, location.bucket, location.key, _LARGEST_PROPERTY_DOCUMENT)
        document: object = json.loads(text)
    except ServiceError as error:
        raise StepError(
            f"ClientError: Failed to invoke s3:GetObject. Error Details: {error} ({uri})"
        ) from error
    except (ValueError, RecursionError) as error:
        raise StepError(f"ClientError: {uri} cannot be read as a JSON document: {error}.") from error
    return document


def write_json(objects: Objects, uri: str, document: object, kms_key_id: str | None = None) -> None:
    """Write a JSON document to its S3 URI; `StepError` where S3 refuses it."""
    location = _location(uri)
    with TemporaryDirectory() as folder:
        path = Path(folder, "document.json")
        path.write_text(json.dumps(document, indent=4), encoding="utf-8")
        try:
            objects.upload(location.bucket, location.key, path, kms_key_id)
        except ServiceError as error:
            raise StepError(
                f"ClientError: Failed to invoke s3:PutObject. Error Details: {error} ({uri})"
            ) from error


def _location(uri: str) -> S3Uri:
    try:
        location = S3Uri.parse(uri)
    except ValueError as error:
        raise StepError(f"ClientError: {error}") from error
    if not location.key:
        raise StepError(f"ClientError: '{uri}' names no object.")
    return location
