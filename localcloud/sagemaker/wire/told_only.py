"""Fields of requests that ask for something which cannot be here: accepted, described, without effect."""

from collections.abc import Iterator

TOLD_ONLY = {
    "EnableInterContainerTrafficEncryption": "a job has one container here, and no traffic to encrypt",
    "EnableManagedSpotTraining": "a job is never interrupted here; only MaxWaitTimeInSeconds counts",
    "ProfilerConfig": "nothing is profiled here, unless the program itself does it",
    "VolumeKmsKeyId": "a job has no volume of its own here that could be encrypted",
    "VpcConfig": "there is no VPC here; only EnableNetworkIsolation cuts the network",
}
"""What is told of a field that is in a definition."""


def told_only(document: object, location: str = "") -> Iterator[tuple[str, str]]:
    """Find such fields that ask for something, each with its location (``/States/Train/VpcConfig``)."""
    if isinstance(document, dict):
        for name, value in document.items():
            place = f"{location}/{name}"
            if name in TOLD_ONLY and _asks(value):
                yield name, place
            else:
                yield from told_only(value, place)
    elif isinstance(document, list):
        for number, value in enumerate(document):
            yield from told_only(value, f"{location}/{number}")


def _asks(value: object) -> bool:
    return bool(value) and not (isinstance(value, dict) and value.get("DisableProfiler"))
