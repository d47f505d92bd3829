"""State machines work as their roles: what an execution calls, it calls in a session of its own.

Trust is decided with ``aws:SourceArn``, the state machine (developer guide, "Creating an IAM role for your
state machine"). AWS names sessions by random letters; here they have the execution's name, so that a denial
tells whose it is.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from botocore.config import Config
from localstack.aws.connect import connect_to
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.credentials import (
    Credentials,
)
from localstack.services.stepfunctions.asl.eval.environment import Environment
from localstack.services.stepfunctions.asl.eval.evaluation_details import AWSExecutionDetails
from localstack.services.stepfunctions.asl.utils import boto_client
from localstack.services.stepfunctions.backend.execution import Execution
from localstack.utils.patch import patch

from localcloud.localstack.acting import RoleArn, Session, Signed, session_of
from localcloud.ports import Role

SERVICE = "states"

CONNECTIONS = 100
"""So many tasks that call one service may be under way at once without making new connections."""

_LONGEST_NAME = 64


def apply() -> None:
    """Apply all patches of this module."""
    let_executions_have_sessions()
    let_tasks_work_as_other_roles()
    let_all_sessions_share_clients()


def let_executions_have_sessions() -> None:
    """Defect: the state machine is not told to the trust policy of its role."""

    @patch(Execution._get_start_aws_execution_details)
    def details(original: Callable[[Execution], AWSExecutionDetails], self: Execution) -> AWSExecutionDetails:
        found = original(self)
        role = Role(found.role_arn, session_name(self.name), unqualified(self.state_machine.arn), SERVICE)
        return AWSExecutionDetails(account=found.account, region=found.region, role_arn=RoleArn.of(role))


def let_tasks_work_as_other_roles() -> None:
    """Defect: a role that a task names is assumed by Step Functions; on AWS by the state machine's role."""

    @patch(Credentials._eval_body)
    def _eval_body(original: Callable[..., None], self: Credentials, env: Environment) -> None:
        original(self, env)
        credentials = env.stack[-1]
        own = env.aws_execution_details.role_arn
        if isinstance(own, RoleArn):
            role = Role(credentials.role_arn, own.role.session_name, own.role.source_arn, SERVICE)
            credentials.role_arn = RoleArn.of(role, own)


def let_all_sessions_share_clients() -> None:
    """Defect: each task assumes its role anew and makes a client for it, which takes longer than its call."""
    config = boto_client._BOTO_CLIENT_CONFIG.merge(Config(max_pool_connections=CONNECTIONS))

    @lru_cache(maxsize=64)
    def client(service: str, region: str) -> Any:
        return connect_to(region_name=region, config=config).get_client(service)

    @lru_cache(maxsize=256)  # an execution that comes back after so many others opens another
    def session(role: Role | str, role_arn: RoleArn, region: str) -> Session:
        return session_of(role_arn, region, lambda arn: Role(arn, SERVICE, "", SERVICE))

    def with_assumed_role(role_arn: RoleArn, region_name: str, **_: object) -> SimpleNamespace:
        # Two executions have the same ARN: what tells them apart is what comes with it.
        opened = session(getattr(role_arn, "role", role_arn), role_arn, region_name)
        return SimpleNamespace(get_client=lambda service: Signed(client(service, region_name), opened))

    boto_client.connect_to = SimpleNamespace(with_assumed_role=with_assumed_role)


def session_name(execution: str) -> str:
    """Name the session of an execution; what STS does not allow in it becomes a hyphen."""
    return re.sub(r"[^A-Za-z0-9_+=,.@-]", "-", execution)[:_LONGEST_NAME].ljust(2, "-")


def unqualified(state_machine_arn: str) -> str:
    """Give the ARN of a state machine without version, alias or label of a Map state."""
    return ":".join(state_machine_arn.split(":")[:7]).partition("/")[0]
