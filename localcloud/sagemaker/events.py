"""One event that SageMaker sends to EventBridge, whatever it tells of."""

from collections.abc import Mapping
from dataclasses import dataclass

from localcloud.ports import Events

SOURCE = "aws.sagemaker"


@dataclass(frozen=True, slots=True)
class StatusChange:
    """One event, ready to be published."""

    detail_type: str
    detail: Mapping[str, object]
    resources: tuple[str, ...]

    def publish(self, events: Events) -> None:
        """Put the event on the default bus."""
        events.put(SOURCE, self.detail_type, self.detail, self.resources)
