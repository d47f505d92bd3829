"""What costs while it stands on AWS: which things, by what, and where AWS tells its prices. No prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from driver.model.documents import Document
from driver.model.values import Endpoint, Outputs

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
