"""Calls to AWS: the clients, and what the calls' errors mean.

A client costs tenths of a second to build (SageMaker's model alone is 0.4 MB packed), so that each is
built when first needed and kept for the life of the environment.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

if TYPE_CHECKING:
    from botocore.client import BaseClient


# A function has 30 s: three tries of a call that hangs must fit, with time left to report it.
_CONFIG = Config(connect_timeout=2, read_timeout=6, retries={"mode": "standard", "total_max_attempts": 3})
_TOO_MANY_REQUESTS = 429
_CONFLICTS = frozenset({"ConflictException", "ConditionalRequestConflict"})

Clients = Callable[[str, str | None], "BaseClient"]
"""Gives the client of a service in a region, None being the function's own."""


class RefusedError(Exception):
    """AWS refused the call with this code, and would refuse it again."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class PassingError(Exception):
    """AWS could not be asked just now: throttled, out of order, out of reach."""


@cache
def client(service: str, region: str | None) -> "BaseClient":
    """Give this environment's client of a service in a region, None being the function's own."""
    # The stubs know each service by a literal; here the name is a value.
    return cast("BaseClient", boto3.client(service, region_name=region, config=_CONFIG))  # type: ignore[call-overload]


@contextmanager
def classified() -> Iterator[None]:
    """Turn botocore's errors into the two that the functions tell apart.

    Raises `RefusedError` if the same call would be refused again. Raises `PassingError` if the same call may
    work later.
    """
    try:
        yield
    except ClientError as error:
        code = error.response["Error"].get("Code", "")
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status == _TOO_MANY_REQUESTS or status >= 500 or "Throttl" in code or code in _CONFLICTS:
            raise PassingError(str(error)) from error
        raise RefusedError(code, str(error)) from error
    except ParamValidationError as error:
        raise RefusedError("ValidationException", str(error)) from error
    except BotoCoreError as error:
        raise PassingError(str(error)) from error
