"""The services of one target, composed of their adapters."""

from __future__ import annotations

from collections.abc import Callable

from driver.clients import Clients
from driver.hosting import Hosting
from driver.jobs import Jobs
from driver.logs.cloud import CloudLogs
from driver.lost_events import LostEvents
from driver.pipelines import Pipelines
from driver.ports import Connection
from driver.state_machines import StateMachines
from driver.storage import Storage
from driver.waiter import AWS_BACKOFF, LOCAL_BACKOFF, Waiter


def connect(region: str, endpoint_url: str | None, on_request: Callable[[str], None]) -> Connection:
    """Connect to a region of an endpoint.

    Parameters
    ----------
    region
        The AWS region.
    endpoint_url
        A local target's address; None is AWS itself.
    on_request
        Told the operation of every request that is sent.
    """
    clients = Clients(region, endpoint_url, on_request)
    sagemaker = clients.sagemaker()
    return Connection(
        Storage(clients.s3()),
        Pipelines(sagemaker),
        StateMachines(clients.step_functions()),
        Hosting(sagemaker, clients.sagemaker_runtime),
        Jobs(sagemaker),
        CloudLogs(clients.logs),
        LostEvents(clients.sqs, clients.functions),
        Waiter(AWS_BACKOFF if endpoint_url is None else LOCAL_BACKOFF),
    )
