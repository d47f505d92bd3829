"""What a CreateTransformJob request may ask, beyond what the service model says."""

from localcloud.errors import ValidationError
from localcloud.sagemaker.jobs.rules import read_uri, refuse_others, require_one_instance, require_value
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
_OUTPUT = frozenset({"Accept", "AssembleWith", "S3OutputPath"})
_RESOURCES = frozenset({"InstanceCount", "InstanceType"})
_PROCESSING = frozenset({"InputFilter", "JoinSource", "OutputFilter"})
_LARGEST = 100  # MB (service model, MaxPayloadInMB)


def check_transform_request(request: Request) -> None:
    """Check the members of a request that the model has let pass.

    Raises
    ------
    ServiceError
        ``ValidationException``.
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
    require_one_instance(resources, "TransformResources")
    if (processing := request.optional_structure("DataProcessing")) is not None:
        refuse_others(processing, "DataProcessing", _PROCESSING)
        require_value(processing, "DataProcessing", "JoinSource", "None")
        for name in ("InputFilter", "OutputFilter"):
            require_value(processing, "DataProcessing", name, "$")
    _check_payload(request)


def _check_payload(request: Request) -> None:
    largest = request.optional_number("MaxPayloadInMB") or 0
    at_once = request.optional_number("MaxConcurrentTransforms") or 1
    if largest * at_once > _LARGEST:
        raise ValidationError(
            f"MaxPayloadInMB * MaxConcurrentTransforms must not exceed {_LARGEST} MB, "
            f"and is {largest} * {at_once}."
        )
