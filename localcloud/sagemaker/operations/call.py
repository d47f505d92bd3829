"""One call of an operation: what it asks and what it may use."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from localcloud.ports import Caller, Ports, Principal, no_principal
from localcloud.sagemaker.hosting.hosting import Hosting
from localcloud.sagemaker.jobs.runtime import JobRuntime
from localcloud.sagemaker.pipelines.runtime import Engine
from localcloud.sagemaker.registry.store import place_of
from localcloud.sagemaker.store import Store
from localcloud.sagemaker.wire.requests import Answer, Request


@lru_cache(maxsize=256)  # what each of thousands of executions would have a copy of
def _user_context(principal: Principal) -> dict[str, object]:
    return {"IamIdentity": {"Arn": principal.arn, "PrincipalId": principal.id}}


def nobody(_: Caller) -> Store | None:
    """Know no other account."""
    return None


@dataclass(frozen=True, slots=True)
class Call:
    """A validated request, its caller's store and ports, and what runs executions, jobs and endpoints."""

    request: Request
    store: Store
    ports: Callable[[], Ports]
    engine: Engine
    jobs: JobRuntime
    hosting: Hosting
    principal: Callable[[], Principal | None] = no_principal
    find_store: Callable[[Caller], Store | None] = nobody

    def owner_of(self, name_or_arn: str) -> Store:
        """Give where a model package or its group is kept: by another account, where its policy shares it."""
        place = place_of(name_or_arn)
        is_mine = place is None or place.region != self.store.caller.region or place == self.store.caller
        store = None if place is None or is_mine else self.find_store(place)
        return self.store if store is None or not store.registry.is_shared(name_or_arn) else store

    def lasting(self) -> "Call":
        """Give the same for what outlives the request: nothing of the request is kept but who has sent it."""
        principal = self.principal()
        return replace(self, request=Request({}), principal=lambda: principal)

    def user_context(self) -> dict[str, object]:
        """Say who asks, as CreatedBy and LastModifiedBy do; empty where the host does not know."""
        principal = self.principal()
        if principal is None:
            return {}
        return _user_context(principal)


Operation = Callable[[Call], Answer]
