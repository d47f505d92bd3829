"""What a CreateProcessingJob request may ask, beyond what the service model says."""

from localcloud.errors import ValidationError
from localcloud.sagemaker.jobs.hosts import check_instance_count
from localcloud.sagemaker.jobs.rules import read_uri, refuse_others, require_value
from localcloud.sagemaker.wire.requests import Request, structure

LOCAL_PATHS = "/opt/ml/processing/"
"""Where inputs and outputs must lie in the container (service model, `ProcessingS3Input`)."""

_REQUEST = frozenset(
    {
        "AppSpecification", "Environment", "ExperimentConfig", "NetworkConfig", "ProcessingInputs",
        "ProcessingJobName", "ProcessingOutputConfig", "ProcessingResources", "RoleArn",
        "StoppingCondition", "Tags",
    }
)  # fmt: skip
_APP = frozenset({"ContainerArguments", "ContainerEntrypoint", "ImageUri"})
_CLUSTER = frozenset({"InstanceCount", "InstanceType", "VolumeKmsKeyId", "VolumeSizeInGB"})
_NETWORK = frozenset({"EnableInterContainerTrafficEncryption", "EnableNetworkIsolation", "VpcConfig"})
_S3_INPUT = frozenset(
    {
        "LocalPath", "S3CompressionType", "S3DataDistributionType", "S3DataType", "S3InputMode", "S3Uri",
    }
)  # fmt: skip
_S3_OUTPUT = frozenset({"LocalPath", "S3UploadMode", "S3Uri"})


def check_processing_request(request: Request) -> None:
    """Check the members of a request that the model has let pass.

    Raises `ServiceError`: ``ValidationException``.
    """
    refuse_others(request, "", _REQUEST)
    refuse_others(structure(request, "AppSpecification"), "AppSpecification", _APP)
    resources = structure(request, "ProcessingResources")
    cluster = structure(resources, "ClusterConfig")
    refuse_others(cluster, "ProcessingResources.ClusterConfig", _CLUSTER)
    check_instance_count(cluster.optional_number("InstanceCount") or 1, "processing")
    if (network := request.optional_structure("NetworkConfig")) is not None:
        refuse_others(network, "NetworkConfig", _NETWORK)
    names: set[str] = set()
    paths: set[str] = set()
    for number, item in enumerate(request.structures("ProcessingInputs"), start=1):
        _check_unique(item.text("InputName"), names, "input")
        _check_input(item, f"ProcessingInputs.{number}", paths)
    names = set()
    for number, item in enumerate(outputs(request), start=1):
        _check_unique(item.text("OutputName"), names, "output")
        _check_output(item, f"ProcessingOutputConfig.Outputs.{number}", paths)
    if (config := request.optional_structure("ProcessingOutputConfig")) is not None:
        refuse_others(config, "ProcessingOutputConfig", frozenset({"KmsKeyId", "Outputs"}))


def outputs(request: Request) -> list[Request]:
    """Give the outputs of a request."""
    config = request.optional_structure("ProcessingOutputConfig")
    return [] if config is None else config.structures("Outputs")


def _check_unique(name: str, names: set[str], what: str) -> None:
    if name in names:
        raise ValidationError(f"Processing {what} names must be unique. Duplicate {what} name: '{name}'.")
    names.add(name)


def _check_input(item: Request, path: str, paths: set[str]) -> None:
    refuse_others(item, path, frozenset({"InputName", "S3Input"}))
    source = item.optional_structure("S3Input")
    if source is None:
        raise ValidationError(f"{path}.S3Input is required.")
    path = f"{path}.S3Input"
    refuse_others(source, path, _S3_INPUT)
    require_value(source, path, "S3InputMode", "File")
    require_value(source, path, "S3CompressionType", "None")
    read_uri(source, path, "S3Uri")
    _check_local_path(source, path, paths)


def _check_output(item: Request, path: str, paths: set[str]) -> None:
    refuse_others(item, path, frozenset({"OutputName", "S3Output"}))
    target = item.optional_structure("S3Output")
    if target is None:
        raise ValidationError(f"{path}.S3Output is required.")
    path = f"{path}.S3Output"
    refuse_others(target, path, _S3_OUTPUT)
    read_uri(target, path, "S3Uri")
    _check_local_path(target, path, paths)


def _check_local_path(place: Request, path: str, paths: set[str]) -> None:
    local = place.optional_text("LocalPath")
    if local is None:
        raise ValidationError(f"{path}.LocalPath is required.")
    if not local.startswith(LOCAL_PATHS) or {".", ".."} & set(local.split("/")) or "\0" in local:
        raise ValidationError(f"{path}.LocalPath '{local}' must begin with {LOCAL_PATHS}")
    if (place_itself := local.rstrip("/")) in paths:
        raise ValidationError(f"LocalPath '{local}' is used more than once; it must be unique.")
    paths.add(place_itself)
