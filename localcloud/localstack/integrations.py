"""What a task of a state machine can call: optimized integrations, and AWS's SDK."""

from botocore.exceptions import UnknownServiceError

from localcloud.localstack import sagemaker_integration
from localcloud.states_language.resources import is_optimized, parts
from localcloud.states_language.states import Integrations
from localcloud.validation import service_model


class KnownIntegrations(Integrations):
    """Those that the local cloud has, and every operation of botocore's models."""

    def is_recognized(self, resource: str) -> bool:
        """Tell whether a task can call this."""
        if (given := parts(resource)) is None:
            return False
        service, action, pattern = given
        if service == sagemaker_integration.SERVICE:
            return sagemaker_integration.is_supported(action, pattern or None)
        if service != "aws-sdk":
            return is_optimized(service, action, pattern)
        service, _, operation = action.partition(":")
        name = operation[:1].upper() + operation[1:]
        return pattern != "sync" and operation[:1].islower() and self.has_operation(service, name)

    def has_operation(self, service: str, name: str) -> bool:
        """Tell whether a service, as Step Functions calls it, has an operation.

        What botocore calls otherwise is not known here, and taken.
        """
        try:
            return name in service_model(service).operation_names
        except UnknownServiceError:
            return True

    def problems(self, resource: str, arguments: object, *, is_jsonata: bool) -> list[str]:
        """Say what is wrong with the arguments of a task of SageMaker's optimized integration."""
        return sagemaker_integration.problems_when_made(resource, arguments, is_jsonata=is_jsonata)
