"""One account's hosting and registry, with servers, timers and time under the test's control."""

import itertools
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from localcloud.containers.http import Reply, StreamedReply
from localcloud.containers.http import Request as HttpRequest
from localcloud.containers.images import Images
from localcloud.errors import ServiceError
from localcloud.ports import Caller, Ports
from localcloud.sagemaker.hosting.endpoint import Endpoint
from localcloud.sagemaker.hosting.hosting import Hosting
from localcloud.sagemaker.hosting.runtime_api import SageMakerRuntime
from localcloud.sagemaker.hosting.server import LaunchSpecification, Server, ServerGoneError
from localcloud.sagemaker.hosting.store import HostingStore
from localcloud.sagemaker.hosting.turn import (
    Event,
    InstanceCrashed,
    InstanceFailed,
    InstanceReady,
    InstanceStopped,
)
from localcloud.sagemaker.jobs.runtime import JobRuntime
from localcloud.sagemaker.operations.call import Call
from localcloud.sagemaker.operations.table import OPERATIONS
from localcloud.sagemaker.pipelines.runtime import Engine
from localcloud.sagemaker.store import Store
from localcloud.sagemaker.wire.identifiers import Identifiers
from localcloud.sagemaker.wire.requests import Request
from localcloud.validation import validate
from tests.unit.localcloud.sagemaker.cloud import CALLER, Clock, Document, FakeHost, Timer

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/model:1"
MODEL_DATA = "s3://bucket/model.tar.gz"
ENDPOINT_ARN = "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/endpoint"


class FakeServer(Server):
    """A server that does what the test says; stops as soon as it is told to, unless it `lingers`."""

    def __init__(self, order: LaunchSpecification, report: Callable[[Event], object]) -> None:
        self.order = order
        self.report = report
        self.busy = 0
        self.requests: list[HttpRequest] = []
        self.reply: Reply | Exception = Reply(200, {"content-type": "text/csv"}, b"1")
        self.target: str | None = None  # of the last request
        self.breaks_off: Exception | None = None  # where a streamed answer ends
        self.lingers = False
        self.is_stopped = False
        self.grace: float | None = None

    @property
    def outstanding(self) -> int:
        return self.busy

    def send(self, request: HttpRequest, target: str | None = None) -> Reply:
        self.requests.append(request)
        self.target = target
        if self.is_stopped:
            raise ServerGoneError
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply

    def stream(self, request: HttpRequest, target: str | None = None) -> StreamedReply:
        reply = self.send(request, target)

        def pieces() -> Iterator[bytes]:
            yield from (reply.body[at : at + 1] for at in range(len(reply.body)))
            if self.breaks_off:
                raise self.breaks_off

        return StreamedReply(reply.status, reply.headers, pieces())

    def stop(self) -> None:
        self.is_stopped = True
        if not self.lingers:
            # As a real one: from another thread, after whoever told it has let go of the endpoint.
            thread = threading.Thread(target=self.stopped)
            thread.start()

    def end(self, grace: float) -> None:
        self.grace = grace

    def ready(self) -> None:
        self.report(InstanceReady(self.order.instance_id))

    def crashed(self) -> None:
        self.report(InstanceCrashed(self.order.instance_id))

    def failed(self, reason: str) -> None:
        self.report(InstanceFailed(self.order.instance_id, reason))

    def stopped(self) -> None:
        self.report(InstanceStopped(self.order.instance_id))


class Endpoints(dict[str, Endpoint]):
    """Endpoints by name, whose end wakes up whoever waits for it."""

    def __init__(self, host: FakeHost) -> None:
        super().__init__()
        self._host = host

    def pop(self, name: str, default: object = None) -> object:  # type: ignore[override]
        with self._host.changed:
            endpoint = super().pop(name, None)
            self._host.changed.notify_all()
            return endpoint


