"""What a CreateTransformJob request may ask, beyond what the service model says."""

from localcloud.errors import ValidationError
from localcloud.sagemaker.jobs.data_processing import (
    CSV,
    JSON,
    JSON_LINES,
    Format,
    Processing,
    parse_json_path,
)
from localcloud.sagemaker.jobs.hosts import check_instance_count
from localcloud.sagemaker.jobs.rules import read_uri, refuse_others, require_value
from localcloud.sagemaker.wire.requests import Request, structure

_REQUEST = frozenset(
    {
        "BatchStrategy", "DataProcessing", "Environment", "ExperimentConfig", "MaxConcurrentTransforms",
        "MaxPayloadInMB", "ModelClientConfig", "ModelName", "Tags", "TransformInput", "TransformJobName",
        "TransformOutput", "TransformResources",
    }
)  # fmt: skip
_INPUT = frozenset({"CompressionType", "ContentType", "DataSource", "SplitType"})
_S3_SOURCE = frozenset({"S3DataType", "S3Uri"})
_OUTPUT = frozenset({"Accept", "AssembleWith", "KmsKeyId", "S3OutputPath"})
_RESOURCES = frozenset({"InstanceCount", "InstanceType", "VolumeKmsKeyId"})
_PROCESSING = frozenset({"InputFilter", "JoinSource", "OutputFilter"})
_LARGEST = 100  # MB (service model, MaxPayloadInMB)


def check_transform_request(request: Request) -> None:
    """Check the members of a request that the model has let pass.

    Raises `ServiceError`: ``ValidationException``.
    """
    refuse_others(request, "", _REQUEST)
    source = structure(request, "TransformInput")
    refuse_others(source, "TransformInput", _INPUT)
    require_value(source, "TransformInput", "SplitType", "None", "Line")
    s3 = structure(structure(source, "DataSource"), "S3DataSource")
    path = "TransformInput.DataSource.S3DataSource"
    refuse_others(s3, path, _S3_SOURCE)
    require_value(s3, path, "S3DataType", "S3Prefix", "ManifestFile")
    read_uri(s3, path, "S3Uri")
    output = structure(request, "TransformOutput")
    refuse_others(output, "TransformOutput", _OUTPUT)
    read_uri(output, "TransformOutput", "S3OutputPath")
    resources = structure(request, "TransformResources")
    refuse_others(resources, "TransformResources", _RESOURCES)
    check_instance_count(resources.optional_number("InstanceCount") or 1, "transform")
    if (processing := request.optional_structure("DataProcessing")) is not None:
        refuse_others(processing, "DataProcessing", _PROCESSING)
        read_processing(request)
    _check_payload(request)


def read_processing(request: Request) -> Processing | None:
    """Read what is done with records before and after the model; None where it is nothing.

    Raises `ServiceError`: ``ValidationException``: a filter is none, or the format of the records is not one
    that can be joined.
    """
    members = request.optional_structure("DataProcessing") or Request({})
    joins = members.optional_text("JoinSource") == "Input"
    filters = [members.optional_text(name) or "$" for name in ("InputFilter", "OutputFilter")]
    if not joins and filters == ["$", "$"]:
        return None
    try:
        before, after = map(parse_json_path, filters)
    except ValueError as error:
        raise ValidationError(f"DataProcessing: {error}.") from error
    source, output = structure(request, "TransformInput"), structure(request, "TransformOutput")
    given = source.optional_text("ContentType")
    answered = output.optional_text("Accept") or given
    for member, kind in (("TransformInput.ContentType", given), ("TransformOutput.Accept", answered)):
        if kind not in {CSV, JSON, JSON_LINES}:
            raise ValidationError(
                f"{member} must be {CSV}, {JSON} or {JSON_LINES} with DataProcessing, and is {kind}."
            )
    if joins and (given == CSV) is not (answered == CSV):
        raise ValidationError(
            "TransformInput.ContentType and TransformOutput.Accept must be the same to be joined."
        )
    by_line = source.optional_text("SplitType") == "Line"
    return Processing(Format(str(given)), Format(str(answered)), before, after, joins, by_line)


def _check_payload(request: Request) -> None:
    largest = request.optional_number("MaxPayloadInMB") or 0
    at_once = request.optional_number("MaxConcurrentTransforms") or 1
    if largest * at_once > _LARGEST:
        raise ValidationError(
            f"MaxPayloadInMB * MaxConcurrentTransforms must not exceed {_LARGEST} MB, "
            f"and is {largest} * {at_once}."
        )
