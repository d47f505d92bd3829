"""How each service says that a request is denied: code and HTTP status.

Sources: "Common errors" of each service's API reference (``AccessDeniedException``, HTTP 400, of the JSON
protocols); IAM and STS API references (``AccessDenied``, 403); SNS API reference (``AuthorizationError``,
403); S3 API reference, "Error responses" (``AccessDenied``, 403); Lambda's, SageMaker geospatial's models
(``AccessDeniedException``, 403); recorded answers of SQS (``AccessDenied``, 403, also with JSON), and of a
queue's key (``KMS.AccessDeniedException``); service model of SNS, ``KMSAccessDeniedException``.
"""

from dataclasses import dataclass

_CODES = {
    "s3": "AccessDenied",
    "sqs": "AccessDenied",
    "iam": "AccessDenied",
    "sts": "AccessDenied",
    "cloudwatch": "AccessDenied",
    "sns": "AuthorizationError",
}
_OF_KEYS = {"sqs": "KMS.AccessDeniedException", "sns": "KMSAccessDenied"}
"""Where a service is denied the use of a key in the caller's name; the others say it as any denial."""

_JSON = frozenset({"json", "smithy-rpc-v2-cbor"})


@dataclass(frozen=True, slots=True)
class Denial:
    """An answer."""

    code: str
    status: int
    message: str


def denial_of(prefix: str, protocol: str, action: str, message: str) -> Denial:
    """Write the answer of a service.

    - `prefix`: of the service's actions. `protocol`: the one that is spoken.
    - `action`: what was denied.
    """
    if action.startswith("kms:") and prefix in _OF_KEYS:
        return Denial(_OF_KEYS[prefix], 400, message)
    status = 400 if protocol in _JSON and prefix not in _CODES else 403
    return Denial(_CODES.get(prefix, "AccessDeniedException"), status, message)
