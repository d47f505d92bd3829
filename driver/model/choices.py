"""The words that a user chooses among. Apart from all else, so that reading a command line imports little."""

from __future__ import annotations

from enum import StrEnum


class TargetName(StrEnum):
    """Where a deployment goes."""

    LOCAL = "local"
    LOCALSTACK = "localstack"
    AWS = "aws"


class Geocoder(StrEnum):
    """What turns coordinates into addresses: a job of SageMaker geospatial, or a processing job."""

    VECTOR_ENRICHMENT = "vector_enrichment"
    PROCESSING = "processing"


class IamMode(StrEnum):
    """What the local cloud does about a request that IAM denies."""

    ENFORCE = "enforce"
    AUDIT = "audit"
    OFF = "off"


DEFAULT_IAM = IamMode.OFF
