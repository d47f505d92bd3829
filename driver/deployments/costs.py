"""What costs money while it is deployed on AWS, how it is billed, and where AWS lists the prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from driver.model.documents import Document
from driver.model.values import Endpoint, Outputs

_PRICING = "https://aws.amazon.com/{}/pricing/"


@dataclass(frozen=True, slots=True)
class Cost:
    """Something that is billed even if it is not used."""

    what: str
    billed: str
    pricing_url: str

    def document(self) -> Document:
        """Put it into a document."""
        return {"what": self.what, "billed": self.billed, "pricing_url": self.pricing_url}


def standing_costs(outputs: Outputs, endpoints: Sequence[tuple[Endpoint, Sequence[str]]]) -> list[Cost]:
    """List what is billed while a deployment exists; what is billed by use alone is not listed.

    `endpoints` has those in service, with the instances of each.
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
    found += [
        Cost(f"images in {image.repository_url}", "by what is stored, each month", _PRICING.format("ecr"))
        for image in outputs.images.values()
        if image.repository_url
    ]
    found.append(
        Cost(
            f"queue {outputs.queue_url}",
            "by requests: Lambda asks it all the time, also while nothing runs",
            _PRICING.format("sqs"),
        )
    )
    found.append(Cost("logs", "by what is stored, until they expire", _PRICING.format("cloudwatch")))
    return found
