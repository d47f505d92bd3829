"""The Endpoint step: creates an endpoint, with the name that the definition gives, and waits for its servers.

An execution that is stopped waits as well: the creation of an endpoint cannot be called off.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from localcloud.ports import Ports
from localcloud.sagemaker.pipelines.properties import properties_in
from localcloud.sagemaker.pipelines.request_step import FollowedStep, RequestType, parse_request_step
from localcloud.sagemaker.pipelines.service import Service, StartedJob, StartedKind
from localcloud.sagemaker.pipelines.steps import Context, Failed, Header, Outcome, Succeeded, Waiting, Work

_ENDPOINT = RequestType(
    "Endpoint", metadata="Endpoint", name="EndpointName", arn="EndpointArn", prefixed=False
)


@dataclass(frozen=True, slots=True)
class EndpointStep(FollowedStep):
    """A step that creates an endpoint."""

    @property
    def kind(self) -> StartedKind:
        """An endpoint goes on by itself."""
        return StartedKind.ENDPOINT

    def resolve(self, context: Context) -> Work:
        """Evaluate the arguments."""
        return Work({}, partial(self._start, context.service, self.request(context)))

    def ended(self, description: Mapping[str, object]) -> Outcome:
        """Give the outcome from what is told of the endpoint, which is Creating no more."""
        status = description["EndpointStatus"]
        if status == "InService":
            return Succeeded(properties_in(description))
        reason = description.get("FailureReason") or f"its status is {status}."
        return Failed(f"ClientError: Endpoint {description[self.type.name]}: {reason}")

    def _start(self, service: Service, request: Mapping[str, object], ports: Ports) -> Outcome:
        metadata = self.create(service, request)
        return Waiting(StartedJob(self.kind, str(request[self.type.name])), metadata)


def parse_endpoint_step(header: Header, members: dict[str, object]) -> EndpointStep:
    """Read an Endpoint step of a definition, as `parse_request_step` does."""
    step = parse_request_step(_ENDPOINT, header, members)
    return EndpointStep(step.header, step.type, step.arguments)
