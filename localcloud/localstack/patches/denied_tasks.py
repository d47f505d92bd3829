"""How a task fails whose call IAM denies: by the name of the service's SDK, which knows no such error.

Recorded from AWS: ``Lambda.AWSLambdaException`` with AWS's sentence and ``Error Code: AccessDeniedException``
(awslabs/aws-deployment-framework#460). Names of SQS and Step Functions are of AWS's SDK for Java as well.
"""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.api.stepfunctions import (
    HistoryEventType,
    LambdaFunctionFailedEventDetails,
    TaskFailedEventDetails,
)
from localstack.services.stepfunctions.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from localstack.services.stepfunctions.asl.component.common.error_name.failure_event import FailureEvent
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service.state_task_service_lambda import (  # noqa: E501
    StateTaskServiceLambda,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service.state_task_service_sfn import (  # noqa: E501
    StateTaskServiceSfn,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service.state_task_service_sqs import (  # noqa: E501
    StateTaskServiceSqs,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.state_task_lambda import (  # noqa: E501
    StateTaskLambda,
)
from localstack.services.stepfunctions.asl.eval.environment import Environment
from localstack.services.stepfunctions.asl.eval.event.event_detail import EventDetails
from localstack.utils.patch import patch

_TASKS = {
    StateTaskServiceLambda: ("Lambda.AWSLambdaException", "AWSLambda"),
    StateTaskServiceSfn: ("StepFunctions.AWSStepFunctionsException", "AWSStepFunctions"),
    StateTaskServiceSqs: ("SQS.AmazonSQSException", "AmazonSQS"),
}


def apply() -> None:
    """Apply all patches. Defect: the error has the name of a code that no service model has."""
    for task, (name, service) in _TASKS.items():
        _patch(task, name, service)

    @patch(StateTaskLambda._from_error)
    def _from_error(
        original: Callable[..., FailureEvent], self: Any, env: Environment, ex: Exception
    ) -> FailureEvent:
        if not is_denial(ex):
            return original(self, env=env, ex=ex)
        name, service = _TASKS[StateTaskServiceLambda]
        told = LambdaFunctionFailedEventDetails(error=name, cause=cause_of(ex, service))
        details = EventDetails(lambdaFunctionFailedEventDetails=told)
        return FailureEvent(env, CustomErrorName(name), HistoryEventType.LambdaFunctionFailed, details)


def _patch(task: type[Any], name: str, service: str) -> None:
    @patch(task._from_error)
    def _from_error(
        original: Callable[..., FailureEvent], self: Any, env: Environment, ex: Exception
    ) -> FailureEvent:
        if not is_denial(ex):
            return original(self, env=env, ex=ex)
        told = TaskFailedEventDetails(
            error=name,
            cause=cause_of(ex, service),
            resource=self._get_sfn_resource(),
            resourceType=self._get_sfn_resource_type(),
        )
        details = EventDetails(taskFailedEventDetails=told)
        return FailureEvent(env, CustomErrorName(name), HistoryEventType.TaskFailed, details)


def is_denial(error: Exception) -> bool:
    """Tell whether IAM has denied a call, or who makes it may not assume the role."""
    return isinstance(error, ClientError) and error.response["Error"]["Code"].startswith("AccessDenied")


def cause_of(error: Exception, service: str) -> str:
    """Write the cause as AWS's SDK for Java writes an error."""
    assert isinstance(error, ClientError)
    told, answer = error.response["Error"], error.response["ResponseMetadata"]
    return (
        f"{told['Message']} (Service: {service}; Status Code: {answer['HTTPStatusCode']}; "
        f"Error Code: {told['Code']}; Request ID: {answer['RequestId']}; Proxy: null)"
    )
