"""What a CreateTrainingJob request may ask, beyond what the service model says.

Which members change nothing here and are only echoed: the hooks of Debugger and the profiler (a library
inside the image reads them), experiments, FastFile mode (the files are there before the program begins),
encryption of the traffic between instances, a VPC, the encryption of a volume. Managed Spot training is
never interrupted here; its MaxWaitTimeInSeconds counts.
"""

from localcloud.errors import ValidationError
from localcloud.ports import Objects
from localcloud.sagemaker.jobs.hosts import (
    check_instance_count,
    check_instance_groups,
    count_hosts,
    read_hosts,
)
from localcloud.sagemaker.jobs.job import JobInfo
from localcloud.sagemaker.jobs.metrics import read_definitions
from localcloud.sagemaker.jobs.rules import (
    check_local_path,
    read_uri,
    refuse_others,
    require_value,
)
from localcloud.sagemaker.jobs.s3 import DataError, DataSource, list_or_explain
from localcloud.sagemaker.wire.requests import Request, structure

_REQUEST = frozenset(
    {
        "AlgorithmSpecification", "CheckpointConfig", "DebugHookConfig",
        "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining", "EnableNetworkIsolation",
        "Environment", "ExperimentConfig", "HyperParameters", "InputDataConfig", "OutputDataConfig",
        "ProfilerConfig", "ResourceConfig", "RetryStrategy", "RoleArn", "StoppingCondition", "Tags",
        "TensorBoardOutputConfig", "TrainingJobName", "VpcConfig",
    }
)  # fmt: skip
_ALGORITHM = frozenset(
    {
        "ContainerArguments", "ContainerEntrypoint", "EnableSageMakerMetricsTimeSeries", "MetricDefinitions",
        "TrainingImage", "TrainingInputMode",
    }
)  # fmt: skip
_RESOURCES = frozenset(
    {"InstanceCount", "InstanceGroups", "InstanceType", "VolumeKmsKeyId", "VolumeSizeInGB"}
)
_GROUP = frozenset({"InstanceCount", "InstanceGroupName", "InstanceType"})
_OUTPUT = frozenset({"CompressionType", "KmsKeyId", "S3OutputPath"})
_STOPPING = frozenset({"MaxPendingTimeInSeconds", "MaxRuntimeInSeconds", "MaxWaitTimeInSeconds"})
_SYNCHRONIZED = (("CheckpointConfig", "S3Uri"), ("TensorBoardOutputConfig", "S3OutputPath"))
_CHANNEL = frozenset(
    {"ChannelName", "CompressionType", "ContentType", "DataSource", "InputMode", "RecordWrapperType"}
)
_S3_SOURCE = frozenset({"InstanceGroupNames", "S3DataDistributionType", "S3DataType", "S3Uri"})
_ONE_DAY = 24 * 3600  # seconds, where MaxRuntimeInSeconds does not say
_LONGEST_RUN = 28 * 24 * 3600  # seconds (service model, StoppingCondition)


def check_training_request(request: Request) -> None:
    """Check the members of a request that the model has let pass.

    Raises `ServiceError`: ``ValidationException``.
    """
    refuse_others(request, "", _REQUEST)
    _check_algorithm(_required(request, "AlgorithmSpecification"))
    _check_resources(_required(request, "ResourceConfig"))
    output = structure(request, "OutputDataConfig")
    refuse_others(output, "OutputDataConfig", _OUTPUT)
    read_uri(output, "OutputDataConfig", "S3OutputPath")
    stopping = _required(request, "StoppingCondition")
    refuse_others(stopping, "StoppingCondition", _STOPPING)
    _check_time(stopping, is_spot=request.members.get("EnableManagedSpotTraining") is True)
    for member, uri in _SYNCHRONIZED:
        if (config := request.optional_structure(member)) is not None:
            read_uri(config, member, uri)
            if local := config.optional_text("LocalPath"):
                check_local_path(local, f"{member}.LocalPath")
    groups = {host.group for host in read_hosts(structure(request, "ResourceConfig"))}
    channels: set[str] = set()
    for number, channel in enumerate(request.structures("InputDataConfig"), start=1):
        name = channel.text("ChannelName")
        if name in channels:
            raise ValidationError(f"Channel names must be unique. Duplicate channel name: '{name}'.")
        channels.add(name)
        _check_channel(channel, f"InputDataConfig.{number}", groups)


