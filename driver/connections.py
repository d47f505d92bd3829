"""The services of one target, composed of their adapters."""

from __future__ import annotations

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


def connect(clients: Clients, *, is_local: bool) -> Connection:
    """Connect to where clients are made for.

    Parameters
    ----------
    clients
        Makes a client of each service.
    is_local
        Whether it is on this machine, where asking often costs nothing.
    """
    sagemaker = clients.sagemaker()
    return Connection(
        Storage(clients.s3()),
        Pipelines(sagemaker),
        StateMachines(clients.step_functions()),
        Hosting(sagemaker, clients.sagemaker_runtime),
        Jobs(sagemaker),
        CloudLogs(clients.logs),
        LostEvents(clients.sqs, clients.functions),
        Waiter(LOCAL_BACKOFF if is_local else AWS_BACKOFF),
    )
