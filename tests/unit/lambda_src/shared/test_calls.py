import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError, ReadTimeoutError

from lambda_src.shared.calls import PassingError, RefusedError, classified, client


def refusal(code: str, status: int) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": "Because."}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        "StartPipelineExecution",
    )


@pytest.mark.parametrize(
    "error",
    [
        refusal("ThrottlingException", 400),
        refusal("Throttling", 400),
        refusal("TooManyRequestsException", 429),
        refusal("InternalFailure", 500),
        refusal("ServiceUnavailable", 503),
        refusal("ConflictException", 400),
        refusal("ConditionalRequestConflict", 409),
        EndpointConnectionError(endpoint_url="https://states"),
        ReadTimeoutError(endpoint_url="https://states"),
    ],
    ids=str,
)
def test_what_may_work_later_is_told_apart(error: Exception) -> None:
    with pytest.raises(PassingError), classified():
        raise error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (refusal("ResourceNotFound", 400), "ResourceNotFound"),
        (refusal("AccessDenied", 403), "AccessDenied"),
        (refusal("PreconditionFailed", 412), "PreconditionFailed"),
        (ParamValidationError(report="no name"), "ValidationException"),
    ],
    ids=str,
)
def test_what_would_be_refused_again_keeps_its_code_and_message(error: Exception, code: str) -> None:
    with pytest.raises(RefusedError) as raised, classified():
        raise error
    assert raised.value.code == code
    assert str(raised.value) == str(error)


def test_a_mistake_of_ours_is_left_as_it_is() -> None:
    with pytest.raises(KeyError), classified():
        raise KeyError("mine")


def test_a_client_is_built_once_a_service_and_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    client.cache_clear()
    here, there = client("stepfunctions", None), client("stepfunctions", "us-west-2")
    assert here is client("stepfunctions", None)
    assert (here.meta.region_name, there.meta.region_name) == ("eu-central-1", "us-west-2")
