"""How the gateway finds the operations of a service that is being loaded."""

from collections.abc import Callable

from localstack.aws.api import RequestContext
from localstack.aws.handlers.service_plugin import ServiceLoader
from localstack.utils.patch import patch


def apply() -> None:
    """Apply all patches of this module."""
    let_requests_wait_for_the_routes_of_a_service()


def let_requests_wait_for_the_routes_of_a_service() -> None:
    """Defect: a service counts as loaded before its operations are entered.

    A request that comes in between is answered 501, "no handler for operation", which SDKs do not repeat.
    """

    @patch(ServiceLoader.require_service)
    def require_service(
        original: Callable[..., None],
        self: ServiceLoader,
        chain: object,
        context: RequestContext,
        response: object,
    ) -> None:
        routed: set[str] = self.__dict__.setdefault("routed", set())
        if context.service is None or (name := context.service.service_name) in routed:
            return
        with self.service_locks[name]:
            original(self, chain, context, response)
            routed.add(name)
