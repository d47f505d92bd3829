"""JSON documents in S3, as ``Std:JsonGet`` and pipeline definitions read them."""

import json

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
    try:
        location = S3Uri.parse(uri)
    except ValueError as error:
        raise StepError(f"ClientError: {error}") from error
    if not location.key:
        raise StepError(f"ClientError: '{uri}' names no object.")
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
