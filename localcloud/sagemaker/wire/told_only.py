"""Fields of requests that ask for something which cannot be here: accepted, described, without effect."""

from collections.abc import Iterator, Mapping

TOLD_ONLY = {
    "DebugHookConfig": "no tensors are collected here, unless the program itself writes them",
    "EnableInterContainerTrafficEncryption": "the instances of a job are processes of one machine here",
    "EnableManagedSpotTraining": "a job is never interrupted here; only MaxWaitTimeInSeconds counts",
    "EnableSageMakerMetricsTimeSeries": "the metrics of a job are not kept as time series here",
    "ExperimentConfig": "a job makes no trial component here",
    "KmsKeyId": "an instance has no volume of its own here that could be encrypted",
    "ProfilerConfig": "nothing is profiled here, unless the program itself does it",
    "VolumeKmsKeyId": "a job has no volume of its own here that could be encrypted",
    "VpcConfig": "there is no VPC here; only EnableNetworkIsolation cuts the network",
}
"""What is told of a field that is in a definition."""

_BESIDE = {"KmsKeyId": "ProductionVariants"}  # done in other requests than CreateEndpointConfig
_PARTS = {"DebugHookConfig": ("CollectionConfigurations", "HookParameters")}
"""What must be within a field that the SDK writes into every request."""

_FREE = frozenset({"Environment", "HyperParameters", "StaticHyperParameters"})
"""Maps whose keys are the user's own."""


def told_only(document: object, location: str = "") -> Iterator[tuple[str, str]]:
    """Find such fields that ask for something, each with its location (``/States/Train/VpcConfig``)."""
    if isinstance(document, dict):
        for name, value in document.items():
            place = f"{location}/{name}"
            if name in TOLD_ONLY and _asks(name, value, document):
                yield name, place
            elif name not in _FREE:
                yield from told_only(value, place)
    elif isinstance(document, list):
        for number, value in enumerate(document):
            yield from told_only(value, f"{location}/{number}")


def _asks(name: str, value: object, around: Mapping[str, object]) -> bool:
    if name in _BESIDE and _BESIDE[name] not in around:
        return False
    if not isinstance(value, dict):
        return bool(value)
    parts = _PARTS.get(name, tuple(value))
    return any(value.get(part) for part in parts) and not value.get("DisableProfiler")
