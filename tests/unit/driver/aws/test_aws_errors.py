import pytest
from botocore import exceptions as botocore

from driver.aws.errors import explain_aws_error
from driver.model.exceptions import (
    CredentialsError,
    EnvironmentNotReadyError,
    NoAnswerError,
    SagestepError,
    WorkFailedError,
)


def answered(code: str, message: str = "because") -> botocore.ClientError:
    return botocore.ClientError({"Error": {"Code": code, "Message": message}}, "StartPipelineExecution")


@pytest.mark.parametrize(
    ("raised", "explained"),
    [
        (botocore.NoCredentialsError(), CredentialsError),
        (botocore.ProfileNotFound(profile="nobody"), CredentialsError),
        (botocore.SSOTokenLoadError(error_msg="expired"), CredentialsError),
        (botocore.TokenRetrievalError(provider="sso", error_msg="expired"), CredentialsError),
        (answered("ExpiredTokenException"), CredentialsError),
        (answered("UnrecognizedClientException"), CredentialsError),
        (answered("AccessDeniedException"), EnvironmentNotReadyError),
        (botocore.EndpointConnectionError(endpoint_url="http://127.0.0.1:4566"), NoAnswerError),
        (botocore.ReadTimeoutError(endpoint_url="http://127.0.0.1:4566"), NoAnswerError),
        (answered("503", "Service Unavailable"), NoAnswerError),
        (answered("ResourceLimitExceeded"), WorkFailedError),
        (answered("ThrottlingException", "Rate exceeded"), WorkFailedError),
        (botocore.ParamValidationError(report="x"), WorkFailedError),
    ],
)
def test_each_kind_of_error_gets_its_meaning(raised: BaseException, explained: type[SagestepError]) -> None:
    assert type(explain_aws_error(raised)) is explained


def test_the_services_own_words_are_kept() -> None:
    error = explain_aws_error(answered("ResourceLimitExceeded", "200 executions run already"))
    assert error is not None
    assert error.what == "StartPipelineExecution failed."
    assert error.why == "ResourceLimitExceeded: 200 executions run already"


def test_other_errors_are_not_explained() -> None:
    assert explain_aws_error(ValueError("x")) is None


def test_who_asks_too_often_is_told_how_to_come_back() -> None:
    error = explain_aws_error(answered("ThrottlingException", "Rate exceeded"))
    assert error is not None
    assert "too often" in error.what
    assert "invoke attach" in error.next_step
