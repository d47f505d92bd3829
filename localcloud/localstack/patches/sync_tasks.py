"""Tasks that wait for the end of what they have started, with ``.sync`` and ``.sync:2``."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.credentials import (
    StateCredentials,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service.resource import (  # noqa: E501
    ResourceCondition,
    ResourceRuntimePart,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service.state_task_service_callback import (  # noqa: E501
    StateTaskServiceCallback,
)
from localstack.services.stepfunctions.asl.eval.environment import Environment
from localstack.services.stepfunctions.asl.utils.boto_client import boto_client_for
from localstack.utils.patch import patch

from localcloud.localstack.news import NEWS
from localcloud.localstack.patches.task_tokens import TaskCallback
from localcloud.localstack.sagemaker_integration import JOBS

LOG = logging.getLogger(__name__)


class Answer(Enum):
    """The event that wakes such a task."""

    HAS_ENDED = auto()


def apply() -> None:
    """Apply all patches of this module."""
    let_tasks_hear_of_the_end_and_cause_it()


def let_tasks_hear_of_the_end_and_cause_it() -> None:
    """Defects: the end is noticed up to half a second late, and what was started goes on without its task.

    AWS stops it when the execution or the branch ends before ("Run a job (.sync)" in the developer guide), as
    we do when the task times out.
    """

    @patch(StateTaskServiceCallback._eval_integration_pattern)
    def _eval_integration_pattern(
        original: Callable[..., None],
        self: StateTaskServiceCallback,
        *,
        env: Environment,
        resource_runtime_part: ResourceRuntimePart,
        state_credentials: StateCredentials,
        **rest: object,
    ) -> None:
        env.started = None
        if self.resource.condition != ResourceCondition.WaitForTaskToken:
            env.started = find_started(env.stack[-1], resource_runtime_part.region, state_credentials)
        part, credentials = resource_runtime_part, state_credentials
        original(self, env=env, resource_runtime_part=part, state_credentials=credentials, **rest)

    @patch(StateTaskServiceCallback._eval_sync)
    def _eval_sync(
        original: Callable[..., object],
        self: StateTaskServiceCallback,
        *,
        env: Environment,
        sync_resolver: Callable[[], object],
        callback_endpoint: TaskCallback,
        **rest: object,
    ) -> object:
        started: Started | None = env.started
        if started is None:
            endpoint = callback_endpoint
            return original(self, env=env, sync_resolver=sync_resolver, callback_endpoint=endpoint, **rest)
        callback = callback_endpoint.callback
        with NEWS.watched(started.arn, lambda: callback.answer(Answer.HAS_ENDED)):
            if result := sync_resolver():
                return result
            outcome = callback_endpoint.outcome()
        if outcome is Answer.HAS_ENDED:
            return sync_resolver()
        started.stop()
        return outcome


@dataclass(frozen=True, slots=True)
class Started:
    """What a task has started, and the request that stops it."""

    arn: str
    region: str
    credentials: StateCredentials
    service: str
    operation: str
    request: Mapping[str, str]

    def stop(self) -> None:
        """Stop it, unless it has ended. If that fails, it goes on."""
        client = boto_client_for(self.service, self.region, self.credentials)
        try:
            getattr(client, xform_name(self.operation))(**self.request)
        except (BotoCoreError, ClientError) as error:
            LOG.info("%s is not stopped: %s", self.arn, error)


def find_started(answer: Mapping[str, str], region: str, credentials: StateCredentials) -> Started | None:
    """Find in the answer of a call what it has started; None where this is nothing that we know to follow."""
    if (arn := answer.get("ExecutionArn")) is not None:
        return Started(arn, region, credentials, "stepfunctions", "StopExecution", {"executionArn": arn})
    for job in JOBS.values():
        if (arn := answer.get(job.arn)) is not None:
            request = {job.name: arn.rpartition("/")[2]}
            return Started(arn, region, credentials, "sagemaker", job.stop, request)
    return None
