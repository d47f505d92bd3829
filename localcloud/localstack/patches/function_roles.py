"""Functions' roles: who writes logs, polls queues and sends for a function has a session named after it.

And what the role must allow when something is made that works as it. AWS's sentences, as users show them:
"The function execution role does not have permissions to call ReceiveMessage on SQS"
(CreateEventSourceMapping), "The provided execution role does not have permissions to call SendMessage on SQS"
(DeadLetterConfig), "The function's execution role does not have permissions to call SendMessage on arn:…"
(destinations).
"""

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.api import RequestContext
from localstack.aws.api.lambda_ import InvalidParameterValueException
from localstack.services.lambda_ import api_utils
from localstack.services.lambda_.event_source_mapping.esm_worker_factory import EsmWorkerFactory
from localstack.services.lambda_.invocation import event_manager
from localstack.services.lambda_.invocation.models import lambda_stores
from localstack.services.lambda_.invocation.version_manager import LambdaVersionManager
from localstack.services.lambda_.provider import LambdaProvider
from localstack.utils.aws import arns
from localstack.utils.patch import patch

from localcloud.errors import ServiceError
from localcloud.localstack.acting import RoleArn, Session
from localcloud.localstack.permissions.require import require
from localcloud.ports import Caller, Role

NOT_TRUSTED = "The role defined for the function cannot be assumed by Lambda."

POLLING = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
"""Lambda developer guide, "Using Lambda with Amazon SQS", "Execution role permissions"."""


def apply() -> None:
    """Apply all patches of this module."""
    let_functions_work_as_their_roles()
    let_roles_be_checked()
    let_destinations_be_checked()


def let_functions_work_as_their_roles() -> None:
    """Defect: sessions of a function's role that write its log, poll or send for it have random names."""

    @patch(LambdaVersionManager.__init__)
    def __init__(  # noqa: N807
        original: Callable[..., None], self: LambdaVersionManager, *arguments: object, **named: object
    ) -> None:
        original(self, *arguments, **named)
        self.log_handler.role_arn = role_of(self.log_handler.role_arn, self.function_arn)

    @patch(EsmWorkerFactory.__init__)
    def make(
        original: Callable[..., None], self: EsmWorkerFactory, esm_config: Any, function_role: str, *rest: Any
    ) -> None:
        original(self, esm_config, role_of(function_role, esm_config["FunctionArn"]), *rest)

    send = event_manager.send_event_to_target
    bury = event_manager.dead_letter_queue._send_to_dead_letter_queue

    def send_event_to_target(*arguments: object, role: str, source_arn: str, **named: object) -> None:
        send(*arguments, role=role_of(role, source_arn), source_arn=source_arn, **named)

    def send_to_dead_letter_queue(source_arn: str, *rest: Any, role: str | None = None, **named: Any) -> None:
        bury(source_arn, *rest, role=role and role_of(role, source_arn), **named)

    event_manager.send_event_to_target = send_event_to_target
    event_manager.dead_letter_queue._send_to_dead_letter_queue = send_to_dead_letter_queue


def role_of(role_arn: str, function_arn: str) -> RoleArn:
    """Give the role of a function; a name of one character is not enough for STS."""
    name = function_arn.split(":")[6]
    return RoleArn.of(Role(role_arn, name if len(name) > 1 else f"{name}@lambda_function", "", "lambda"))


