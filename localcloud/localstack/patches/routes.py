"""How the gateway finds a service, and the operations of one that is being loaded."""

from collections.abc import Callable

from localstack.aws.api import RequestContext
from localstack.aws.handlers.service_plugin import ServiceLoader
from localstack.aws.protocol.service_router import signing_name_path_prefix_rules
from localstack.aws.spec import ServiceModelIdentifier
from localstack.services.plugins import SERVICE_PLUGINS, ServiceContainer, ServicePluginManager
from localstack.utils.bootstrap import get_enabled_apis, is_api_enabled
from localstack.utils.patch import patch

from localcloud.localstack.patches.requests import refused


def apply() -> None:
    """Apply all patches of this module."""
    let_requests_wait_for_the_routes_of_a_service()
    know_sagemaker_metrics()


def know_sagemaker_metrics() -> None:
    """Defect: requests to ``sagemaker-metrics``, which signs as ``sagemaker``, are taken for that.

    The service is entered here and not by an entry point: environments that exist need no new installation.
    """
    metrics = "sagemaker-metrics"
    paths = dict.fromkeys(("/BatchGetMetrics", "/BatchPutMetrics"), ServiceModelIdentifier(metrics))
    signing_name_path_prefix_rules["sagemaker"].update(paths)
    SERVICE_PLUGINS.api_provider_specs[metrics] = ["default"]

    @patch(ServicePluginManager._load_service_plugin)
    def load_service_plugin(original: Callable[..., object], self: ServicePluginManager, name: str) -> object:
        if name != metrics:
            return original(self, name)
        from localcloud.localstack.providers import sagemaker_metrics  # noqa: PLC0415 - loaded with the service

        return ServiceContainer(sagemaker_metrics())  # has a service, as a plugin


def let_requests_wait_for_the_routes_of_a_service() -> None:
    """Defect: a service counts as loaded before its operations are entered.

    A request that comes in between is answered 501, "no handler for operation", which SDKs do not repeat. A
    service that the local cloud does not have is answered 501, too, in words of ours: LocalStack's name its
    own settings.
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
        if not is_api_enabled(name):
            offered = ", ".join(sorted(get_enabled_apis()))
            raise refused(
                "InternalFailure", f"The local cloud does not offer {name}. It offers {offered}.", 501
            )
        with self.service_locks[name]:
            original(self, chain, context, response)
            routed.add(name)
