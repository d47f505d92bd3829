"""The words that a user chooses among. Apart from all else, so that reading a command line imports little."""

from __future__ import annotations

from enum import StrEnum


class TargetName(StrEnum):
    """Where a deployment goes."""

    LOCAL = "local"
    LOCALSTACK = "localstack"
    AWS = "aws"


class IamMode(StrEnum):
    """What the local cloud does about a request that IAM denies."""

    ENFORCE = "enforce"
    AUDIT = "audit"
    OFF = "off"


DEFAULT_IAM = IamMode.ENFORCE


class InputAccess(StrEnum):
    """What the deployment's roles need for a workflow's input: the keyword `access` of its schema."""

    READ = "read"
    WRITE = "write"
    IMAGE = "image"
    NAME = "name"
