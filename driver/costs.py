"""What costs while it stands on AWS: which things, by what, and where AWS tells its prices. No prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from driver.documents import Document
from driver.models import Endpoint, Outputs

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

_PRICING = "https://aws.amazon.com/{}/pricing/"


@dataclass(frozen=True, slots=True)
class Cost:
    """Something that is billed while nobody uses it: by what, and where its price is told."""

    what: str
    billed: str
    pricing_url: str

    def document(self) -> Document:
        """Put it into a document."""
        return {"what": self.what, "billed": self.billed, "pricing_url": self.pricing_url}


def instances_of(client: SageMakerClient, endpoint_name: str) -> list[str]:
    """List the instances behind an endpoint, such as `1 ml.m5.large`; none of a serverless one."""
    endpoint = client.describe_endpoint(EndpointName=endpoint_name)
    config = client.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    return [
        f"{variant.get('InitialInstanceCount', 1)} {variant['InstanceType']}"
        for variant in config["ProductionVariants"]
        if "InstanceType" in variant
    ]


def standing_costs(outputs: Outputs, endpoints: Sequence[tuple[Endpoint, Sequence[str]]]) -> list[Cost]:
    """List what is billed while a deployment stands: what is billed by use alone is not among it.

    Parameters
    ----------
    outputs
        The deployment's.
    endpoints
        Those in service, with the instances of each.
    """
    sagemaker = _PRICING.format("sagemaker")
    found = [
        Cost(f"endpoint {endpoint.name}", f"by the hour for each instance: {', '.join(instances)}", sagemaker)
        for endpoint, instances in endpoints
        if instances
    ]
    found.append(
        Cost(f"bucket {outputs.bucket_name}", "by what is stored, each month", _PRICING.format("s3"))
    )
    if outputs.image_repository_url:
        found.append(
            Cost(
                f"images in {outputs.image_repository_url}",
                "by what is stored, each month",
                _PRICING.format("ecr"),
            )
        )
    found.append(
        Cost(
            f"queue {outputs.queue_url}",
            "by requests: Lambda asks it all the time, also while nothing runs",
            _PRICING.format("sqs"),
        )
    )
    found.append(Cost("logs", "by what is stored, until they expire", _PRICING.format("cloudwatch")))
    return found
