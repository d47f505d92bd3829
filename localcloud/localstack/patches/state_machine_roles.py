"""What the role of a state machine must allow when the machine is made or updated.

Sources: Step Functions developer guide, "Using CloudWatch Logs to log execution history" (the actions, and
AWS's sentence); the sentences about trust and managed rules as users show them, such as
aws-samples/amazon-sagemaker-safe-deployment-pipeline#29.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from botocore.exceptions import ClientError
from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.api.stepfunctions import CreateStateMachineOutput, UpdateStateMachineOutput
from localstack.services.stepfunctions.backend.state_machine import StateMachineRevision
from localstack.services.stepfunctions.provider import StepFunctionsProvider
from localstack.utils.aws.arns import stepfunctions_state_machine_arn
from localstack.utils.patch import patch

from localcloud.errors import ServiceError
from localcloud.localstack.acting import Session
from localcloud.localstack.permissions.require import require
from localcloud.ports import Caller, Role
from localcloud.states_language.managed_rules import managed_rules

LOG_DELIVERY = (
    "CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery", "ListLogDeliveries",
    "PutResourcePolicy", "DescribeResourcePolicies", "DescribeLogGroups",
)  # fmt: skip
MANAGED_RULE = ("PutTargets", "PutRule", "DescribeRule")

NO_LOG = "The state machine IAM Role is not authorized to access the Log Destination."
NOT_TRUSTED = (
    "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume "
    "the provided role."
)


def apply() -> None:
    """Apply all patches of this module. Defect: any role is taken, and its executions fail."""

    @patch(StepFunctionsProvider.create_state_machine)
    def create_state_machine(
        original: Callable[..., CreateStateMachineOutput],
        self: StepFunctionsProvider,
        context: RequestContext,
        request: dict[str, Any],
        **rest: object,
    ) -> CreateStateMachineOutput:
        arn = stepfunctions_state_machine_arn(request["name"], context.account_id, context.region)
        check(context, arn, request["roleArn"], request["definition"], request.get("loggingConfiguration"))
        return original(self, context, request=request, **rest)

    @patch(StepFunctionsProvider.update_state_machine)
    def update_state_machine(
        original: Callable[..., UpdateStateMachineOutput],
        self: StepFunctionsProvider,
        context: RequestContext,
        state_machine_arn: str,
        **rest: Any,
    ) -> UpdateStateMachineOutput:
        machine = self.get_store(context).state_machines.get(state_machine_arn)
        if isinstance(machine, StateMachineRevision):
            role = rest.get("role_arn") or machine.role_arn
            logging = rest.get("logging_configuration") or machine.logging_config
            check(context, state_machine_arn, role, rest.get("definition") or machine.definition, logging)
        return original(self, context, state_machine_arn=state_machine_arn, **rest)


def check(
    context: RequestContext,
    machine_arn: str,
    role_arn: str,
    definition: str,
    logging: Mapping[str, object] | None,
) -> None:
    """Refuse a role that lacks what Step Functions does with it at once, in AWS's words."""
    role = Role(role_arn, machine_arn.rpartition(":")[2][:64], machine_arn, "states")
    session = Session(role, context.region)
    try:
        key = str(session.keys().access_key)
    except ClientError:
        _refuse(NOT_TRUSTED)
    caller = Caller(context.account_id, context.region)
    if logging is not None and logging.get("level", "OFF") != "OFF":
        try:
            for action in LOG_DELIVERY:
                require(key, caller, "logs", action, {})
        except ServiceError as error:
            _refuse(f"{NO_LOG} {error.message}")
    try:
        for rule in managed_rules(_parsed(definition)):
            for action in MANAGED_RULE:
                require(key, caller, "events", action, {"Rule" if action == "PutTargets" else "Name": rule})
    except ServiceError as error:
        _refuse(f"'{role_arn}' is not authorized to create managed-rule. {error.message}")


def _parsed(definition: str) -> object:
    try:
        return json.loads(definition)
    except ValueError:  # refused in AWS's words by what comes next
        return None


def _refuse(message: str) -> NoReturn:
    raise CommonServiceException("AccessDeniedException", message, 400, sender_fault=True)
