"""The function as AWS would call it, and what it logged."""

from collections.abc import Mapping

from lambda_src.answer_task.aws import Aws
from lambda_src.answer_task.handler import handle
from tests.unit.lambda_src.cloud import Log
from tests.unit.lambda_src.runs import NAMES, URI, RunCloud


class Function:
    """The function as AWS would call it, and what it logged."""

    def __init__(self, cloud: RunCloud) -> None:
        self.log = Log()
        self._calls = Aws(cloud.client, NAMES, URI)

    def __call__(self, event: Mapping[str, object]) -> dict[str, str]:
        return handle(event, self._calls, self.log.logger)

    @property
    def swallowed(self) -> int:
        """How many answers it counted as swallowed."""
        return sum(line.get("SwallowedAnswers", 0) == 1 and "_aws" in line for line in self.log.lines)
