"""What AWS's errors mean to the user of this driver."""

from __future__ import annotations

from botocore import exceptions as botocore

from driver.aws.denials import cure_of
from driver.model.exceptions import (
    CredentialsError,
    EnvironmentNotReadyError,
    NoAnswerError,
    SagestepError,
    WorkFailedError,
)

_NO_CREDENTIALS = (
    botocore.NoCredentialsError,
    botocore.PartialCredentialsError,
    botocore.CredentialRetrievalError,
    botocore.ProfileNotFound,
    botocore.ConfigParseError,
    botocore.NoAuthTokenError,
    botocore.TokenRetrievalError,
    botocore.SSOError,
    botocore.LoginTokenLoadError,
)
_REFUSED = {
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_THROTTLED = {
    "RequestLimitExceeded",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
}
# Of botocore's, where the answer is a gateway's and no service's, as of a local cloud that is ending.
_FROM_NO_SERVICE = {"502", "503", "504"}
_NOT_ALLOWED = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}


def explain_aws_error(error: BaseException) -> SagestepError | None:
    """Turn an error of botocore's into one of the driver's.

    Returns None if it does not come from AWS or from the way there.
    """
    if isinstance(error, _NO_CREDENTIALS):
        return CredentialsError(
            "There are no AWS credentials to use.",
            f"{_sentence(error)}",
            "Run `aws configure` or `aws sso login`, or set AWS_PROFILE; or leave out `--target aws`.",
        )
    if isinstance(error, botocore.ClientError):
        return _explain_answer(error)
    if isinstance(error, (botocore.HTTPClientError, botocore.ConnectionError)):
        return _no_answer(_sentence(error))
    if isinstance(error, botocore.BotoCoreError):
        return WorkFailedError("A call to AWS failed.", _sentence(error))
    return None


def _explain_answer(error: botocore.ClientError) -> SagestepError:
    details = error.response.get("Error", {})
    code, message = details.get("Code", ""), details.get("Message", "")
    why = f"{code}: {message}" if message else code
    if code in _FROM_NO_SERVICE:
        return _no_answer(f"{why}.")
    if code in _REFUSED:
        return CredentialsError(
            "AWS does not accept the credentials.",
            why,
            "Renew them (`aws sso login`, or new keys) and try again.",
        )
    if code in _NOT_ALLOWED:
        return EnvironmentNotReadyError(f"IAM does not allow {error.operation_name}.", why, cure_of(message))
    if code in _THROTTLED:
        cure = "Try again in a minute. What runs goes on running; `invoke attach` comes back to it."
        return WorkFailedError(f"AWS is asked for {error.operation_name} too often.", why, cure)
    return WorkFailedError(f"{error.operation_name} failed.", why)


def _no_answer(why: str) -> NoAnswerError:
    cure = "Check the network, or what `invoke status` says of the target."
    return NoAnswerError("The target does not answer.", why, cure)


def _sentence(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if text.endswith(".") else f"{text}."