def let_roles_be_checked() -> None:
    """Defect: any role is taken, and what works as it fails later."""

    @patch(LambdaProvider.create_function)
    def create_function(
        original: Callable[..., Any], self: LambdaProvider, context: RequestContext, request: Any
    ) -> Any:
        _check_dead_letters(context, request.get("Role", ""), request)
        return original(self, context, request)

    @patch(LambdaProvider.update_function_configuration)
    def update_function_configuration(
        original: Callable[..., Any], self: LambdaProvider, context: RequestContext, request: Any
    ) -> Any:
        if role := request.get("Role"):
            _session(role, _arn(context, request["FunctionName"]))
        if role := role or _role_of(context, request["FunctionName"]):
            _check_dead_letters(context, role, request)
        return original(self, context, request)

    @patch(LambdaProvider.check_service_resource_exists)
    def check_service_resource_exists(  # noqa: PLR0917 - LocalStack's
        original: Callable[..., None],
        self: LambdaProvider,
        service: str,
        resource_arn: str,
        function_arn: str,
        function_role_arn: str,
    ) -> None:
        if service == "sqs":
            session = _session(function_role_arn, function_arn)
            for operation in POLLING:
                told = f"The function execution role does not have permissions to call {operation} on SQS"
                _require(session, resource_arn, operation, told)
        original(self, service, resource_arn, function_arn, function_role_arn)


def let_destinations_be_checked() -> None:
    """Defect: destinations that the role may not send to are taken, and events are lost."""
    for method in (
        LambdaProvider.put_function_event_invoke_config,
        LambdaProvider.update_function_event_invoke_config,
    ):

        @patch(method)
        def configure(
            original: Callable[..., Any],
            self: LambdaProvider,
            context: RequestContext,
            function_name: str,
            *arguments: Any,
            destination_config: Mapping[str, Mapping[str, str]] | None = None,
            **rest: Any,
        ) -> Any:
            role = _role_of(context, function_name)
            for destination in (destination_config or {}).values():
                if role and (arn := destination.get("Destination")):
                    _check_destination(_session(role, _arn(context, function_name)), arn)
            return original(
                self, context, function_name, *arguments, destination_config=destination_config, **rest
            )


def _check_dead_letters(context: RequestContext, role: str, request: Mapping[str, Any]) -> None:
    arn = (request.get("DeadLetterConfig") or {}).get("TargetArn")
    if arn and role:
        operation, service = ("SendMessage", "SQS") if ":sqs:" in arn else ("Publish", "SNS")
        told = f"The provided execution role does not have permissions to call {operation} on {service}"
        _require(_session(role, _arn(context, request["FunctionName"])), arn, operation, told)


def _check_destination(session: Session, arn: str) -> None:
    operations = {"sqs": "SendMessage", "sns": "Publish", "lambda": "Invoke", "events": "PutEvents"}
    if operation := operations.get(arns.extract_service_from_arn(arn) or ""):
        action = "InvokeFunction" if operation == "Invoke" else operation
        told = f"The function's execution role does not have permissions to call {action} on {arn}"
        _require(session, arn, operation, told)


def _require(session: Session, arn: str, operation: str, told: str) -> None:
    _, _, service, region, account, name = arn.split(":", 5)
    members: Mapping[str, object]
    match service:
        case "sqs":
            members = {"QueueUrl": f"https://sqs.{region}.amazonaws.com/{account}/{name}"}
        case "sns":
            members = {"TopicArn": arn}
        case "lambda":
            members = {"FunctionName": arn}
        case _:
            members = {"Entries": [{"EventBusName": arn}]}
    try:
        require(str(session.keys().access_key), Caller(account, region), service, operation, members)
    except ServiceError as error:
        raise InvalidParameterValueException(f"{told}. {error.message}", Type="User") from error


def _session(role: str, function_arn: str) -> Session:
    session = Session(role_of(role, function_arn).role, function_arn.split(":")[3])
    try:
        session.keys()
    except ClientError as error:
        raise InvalidParameterValueException(NOT_TRUSTED, Type="User") from error
    return session


def _arn(context: RequestContext, function: str) -> str:
    name = api_utils.get_function_name(function, context)
    return str(arns.lambda_function_arn(name, context.account_id, context.region))


def _role_of(context: RequestContext, function: str) -> str:
    name = api_utils.get_function_name(function, context)
    found = lambda_stores[context.account_id][context.region].functions.get(name)
    return str(found.latest().config.role) if found else ""
