"""What an endpoint configuration asks of its whole endpoint: asynchronous inference, data capture."""

from collections.abc import Mapping
from dataclasses import dataclass

from localcloud.errors import ValidationError
from localcloud.sagemaker.wire.requests import Request, structure
from localcloud.sagemaker.wire.s3_uri import S3Uri


@dataclass(frozen=True, slots=True)
class Capture:
    """DataCaptureConfig.

    - `percentage`: of the requests.
    - `modes`: ``Input`` and ``Output``, or one of them.
    - `csv_types`, `json_types`: content types that are captured as text; all others in Base64.
    """

    percentage: int
    target: S3Uri
    kms_key_id: str | None
    modes: frozenset[str]
    csv_types: frozenset[str]
    json_types: frozenset[str]


@dataclass(frozen=True, slots=True)
class AsyncInference:
    """AsyncInferenceConfig.

    - `included`: the topics whose messages hold the model's answer, in the words of the service model.
    - `members`: the configuration as it was given.
    """

    output: S3Uri
    failures: S3Uri | None
    kms_key_id: str | None
    success_topic: str | None
    error_topic: str | None
    included: frozenset[str]
    at_once: int | None
    members: Mapping[str, object]


def read_capture(request: Request) -> Capture | None:
    """Read DataCaptureConfig; None where nothing is captured. EnableCapture "defaults to enabled"."""
    config = request.optional_structure("DataCaptureConfig")
    if config is None or config.members.get("EnableCapture") is False:
        return None
    headers = config.optional_structure("CaptureContentTypeHeader") or Request({})
    modes = {item.text("CaptureMode") for item in config.structures("CaptureOptions")}
    if "InputAndOutput" in modes:
        modes = {"Input", "Output"}
    return Capture(
        percentage=config.optional_number("InitialSamplingPercentage") or 0,
        target=_uri(config, "DataCaptureConfig", "DestinationS3Uri"),
        kms_key_id=config.optional_text("KmsKeyId"),
        modes=frozenset(modes),
        csv_types=frozenset(headers.texts("CsvContentTypes")),
        json_types=frozenset(headers.texts("JsonContentTypes")),
    )


def read_async(request: Request) -> AsyncInference | None:
    """Read AsyncInferenceConfig; None where the endpoint answers at once."""
    config = request.optional_structure("AsyncInferenceConfig")
    if config is None:
        return None
    output = structure(config, "OutputConfig")
    if output.optional_text("S3OutputPath") is None:
        raise ValidationError("AsyncInferenceConfig.OutputConfig.S3OutputPath is required.")
    topics = output.optional_structure("NotificationConfig") or Request({})
    client = config.optional_structure("ClientConfig") or Request({})
    path = "AsyncInferenceConfig.OutputConfig"
    failures = _uri(output, path, "S3FailurePath") if output.optional_text("S3FailurePath") else None
    return AsyncInference(
        output=_uri(output, path, "S3OutputPath"),
        failures=failures,
        kms_key_id=output.optional_text("KmsKeyId"),
        success_topic=topics.optional_text("SuccessTopic"),
        error_topic=topics.optional_text("ErrorTopic"),
        included=frozenset(topics.texts("IncludeInferenceResponseIn")),
        at_once=client.optional_number("MaxConcurrentInvocationsPerInstance"),
        members=config.members,
    )


def _uri(config: Request, path: str, name: str) -> S3Uri:
    try:
        return S3Uri.parse(config.text(name))
    except ValueError as error:
        raise ValidationError(f"{path}.{name}: {error}") from error
