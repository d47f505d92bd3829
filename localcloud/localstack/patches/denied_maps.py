"""How a Distributed Map fails whose role may not read its items, start its children or write its results.

Sources: Step Functions developer guide, "Handling errors" (``States.ItemReaderFailed``,
``States.ResultWriterFailed``, ``States.Permissions``), "IAM policies for using Distributed Map states" (the
role must be able to start the state machine itself); AWS's sentence is as in
serverless-operations/serverless-step-functions#543.
"""

from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError
from localstack.services.stepfunctions.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.item_reader.item_reader_decl import (  # noqa: E501
    ItemReader,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.iteration.distributed_iteration_component import (  # noqa: E501
    DistributedIterationComponent,
    DistributedIterationComponentEvalInput,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.result_writer.result_writer_decl import (  # noqa: E501
    ResultWriter,
)
from localstack.services.stepfunctions.asl.eval.environment import Environment
from localstack.utils.patch import patch

from localcloud.errors import ServiceError
from localcloud.localstack.acting import session_of
from localcloud.localstack.patches.denied_tasks import cause_of
from localcloud.localstack.patches.execution_roles import SERVICE, unqualified
from localcloud.localstack.patches.maps import failure_of_map_run
from localcloud.localstack.permissions.require import require
from localcloud.ports import Caller, Role


def apply() -> None:
    """Apply all patches of this module."""
    name_what_s3_refuses()
    let_children_need_to_be_started()


def name_what_s3_refuses() -> None:
    """Defect: what S3 refuses, such as by a denial, ends the execution as States.Runtime, never caught.

    So does what no request can be made of, such as a bucket that is a number.
    """
    for part, name in (
        (ItemReader, StatesErrorNameType.StatesItemReaderFailed),
        (ResultWriter, StatesErrorNameType.StatesResultWriterFailed),
    ):
        _patch(part, name)


def _patch(part: type[ItemReader | ResultWriter], name: StatesErrorNameType) -> None:
    @patch(part._eval_body)
    def _eval_body(original: Callable[..., None], self: ItemReader | ResultWriter, env: Environment) -> None:
        try:
            original(self, env)
        except ClientError as error:
            raise failure_of_map_run(env, name, cause_of(error, "Amazon S3")) from error
        except BotoCoreError as error:
            raise failure_of_map_run(env, name, str(error)) from error


def let_children_need_to_be_started() -> None:
    """Defect: child executions start whether or not the role may start the state machine."""

    @patch(DistributedIterationComponent._map_run)
    def map_run(
        original: Callable[..., None],
        self: DistributedIterationComponent,
        env: Environment,
        eval_input: DistributedIterationComponentEvalInput,
    ) -> None:
        if env.stack[-1]:  # the items
            _require_start(env)
        original(self, env=env, eval_input=eval_input)


def _require_start(env: Environment) -> None:
    told = env.aws_execution_details
    machine = unqualified(env.states.context_object.context_object_data["StateMachine"]["Id"])
    try:
        keys = session_of(told.role_arn, told.region, lambda arn: Role(arn, SERVICE, "", SERVICE)).keys()
        caller = Caller(told.account, told.region)
        require(str(keys.access_key), caller, "stepfunctions", "StartExecution", {"stateMachineArn": machine})
    except ServiceError as error:
        raise failure_of_map_run(env, StatesErrorNameType.StatesPermissions, error.message) from error
    except ClientError as error:
        cause = str(error.response["Error"]["Message"])
        raise failure_of_map_run(env, StatesErrorNameType.StatesPermissions, cause) from error