class Account:
    """Calls as the service makes them, and what they lead to."""

    def __init__(self, hosting: Hosting | None = None) -> None:
        self.host, self.timer, self.clock = FakeHost(), Timer(), Clock()
        self.store = Store(CALLER, Identifiers(), hosting=HostingStore(endpoints=Endpoints(self.host)))
        self.engine = Engine(self.clock, self.timer)
        self.jobs = JobRuntime(self.host, Images(None), Path(tempfile.gettempdir()), self.clock)
        self.servers: list[FakeServer] = []
        self.draws = itertools.cycle([0.0])
        self.hosting = hosting or Hosting(self._launch, self.clock, self.timer, draw=lambda: next(self.draws))
        self.runtime = SageMakerRuntime(self._find, self._find_component)

    def call(self, operation: str, **members: object) -> Document:
        validate("sagemaker", operation, members)
        return self.perform(operation, **members)

    def perform(self, operation: str, **members: object) -> Document:
        """Carry out an operation whose request is valid."""
        call = Call(
            Request(members),
            self.store,
            lambda: self.host.ports(CALLER),
            self.engine,
            self.jobs,
            self.hosting,
        )
        return OPERATIONS[operation](call)

    def refusal(self, operation: str, **members: object) -> str:
        """Call what must be refused with a ValidationException, and give the message."""
        with pytest.raises(ServiceError) as caught:
            self.call(operation, **members)
        assert caught.value.code == "ValidationException"
        return caught.value.message

    def create_model(self, name: str = "model", **container: object) -> Document:
        given = {"Image": IMAGE, "ModelDataUrl": MODEL_DATA} | container
        return self.call("CreateModel", ModelName=name, PrimaryContainer=given)

    def create_config(
        self, name: str = "config", *variants: Mapping[str, object], **more: object
    ) -> Document:
        given = [self.variant(**item) for item in variants] or [self.variant()]
        return self.call("CreateEndpointConfig", EndpointConfigName=name, ProductionVariants=given, **more)

    def variant(self, **members: object) -> Document:
        return {
            "VariantName": "A",
            "ModelName": "model",
            "InitialInstanceCount": 1,
            "InstanceType": "ml.m5.large",
        } | members

    def create_endpoint(self, *variants: Mapping[str, object], **config: object) -> Endpoint:
        """Create a model, a configuration and an endpoint, which is Creating."""
        self.create_model()
        self.create_config("config", *variants, **config)
        self.call("CreateEndpoint", EndpointName="endpoint", EndpointConfigName="config")
        return self.endpoint

    def deployed(self, *variants: Mapping[str, object], **config: object) -> Endpoint:
        """Create an endpoint and bring it into service."""
        endpoint = self.create_endpoint(*variants, **config)
        for server in self.servers:
            server.ready()
        return endpoint

    def listed(self, operation: str, member: str, **members: object) -> list[Document]:
        """Call an operation and give the list that its answer holds."""
        found = self.call(operation, **members)[member]
        assert isinstance(found, list)
        return found

    def variants(self) -> list[Document]:
        """Describe the endpoint's variants."""
        return self.listed("DescribeEndpoint", "ProductionVariants", EndpointName="endpoint")

    @property
    def endpoint(self) -> Endpoint:
        return self.store.hosting.endpoints["endpoint"]

    def describe(self) -> Document:
        return self.call("DescribeEndpoint", EndpointName="endpoint")

    def update(self, config: str, **more: object) -> Document:
        return self.call("UpdateEndpoint", EndpointName="endpoint", EndpointConfigName=config, **more)

    def delete(self) -> None:
        self.call("DeleteEndpoint", EndpointName="endpoint")

    def wait_for_status(self, status: str, times: int = 1) -> None:
        """Wait until a status was published so many times."""
        self.host.wait_for(lambda: self.statuses().count(status) >= times)

    def wait_until_gone(self, name: str = "endpoint") -> None:
        self.host.wait_for(lambda: name not in self.store.hosting.endpoints)

    def statuses(self) -> list[object]:
        return [detail["EndpointStatus"] for detail in self.host.details("Endpoint State Change")]

    def invoke(self, body: bytes = b"1,2", **members: object) -> Document:
        request: Document = {"EndpointName": "endpoint", "Body": body} | members
        return self.runtime.call("InvokeEndpoint", CALLER, request)

    def invocation_error(self, body: bytes = b"1,2", **members: object) -> ServiceError:
        with pytest.raises(ServiceError) as caught:
            self.invoke(body, **members)
        return caught.value

    def _launch(
        self, order: LaunchSpecification, _ports: Ports, report: Callable[[Event], object]
    ) -> FakeServer:
        server = FakeServer(order, report)
        self.servers.append(server)
        return server

    def _find_component(self, caller: Caller, endpoint: str, name: str) -> Endpoint | None:
        component = self.store.hosting.components.get(name)
        return self.store.hosting.served.get(name) if component and component.endpoint == endpoint else None

    def _find(self, caller: Caller, name: str) -> Endpoint | None:
        return self.store.hosting.endpoints.get(name) if caller == CALLER else None
