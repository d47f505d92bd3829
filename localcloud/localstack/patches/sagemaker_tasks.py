"""Step Functions' optimized integration of SageMaker, which LocalStack lacks."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError
from localstack.aws.api.stepfunctions import HistoryEventType, TaskFailedEventDetails
from localstack.services.stepfunctions.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from localstack.services.stepfunctions.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from localstack.services.stepfunctions.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from localstack.services.stepfunctions.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task import (
    state_task_factory,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.credentials import (
    StateCredentials,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service.resource import (  # noqa: E501
    ResourceCondition,
    ResourceRuntimePart,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service.state_task_service import (  # noqa: E501
    StateTaskService,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service.state_task_service_callback import (  # noqa: E501
    StateTaskServiceCallback,
)
from localstack.services.stepfunctions.asl.eval.environment import Environment
from localstack.services.stepfunctions.asl.eval.event.event_detail import EventDetails
from localstack.services.stepfunctions.asl.utils.boto_client import boto_client_for

from localcloud.localstack import sagemaker_integration as integration

Parameters = dict[str, Any]


class SageMakerTask(StateTaskServiceCallback):
    """A task ``arn:aws:states:::sagemaker:…``, alone or with ``.sync``."""

    def __init__(self) -> None:
        # Tokens are refused below; but only who is said to take them can be interrupted.
        patterns = {ResourceCondition.Sync, ResourceCondition.WaitForTaskToken}
        super().__init__(supported_integration_patterns=patterns)

    def _validate_service_integration_is_supported(self) -> None:
        if not integration.is_supported(self.resource.api_action, self.resource.condition):
            raise ValueError(
                f"SCHEMA_VALIDATION_FAILED: The resource provided {self.resource.resource_arn} is not "
                "recognized. The value is not a valid resource ARN, or the resource is not available in this "
                f"region. at /States/{self.name}/Resource"
            )

    def _eval_parameters(self, env: Environment) -> Parameters:
        """Evaluate the parameters, and fail the execution where they cannot be used."""
        parameters: Parameters = super()._eval_parameters(env=env)
        if found := integration.problems(self._operation, parameters):
            entered = env.event_history_context.source_event_id
            cause = integration.unusable(self.name, entered, parameters, found)
            raise self._failure(env, StatesErrorName(typ=StatesErrorNameType.StatesRuntime), cause)
        return parameters

    def _normalise_parameters(self, parameters: Parameters, *_: object, **__: object) -> None:
        """Leave them as they are: their names were checked."""

    def _normalise_response(self, response: Parameters, *_: object, **__: object) -> None:
        """Leave it as it is: SageMaker's names begin with capitals anyway, and keep those within."""

    def _eval_service_task(
        self,
        env: Environment,
        resource_runtime_part: ResourceRuntimePart,
        normalised_parameters: Parameters,
        state_credentials: StateCredentials,
    ) -> None:
        request = normalised_parameters
        if self.resource.condition is not None:
            request = {**request, "Tags": _tags(env, request)}
        call = _caller(resource_runtime_part, state_credentials)
        env.stack.append(call(self._operation, request))

    def _build_sync_resolver(
        self,
        env: Environment,
        resource_runtime_part: ResourceRuntimePart,
        normalised_parameters: Parameters,
        state_credentials: StateCredentials,
    ) -> Callable[[], Parameters | None]:
        env.stack.pop()
        job = integration.JOBS[self._operation]
        call = _caller(resource_runtime_part, state_credentials)
        # Not from the request: a task that goes on after a stop of the local cloud has not made it.
        tags = {tag["Key"]: tag["Value"] for tag in _tags(env, normalised_parameters)}

        def resolve() -> Parameters | None:
            described = call(job.describe, {job.name: normalised_parameters[job.name]}) | {"Tags": tags}
            if described[job.status] in integration.FAILED:
                error = StatesErrorName(typ=StatesErrorNameType.StatesTaskFailed)
                raise self._failure(env, error, json.dumps(described, separators=(",", ":")))
            return described if described[job.status] == integration.SUCCEEDED else None

        return resolve

    def _from_error(self, env: Environment, ex: Exception) -> FailureEvent:
        if not isinstance(ex, ClientError):
            return super()._from_error(env=env, ex=ex)
        code, answered = ex.response["Error"]["Code"], ex.response["ResponseMetadata"]
        cause = integration.error_cause(
            code, ex.response["Error"]["Message"], answered["HTTPStatusCode"], answered.get("RequestId", "")
        )
        return self._failure(env, CustomErrorName(integration.error_name(code)), cause).failure_event

    @property
    def _operation(self) -> str:
        return integration.operation_of(self.resource.api_action)

    def _failure(self, env: Environment, error: StatesErrorName, cause: str) -> FailureEventException:
        details = TaskFailedEventDetails(
            resource=self._get_sfn_resource(),
            resourceType=self._get_sfn_resource_type(),
            error=error.error_name,
            cause=cause,
        )
        return FailureEventException(
            FailureEvent(
                env=env,
                error_name=error,
                event_type=HistoryEventType.TaskFailed,
                event_details=EventDetails(taskFailedEventDetails=details),
            )
        )


def apply() -> None:
    """Apply all patches of this module."""
    let_sagemaker_be_integrated()
    let_endpoints_be_invoked()


def let_sagemaker_be_integrated() -> None:
    """Defect: LocalStack forwards such tasks to the service as they are, and knows no ``.sync`` for them."""
    original = state_task_factory.state_task_service_for

    def state_task_service_for(service_name: str) -> StateTaskService:
        return SageMakerTask() if service_name == integration.SERVICE else original(service_name)

    state_task_factory.state_task_service_for = state_task_service_for


def let_endpoints_be_invoked() -> None:
    """Defect: ``aws-sdk:sagemakerruntime``, as AWS spells it, is taken for a service of that name."""
    StateTaskService._SERVICE_NAME_SFN_TO_BOTO_OVERRIDES["sagemakerruntime"] = "sagemaker-runtime"


def _tags(env: Environment, parameters: Parameters) -> list[dict[str, str]]:
    """Give the tags of a job: those of the parameters, and those that name the execution."""
    execution = env.states.context_object.context_object_data["Execution"]["Id"]
    marks = integration.marks(execution).items()
    return [*parameters.get("Tags", ()), *({"Key": key, "Value": value} for key, value in marks)]


def _caller(
    part: ResourceRuntimePart, credentials: StateCredentials
) -> Callable[[str, Mapping[str, object]], Parameters]:
    """Give what calls an operation of SageMaker, and writes its answer as a task's output."""
    client = boto_client_for(integration.SERVICE, part.region, credentials)

    def call(operation: str, request: Mapping[str, object]) -> Parameters:
        answer = integration.plain(getattr(client, xform_name(operation))(**request))
        assert isinstance(answer, dict)
        return answer

    return call
