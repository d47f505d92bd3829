"""One call of an operation: what it asks and what it may use."""

from collections.abc import Callable
from dataclasses import dataclass

from localcloud.ports import Ports, Principal, no_principal
from localcloud.sagemaker.hosting.hosting import Hosting
from localcloud.sagemaker.jobs.runtime import JobRuntime
from localcloud.sagemaker.pipelines.runtime import Engine
from localcloud.sagemaker.store import Store
from localcloud.sagemaker.wire.requests import Answer, Request


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

    def user_context(self) -> dict[str, object]:
        """Say who asks, as CreatedBy and LastModifiedBy do; empty where the host does not know."""
        principal = self.principal()
        if principal is None:
            return {}
        return {"IamIdentity": {"Arn": principal.arn, "PrincipalId": principal.id}}


Operation = Callable[[Call], Answer]
