"""SageMaker's quotas, as an account has them by default; the local cloud cannot increase one.

The sentence is the one that AWS answers (recorded by users for CreateTrainingJob, CreateEndpoint,
CreateHyperParameterTuningJob and CreateTrial); its end, where to ask for an increase, is ours.
"""

from localcloud.errors import ServiceError

INSTANCES_OF_ENDPOINTS = 20
"""Quota L-7A3DF611, "Number of instances across active endpoints"."""
TRAININGS_OF_TUNING = 750
PARALLEL_TRAININGS_OF_TUNING = 10
"""Both: developer guide, "Resource Limits for Automatic Model Tuning"."""


def check_quota(name: str, most: int, used: int, asked: int, unit: str = "Instances") -> None:
    """Refuse what exceeds a quota of this name; `used` are there already.

    Raises `ServiceError`: ``ResourceLimitExceeded``.
    """
    if used + asked > most:
        raise ServiceError(
            "ResourceLimitExceeded",
            f"The account-level service limit '{name}' is {most} {unit}, with current utilization of "
            f"{used} {unit} and a request delta of {asked} {unit}. The local cloud has AWS's default and "
            "cannot increase it.",
        )
