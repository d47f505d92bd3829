"""Why a service of the host failed on a request: what of it the caller has to mend.

A service that fails has no answer of its own. Often the request explains it: it breaks a constraint of its
model, holds no ARN where it says so, goes on from a page that was never given, or names what is not there.
AWS answers 400 to all of these. What nothing here explains is a fault of the cloud.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from botocore.model import OperationModel

from localcloud.errors import ServiceError
from localcloud.validation import validate_shape

Request = Mapping[str, object]

_ARN = re.compile(r"arn:[^:]+:[^:]+:[^:]*:[^:]*:.+", re.DOTALL)
_TAKES_APART = (ValueError, IndexError, AttributeError, TypeError)
"""What services raise where they take apart a text that is not what they expect."""

_WELL_FORMED = (
    (re.compile(r"arn$", re.IGNORECASE), _ARN, "is no ARN"),
    (re.compile(r"(account|owner).?id$", re.IGNORECASE), re.compile(r"\d{12}"), "is no account ID"),
    (re.compile(r"queueurl$", re.IGNORECASE), re.compile(r"https?://[^/]+/.+/.+"), "is no queue URL"),
)
_MUCH = 10_000
_PAGE = re.compile(r"(token|marker)$", re.IGNORECASE)
_NOT_FOUND = re.compile("NotFound|NoSuchEntity|NonExistent|DoesNotExist")

BY_NAME = {
    ("lambda", "DeleteFunctionConcurrency"): ("ResourceNotFoundException", "The function does not exist."),
    ("stepfunctions", "ListExecutions"): (
        "ValidationException",
        "Must provide State Machine ARN or Map Run ARN",
    ),
    ("sts", "AssumeRoleWithSAML"): ("InvalidIdentityToken", "The SAML assertion cannot be read."),
    ("logs", "PutDeliveryDestination"): (
        "ValidationException",
        "deliveryDestinationConfiguration must name the ARN of a log group, a bucket or a delivery stream.",
    ),
    ("logs", "StartQuery"): (
        "InvalidParameterException",
        "The request must name log groups: logGroupName, logGroupNames or logGroupIdentifiers.",
    ),
    ("ecr", "PutImage"): ("RepositoryNotFoundException", "The repository does not exist."),
}
"""Operations that fail where AWS answers this, and whose request alone does not tell why."""


def too_long(operation: OperationModel, request: Request) -> ServiceError | None:
    """Refuse a member that is longer than its model allows, where that is much.

    Such as the input of an execution: services of the host take any length, and store it. Texts count in
    bytes, as the API references say ("expressed as bytes in UTF-8 encoding").
    """
    for name, most in _long_members(operation):
        value = request.get(name)
        counted = value.encode() if isinstance(value, str) else value
        if isinstance(counted, bytes | list) and len(counted) > most:
            where = name[:1].lower() + name[1:]
            return ServiceError(
                "ValidationException",
                f"1 validation error detected: Value at '{where}' failed to satisfy constraint: "
                f"Member must have length less than or equal to {most}",
            )
    return None


@cache
def _long_members(operation: OperationModel) -> tuple[tuple[str, int], ...]:
    members = operation.input_shape.members if operation.input_shape else {}
    limits = {name: member.metadata.get("max") for name, member in members.items()}
    return tuple((name, most) for name, most in limits.items() if most is not None and most >= _MUCH)


def explain_failure(operation: OperationModel, request: Request, failure: Exception) -> ServiceError | None:
    """Say why a service failed on a request, or None where that is a fault of the cloud.

    Parameters
    ----------
    operation
        What was asked for.
    request
        The members as the host's parser left them.
    failure
        What the service raised.
    """
    if operation.input_shape is None:
        return None
    try:
        validate_shape(operation.input_shape, request)
    except ServiceError as error:
        return error
    if isinstance(failure, KeyError):
        return _not_found(operation, request, failure)
    if isinstance(failure, _TAKES_APART):
        for reason in _malformed(request):
            return ServiceError("ValidationException", reason)
    if known := BY_NAME.get((operation.service_model.service_name, operation.name)):
        return ServiceError(*known)
    return None


def _not_found(operation: OperationModel, request: Request, failure: KeyError) -> ServiceError | None:
    """Tell of a name that the request gives, and that is looked up and not found."""
    name = failure.args[0] if failure.args else None
    if not isinstance(name, str) or name not in request.values():
        return None
    errors = [shape.metadata.get("error", {}).get("code", shape.name) for shape in operation.error_shapes]
    code = next(filter(_NOT_FOUND.search, errors), "ResourceNotFoundException")
    return ServiceError(code, f"'{name[:256]}' does not exist.")


def _malformed(request: Request) -> Iterator[str]:
    """Name members whose text cannot be what the member's name says."""
    for member, value in request.items():
        if not isinstance(value, str):
            continue
        for name, form, complaint in _WELL_FORMED:
            if name.search(member) and not form.fullmatch(value):
                yield f"Value '{value[:256]}' at '{member}' {complaint}."
        if _PAGE.search(member):
            yield f"Value '{value[:256]}' at '{member}' was not given by this service."
