"""Names that the service gives out: ARNs, execution ids and callback tokens.

Shapes are those of the service model: an execution id is 12 of ``[a-z0-9]``, a callback token exactly
10 of ``[a-zA-Z0-9]``.
"""

import re
import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass

from localcloud.ports import Caller

_EXECUTION_ID_LENGTH = 12
_CALLBACK_TOKEN_LENGTH = 10
_PIPELINE_ARN = re.compile(
    r"arn:aws[a-z-]*:sagemaker:(?P<region>[a-z0-9-]*):(?P<account>\d{12}):pipeline/(?P<name>.+)"
)


def new_execution_id() -> str:
    """Make the id of a pipeline execution."""
    return _random(string.ascii_lowercase + string.digits, _EXECUTION_ID_LENGTH)


def new_callback_token() -> str:
    """Make the token that a callback step is answered with."""
    return _random(string.ascii_letters + string.digits, _CALLBACK_TOKEN_LENGTH)


@dataclass(frozen=True, slots=True)
class Identifiers:
    """Where new ids come from; the store asks again for one that it already has."""

    execution_id: Callable[[], str] = new_execution_id
    callback_token: Callable[[], str] = new_callback_token


def pipeline_arn(caller: Caller, name: str) -> str:
    """Give the ARN of a pipeline."""
    return f"arn:aws:sagemaker:{caller.region}:{caller.account_id}:pipeline/{name}"


def execution_arn(pipeline: str, execution_id: str) -> str:
    """Give the ARN of an execution of the pipeline with this ARN."""
    return f"{pipeline}/execution/{execution_id}"


def pipeline_name(name_or_arn: str, caller: Caller) -> str | None:
    """Give the name of the pipeline meant; None where the ARN is of another account or region."""
    match = _PIPELINE_ARN.fullmatch(name_or_arn)
    if match is None:
        return name_or_arn
    mine = (match["region"], match["account"]) == (caller.region, caller.account_id)
    return match["name"] if mine else None


def _random(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))
