"""What Model, RegisterModel and EndpointConfig steps have in common: they create something, and are done."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from localcloud.ports import Ports
from localcloud.sagemaker.pipelines.properties import properties_in
from localcloud.sagemaker.pipelines.request_step import RequestStep
from localcloud.sagemaker.pipelines.service import Service
from localcloud.sagemaker.pipelines.steps import Context, Outcome, Succeeded, Work


@dataclass(frozen=True, slots=True)
class CreatingStep(RequestStep):
    """A step that creates something at once."""

    def resolve(self, context: Context) -> Work:
        """Evaluate the arguments."""
        return Work({}, partial(self.perform, context.service, self.request(context)))

    def perform(self, service: Service, request: Mapping[str, object], ports: Ports) -> Outcome:
        """Create it, and look what it has become; `StepError` where that is refused."""
        metadata = self.create(service, request)
        description = self.describe(service, str(request[self.type.name]))
        return Succeeded(properties_in(description), metadata)
