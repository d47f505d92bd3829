"""The shells by which LocalStack calls our services: a request in, an answer or AWS's error out."""

import logging
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.services.plugins import Service, ServiceLifecycleHook, aws_provider

from localcloud.errors import ServiceError
from localcloud.localstack.catalog import SHARED
from localcloud.localstack.ports import LocalStackHost
from localcloud.ports import Caller

LOG = logging.getLogger(__name__)


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
            caller = Caller(account_id=context.account_id, region=context.region)
            try:
                return self._api.call(operation, caller, request)
            except ServiceError as error:
                raise CommonServiceException(
                    error.code, error.message, error.status, sender_fault=error.status < 500
                ) from error
            except Exception:
                LOG.exception("%s %s failed", self.service, operation)  # LocalStack tells no traceback
                raise

        return handle


@aws_provider(api="sagemaker")
def sagemaker() -> Service:
    """Make SageMaker, with LocalStack's other services at hand."""
    from localcloud.sagemaker.api import SageMaker  # noqa: PLC0415 - loaded with the service

    return _service("sagemaker", SageMaker(LocalStackHost()))


@aws_provider(api="sagemaker-geospatial")
def sagemaker_geospatial() -> Service:
    """Make SageMaker geospatial, with a working folder that ends with the run."""
    from localcloud.geospatial.api import Geospatial  # noqa: PLC0415 - loaded with the service

    directory = Path(tempfile.gettempdir(), "geospatial")
    directory.mkdir(parents=True, exist_ok=True)
    shared = SHARED if SHARED.is_dir() and os.access(SHARED, os.W_OK) else None
    return _service("sagemaker-geospatial", Geospatial(LocalStackHost(), directory, gazetteer_folder=shared))


def _service(name: str, api: Api) -> Service:
    return Service.for_provider(Provider(name, api), dispatch_table_factory=Provider.dispatch_table)
