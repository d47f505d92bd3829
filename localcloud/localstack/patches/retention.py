"""Executions of state machines that ended long ago, or are too many, are forgotten."""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.stepfunctions import ExecutionStatus
from localstack.services.stepfunctions.backend.execution import Execution
from localstack.services.stepfunctions.backend.store import SFNStore
from localstack.services.stepfunctions.provider import StepFunctionsProvider
from localstack.utils.patch import patch

from localcloud.retention import MOST, surplus

LOG = logging.getLogger(__name__)

PERIOD = timedelta(days=90)
"""Developer guide, "Step Functions service quotas": execution history retention time."""

_SECONDS = 60.0  # between two looks at how old they are


def apply() -> None:
    """Apply all patches of this module."""
    let_old_executions_be_forgotten()


class Executions(OrderedDict[str, Execution]):
    """The executions of an account and region, by ARN, the oldest first."""

    looked = 0.0
    is_told = False

    def values(self) -> Any:
        """Give all that there are now: LocalStack lists them while others are added."""
        return list(super().values())

    def forget_old(self, most: int = MOST) -> None:
        """Forget those that ended long ago, and the oldest of too many."""
        now = time.time()
        if len(self) <= most and now - self.looked < _SECONDS:
            return
        self.looked = now
        kept = [(one.exec_arn, _ended(one)) for one in self.values()]
        for arn in surplus(kept, most, datetime.now(UTC) - PERIOD):
            self.pop(arn, None)
        if len(kept) > most and not self.is_told:
            self.is_told = True
            LOG.warning("More than %s executions of state machines: the oldest are forgotten", f"{most:,}")


def let_old_executions_be_forgotten() -> None:
    """Defect: executions are kept for ever; on AWS, for 90 days after their end."""
    vars(SFNStore)["executions"].default = Executions

    @patch(StepFunctionsProvider.start_execution)
    def start_execution(
        original: Callable[..., Any],
        self: StepFunctionsProvider,
        context: RequestContext,
        *args: object,
        **kwargs: object,
    ) -> Any:
        answer = original(self, context, *args, **kwargs)
        executions = self.get_store(context).executions
        if isinstance(executions, Executions):
            executions.forget_old()
        return answer


def _ended(one: Execution) -> datetime | None:
    return None if one.exec_status == ExecutionStatus.RUNNING else one.stop_date
