"""What the service held in an earlier run of the local cloud, and how it goes on.

What waits goes on waiting: for callbacks, for jobs. What worked in a process that has ended has failed, with
a reason that says so, and retry policies take it up. Endpoints start their servers again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial

from localcloud.errors import CLOUD_STOPPED
from localcloud.ports import Caller, Host
from localcloud.sagemaker.hosting.endpoint import Identity
from localcloud.sagemaker.hosting.hosting import Hosting
from localcloud.sagemaker.hosting.lifecycle import resume
from localcloud.sagemaker.hosting.state import EndpointState
from localcloud.sagemaker.hosting.turn import InstanceStopped
from localcloud.sagemaker.jobs.job import Job, Kind
from localcloud.sagemaker.jobs.lifecycle import Ended
from localcloud.sagemaker.jobs.runtime import JobRuntime
from localcloud.sagemaker.operations.account import Account
from localcloud.sagemaker.operations.call import Call
from localcloud.sagemaker.operations.endpoints import begin_endpoint
from localcloud.sagemaker.pipelines.runtime import Engine, Execution
from localcloud.sagemaker.pipelines.state import ExecutionInfo, ExecutionState
from localcloud.sagemaker.store import Store
from localcloud.sagemaker.wire.requests import Request

Contents = Sequence[tuple[str, str, Mapping[str, object], Sequence[tuple[Identity, EndpointState]]]]
"""Account, region, the store's fields, and endpoints: those exist again once all else does."""

_OF_PROCESS = frozenset({"caller", "identifiers", "lock"})
_OF_HOSTING = frozenset({"models", "configs", "components"})
_BUSY = frozenset({"Creating", "Updating", "RollingBack", "Deleting"})


@dataclass(frozen=True, slots=True)
class Revival:
    """Makes what was saved anew, with what this process runs it by."""

    host: Host
    engine: Engine
    jobs: JobRuntime
    hosting: Hosting

    def execution(self, store: Store, info: ExecutionInfo, state: ExecutionState) -> Execution:
        """Make an execution again; nothing of it runs yet."""
        execution = Execution(info, self.engine, max_parallel=state.max_parallel, state=state)
        if not execution.is_over:
            ports = partial(self.host.ports, store.caller)
            call = Call(Request({}), store, ports, self.engine, self.jobs, self.hosting)
            execution.equip(ports(), Account(call, info.pipeline_arn, info.arn), store.issue_token)
        return execution

    def resume(self, store: Store, endpoints: Sequence[tuple[Identity, EndpointState]]) -> None:
        """Let everything of a store go on."""
        for identity, state in endpoints:
            with store.lock:
                ports = self.host.ports(store.caller)
                endpoint = begin_endpoint(store, self.hosting, identity, ports, resume(state))
            for instance in state.retiring:
                endpoint.handle(InstanceStopped(instance))
        for job in all_jobs(store):
            job.handle(Ended(CLOUD_STOPPED))
        for execution in list(store.executions.values()):
            if not execution.is_over:
                execution.resume()


def contents_of(stores: Mapping[Caller, Store]) -> Contents:
    """Give what all stores hold."""
    found = []
    for caller, store in stores.items():
        names = [one.name for one in fields(store) if one.name not in _OF_PROCESS | {"hosting"}]
        held = {name: getattr(store, name) for name in names}
        held |= {name: getattr(store.hosting, name) for name in _OF_HOSTING}
        endpoints = [(one.identity, one.state) for one in store.hosting.begun()]
        found.append((caller.account_id, caller.region, held, endpoints))
    return found


def fill(store: Store, held: Mapping[str, object]) -> None:
    """Let a store hold what was saved."""
    for name, value in held.items():
        setattr(store.hosting if name in _OF_HOSTING else store, name, value)


def all_jobs(store: Store) -> list[Job]:
    """Give the jobs of every type."""
    with store.lock:
        return [job for kind in Kind for job in store.jobs.all(kind)]


def is_busy(store: Store) -> bool:
    """Tell whether something may change without a request."""
    with store.lock:
        endpoints = store.hosting.begun()
        executions = list(store.executions.values())
    return (
        any(not execution.is_over for execution in executions)
        or any(not job.state.status.terminal for job in all_jobs(store))
        or any(endpoint.state.status in _BUSY for endpoint in endpoints)
    )
