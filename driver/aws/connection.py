"""The services of one target, composed of their adapters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from driver.aws.clients import Clients
    from driver.aws.hosting import Hosting
    from driver.aws.jobs import Jobs
    from driver.aws.logs import CloudLogs
    from driver.aws.lost_events import LostEvents
    from driver.aws.pipelines import Pipelines
    from driver.aws.state_machines import StateMachines
    from driver.aws.storage import Storage
    from driver.aws.waiter import Waiter

# ruff: noqa: PLC0415 - what connects is loaded only then: it takes a while


@dataclass(frozen=True, slots=True)
class Connection:
    """The services of one target, and how often to ask them."""

    storage: Storage
    pipelines: Pipelines
    state_machines: StateMachines
    hosting: Hosting
    jobs: Jobs
    logs: CloudLogs
    lost_events: LostEvents
    waiter: Waiter


Connect = Callable[[str, str | None], Connection]
"""Connects to a region of an endpoint (None: AWS)."""


def prepare_to_connect() -> None:
    """Load what `connect` needs, to a local target: 0.3 s of CPU time; sends nothing."""
    from driver.aws.clients import Clients

    connect(Clients("us-west-2", "http://127.0.0.1"), is_local=True)


def connect(clients: Clients, *, is_local: bool) -> Connection:
    """Connect to where clients are made for.

    `is_local`: whether it is on this machine, where asking often costs nothing.
    """
    from driver.aws.hosting import Hosting
    from driver.aws.jobs import Jobs
    from driver.aws.logs import CloudLogs
    from driver.aws.lost_events import LostEvents
    from driver.aws.pipelines import Pipelines
    from driver.aws.state_machines import StateMachines
    from driver.aws.storage import Storage
    from driver.aws.waiter import AWS_BACKOFF, LOCAL_BACKOFF, Waiter

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
