"""The shell by which LocalStack calls a service of ours: a request in, an answer or AWS's error out."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Protocol

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.services.plugins import Service, ServiceLifecycleHook

from localcloud.errors import ServiceError
from localcloud.localstack.event_stream import streamed
from localcloud.localstack.principals import principal_of
from localcloud.ports import Caller

_STREAM_HEADERS = {  # service model, InvokeEndpointWithResponseStreamOutput
    "ContentType": "X-Amzn-SageMaker-Content-Type",
    "InvokedProductionVariant": "x-Amzn-Invoked-Production-Variant",
    "CustomAttributes": "X-Amzn-SageMaker-Custom-Attributes",
}


class Api(Protocol):
    """A service of ours."""

    OPERATIONS: frozenset[str]

    def call(self, operation: str, caller: Caller, request: Mapping[str, object]) -> Mapping[str, object]:
        """Answer one request, or raise `ServiceError`."""
        ...

    def close(self) -> None:
        """End the service's threads and processes."""
        ...


class Provider(ServiceLifecycleHook):
    """One service of ours under AWS's name for it; LocalStack answers 501 to what it does not offer."""

    def __init__(self, service: str, api: Api) -> None:
        self.service = service
        self._api = api

    def on_before_stop(self) -> None:
        """End the service's threads and processes."""
        self._api.close()

    def dispatch_table(self) -> dict[str, Callable[[RequestContext, Mapping[str, object]], object]]:
        """Give LocalStack a handler for each operation."""
        return {operation: self._handler(operation) for operation in self._api.OPERATIONS}

    def _handler(self, operation: str) -> Callable[[RequestContext, Mapping[str, object]], object]:
        def handle(context: RequestContext, request: Mapping[str, object]) -> object:
            caller = Caller(context.account_id, context.region, partial(principal_of, context))
            try:
                answer = self._api.call(operation, caller, request)
            except ServiceError as error:
                fault = CommonServiceException(
                    error.code, error.message, error.status, sender_fault=error.status < 500
                )
                for name, value in error.members.items():
                    setattr(fault, name, value)  # LocalStack writes what the model says an error has
                raise fault from error
            return _on_the_wire(answer)

        return handle


def _on_the_wire(answer: Mapping[str, object]) -> object:
    """Give an answer as LocalStack writes it; one whose body is a stream of events is written here."""
    events = answer.get("Body")
    if not isinstance(events, Iterator):
        return answer
    headers = {header: answer[name] for name, header in _STREAM_HEADERS.items() if name in answer}
    return streamed(events, headers)


def service_of(name: str, api: Api) -> Service:
    """Make a service for LocalStack."""
    return Service.for_provider(Provider(name, api), dispatch_table_factory=Provider.dispatch_table)


def cloudwatch() -> Service:
    """Make CloudWatch metrics, in place of LocalStack's: that writes each value into a database."""
    from localcloud.metrics.api import METRICS  # noqa: PLC0415 - loaded with the service

    return service_of("cloudwatch", METRICS)


def scheduler() -> Service:
    """Make EventBridge Scheduler, in place of LocalStack's: that stores schedules and invokes nothing."""
    from localcloud.localstack.schedules import scheduler_of_this_process  # noqa: PLC0415

    return service_of("scheduler", scheduler_of_this_process())
