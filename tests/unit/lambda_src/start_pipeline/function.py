"""The function as AWS would call it, and what it logged."""

from collections.abc import Mapping

from lambda_src.shared.runs import run_id
from lambda_src.start_pipeline.aws import Aws
from lambda_src.start_pipeline.handler import handle
from tests.unit.lambda_src.cloud import Log
from tests.unit.lambda_src.runs import NAMES, NOW, URI, RunCloud

STATES_ARN = "arn:aws:states:us-west-2:123456789012:execution:sagestep-run-pipeline:weekly_run.7"
RUN = run_id(STATES_ARN)
KNOWN = frozenset({"parameter_region", "parameter_vej_export_config", "parameter_queue_url"})


class Function:
    """The function as AWS would call it, and what it logged."""

    def __init__(self, cloud: RunCloud) -> None:
        self.log = Log()
        self._calls = Aws(cloud.client, NAMES, URI, lambda: NOW)

    def __call__(self, event: Mapping[str, object]) -> dict[str, str]:
        return handle(event, self._calls, self.log.logger)