def channel_source(channel: Request) -> DataSource:
    """Give the objects of a channel that was checked."""
    source = structure(structure(channel, "DataSource"), "S3DataSource")
    return DataSource(read_uri(source, "S3DataSource", "S3Uri"), source.text("S3DataType"))


def check_data_exists(info: JobInfo, objects: Objects) -> None:
    """Refuse channels without data, as AWS does before it makes a job.

    Raises `ServiceError`: ``ValidationException`` in AWS's words.
    """
    for channel in info.request.structures("InputDataConfig"):
        try:
            list_or_explain(
                channel_source(channel), objects, info.caller.region, info.request.text("RoleArn")
            )
        except DataError as error:
            raise ValidationError(str(error)) from error


def _required(request: Request, name: str) -> Request:
    """Give a structure that the model requires of some types of jobs only, and a training program needs."""
    found = request.optional_structure(name)
    if found is None:
        raise ValidationError(f"{name} is required.")
    return found


def _check_time(stopping: Request, *, is_spot: bool) -> None:
    most = stopping.optional_number("MaxRuntimeInSeconds") or _ONE_DAY
    waited = stopping.optional_number("MaxWaitTimeInSeconds")
    if most > _LONGEST_RUN:
        raise ValidationError(f"MaxRuntimeInSeconds must not exceed {_LONGEST_RUN} seconds (28 days).")
    if is_spot and (waited is None or waited < most):
        raise ValidationError(
            "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to "
            "MaxRuntimeInSeconds"
        )
    if not is_spot and waited is not None:
        raise ValidationError("MaxWaitTimeInSeconds needs EnableManagedSpotTraining.")


def _check_algorithm(algorithm: Request) -> None:
    refuse_others(algorithm, "AlgorithmSpecification", _ALGORITHM)
    if not algorithm.optional_text("TrainingImage"):
        raise ValidationError("AlgorithmSpecification.TrainingImage is required.")
    require_value(algorithm, "AlgorithmSpecification", "TrainingInputMode", "File", "FastFile")
    read_definitions(algorithm.structures("MetricDefinitions"))


def _check_resources(resources: Request) -> None:
    refuse_others(resources, "ResourceConfig", _RESOURCES)
    groups = resources.structures("InstanceGroups")
    for number, group in enumerate(groups, start=1):
        refuse_others(group, f"ResourceConfig.InstanceGroups.{number}", _GROUP)
    if groups:
        check_instance_groups(resources)
    else:
        for name in ("InstanceType", "InstanceCount"):
            if resources.members.get(name) is None:
                raise ValidationError(f"ResourceConfig.{name} is required.")
    if (count := count_hosts(resources)) == 0:
        raise ValidationError("ResourceConfig must ask for one instance at least.")
    check_instance_count(count, "training")


def _check_channel(channel: Request, path: str, groups: set[str]) -> None:
    refuse_others(channel, path, _CHANNEL)
    require_value(channel, path, "CompressionType", "None")
    require_value(channel, path, "RecordWrapperType", "None")
    require_value(channel, path, "InputMode", "File", "FastFile")
    if channel.text("ChannelName") in {".", ".."}:
        raise ValidationError(f"{path}.ChannelName '{channel.text('ChannelName')}' names no directory.")
    source = structure(channel, "DataSource")
    refuse_others(source, f"{path}.DataSource", frozenset({"S3DataSource"}))
    s3 = source.optional_structure("S3DataSource")
    if s3 is None:
        raise ValidationError(f"{path}.DataSource.S3DataSource is required.")
    path = f"{path}.DataSource.S3DataSource"
    refuse_others(s3, path, _S3_SOURCE)
    require_value(s3, path, "S3DataType", "S3Prefix", "ManifestFile")
    for name in s3.texts("InstanceGroupNames"):
        if name not in groups:
            raise ValidationError(f"{path}.InstanceGroupNames: there is no instance group '{name}'.")
    read_uri(s3, path, "S3Uri")
