"""The regions that a service has."""

from functools import cache

from localstack.services import stores
from moto.core.base_backend import AccountSpecificBackend


def apply() -> None:
    """Defect: the first request to each service reads botocore's table of regions from the disk again."""
    stores.get_valid_regions_for_service = _regions


@cache
def _regions(service: str) -> list[str]:
    session = AccountSpecificBackend.get_session()  # moto's, which has read it
    regions: list[str] = session.get_available_regions(service)
    for partition in ("aws-us-gov", "aws-cn"):
        regions = [*regions, *session.get_available_regions("cloudwatch", partition_name=partition)]
    return regions
