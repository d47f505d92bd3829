"""The shells by which LocalStack calls our services: a request in, an answer or AWS's error out."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.skeleton import Skeleton
from localstack.services.plugins import Service, ServiceLifecycleHook, aws_provider

from localcloud.errors import ServiceError
from localcloud.localstack.catalog import SHARED
from localcloud.localstack.event_stream import streamed
from localcloud.localstack.ports import LocalStackHost
from localcloud.localstack.principals import principal_of
from localcloud.localstack.settings import IMAGES_VARIABLE, SAVED_VARIABLE
from localcloud.ports import Caller

if TYPE_CHECKING:
    from localcloud.geospatial.api import Geospatial
    from localcloud.sagemaker.api import SageMaker


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


@aws_provider(api="sagemaker")
def sagemaker() -> Service:
    """Make SageMaker, with LocalStack's other services at hand."""
    return _service("sagemaker", sagemaker_of_this_process())


@aws_provider(api="sagemaker-runtime")
def sagemaker_runtime() -> Service:
    """Make what invokes the endpoints of SageMaker."""
    return _service("sagemaker-runtime", sagemaker_of_this_process().runtime)


@aws_provider(api="sagemaker-geospatial")
def sagemaker_geospatial() -> Service:
    """Make SageMaker geospatial."""
    return _service("sagemaker-geospatial", geospatial_of_this_process())


def cloudwatch() -> Service:
    """Make CloudWatch metrics, in place of LocalStack's: that writes each value into a database."""
    from localcloud.metrics.api import METRICS  # noqa: PLC0415 - loaded with the service

    return _service("cloudwatch", METRICS)


@aws_provider(api="ecr")
def ecr() -> Service:
    """Make the registry of image repositories, as moto has it: what they are called and their policies."""
    from localstack.aws.spec import load_service  # noqa: PLC0415 - loaded with the service
    from localstack.services.moto import call_moto  # noqa: PLC0415

    def handle(context: RequestContext, request: Mapping[str, object]) -> object:
        return call_moto(context)

    operations = dict.fromkeys(load_service("ecr").operation_names, handle)
    return Service("ecr", skeleton=Skeleton(load_service("ecr"), operations))


@cache
def sagemaker_of_this_process() -> "SageMaker":
    """Make the one SageMaker of this process, with a working folder that ends with the run."""
    from localcloud.containers.images import Images  # noqa: PLC0415 - loaded with the service
    from localcloud.sagemaker.api import SageMaker  # noqa: PLC0415

    folder = Path(tempfile.gettempdir(), "sagemaker")
    folder.mkdir(parents=True, exist_ok=True)
    registry = os.environ.get(IMAGES_VARIABLE)
    images = Images(None if registry is None else Path(registry))
    return SageMaker(LocalStackHost(), images=images, folder=folder)


@cache
def geospatial_of_this_process() -> "Geospatial":
    """Make the one SageMaker geospatial of this process; results outlive it where its state does."""
    from localcloud.geospatial.api import Geospatial  # noqa: PLC0415 - loaded with the service

    saved = os.environ.get(SAVED_VARIABLE)
    directory = Path(saved or tempfile.gettempdir(), "geospatial")
    directory.mkdir(parents=True, exist_ok=True)
    shared = SHARED if SHARED.is_dir() and os.access(SHARED, os.W_OK) else None
    return Geospatial(LocalStackHost(), directory, gazetteer_folder=shared, keeps_results=saved is not None)


def _service(name: str, api: Api) -> Service:
    return Service.for_provider(Provider(name, api), dispatch_table_factory=Provider.dispatch_table)
