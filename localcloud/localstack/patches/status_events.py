"""What EventBridge hears of executions."""

import logging
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError
from localstack.services.stepfunctions.backend.execution import Execution
from localstack.utils.patch import patch

from localcloud.localstack import status_events

LOG = logging.getLogger(__name__)


def apply() -> None:
    """Apply all patches of this module."""
    let_status_changes_be_told_as_aws_tells_them()


def let_status_changes_be_told_as_aws_tells_them() -> None:
    """Defect: dates are texts instead of epoch milliseconds, and an empty input is no text."""

    @patch(Execution.publish_execution_status_change_event)
    def publish_execution_status_change_event(original: Callable[[Execution], None], self: Execution) -> None:
        entry = {
            "Source": status_events.SOURCE,
            "DetailType": status_events.DETAIL_TYPE,
            "Resources": [self.exec_arn],
            "Detail": status_events.detail(self.to_describe_output()),
        }
        try:
            self._get_events_client().put_events(Entries=[entry])
        except (BotoCoreError, ClientError) as error:  # the execution goes on: on AWS, too, it is best effort
            LOG.warning("EventBridge was not told of %s: %s", self.exec_arn, error)
