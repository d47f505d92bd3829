"""Event source mappings: what they must fit, and which messages of a batch have failed.

Source: AWS Lambda developer guide, "Using Lambda with Amazon SQS" (the visibility timeout) and "Implementing
partial batch responses" (what counts as a complete failure).
"""

from collections.abc import Callable
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.lambda_ import InvalidParameterValueException
from localstack.aws.connect import connect_to
from localstack.services.lambda_.event_source_mapping.pollers import poller, sqs_poller
from localstack.services.lambda_.invocation.models import lambda_stores
from localstack.services.lambda_.provider import LambdaProvider
from localstack.utils.aws import arns
from localstack.utils.patch import patch

from localcloud.localstack.batch_answers import is_readable


def apply() -> None:
    """Apply all patches of this module."""
    refuse_queues_that_are_too_impatient()
    let_malformed_answers_fail_the_batch()


def refuse_queues_that_are_too_impatient() -> None:
    """Defect: a queue may show a message again while the function that handles it still runs."""

    @patch(LambdaProvider.validate_event_source_mapping)
    def validate(
        original: Callable[..., Any], self: LambdaProvider, context: RequestContext, request: Any
    ) -> Any:
        validated = original(self, context, request)
        source = request.get("EventSourceArn")
        if source and arns.extract_service_from_arn(source) == "sqs":
            _compare(source, request.get("FunctionName") or request.get("FunctionArn"), context)
        return validated


def _compare(queue_arn: str, function: str, context: RequestContext) -> None:
    name = function.rpartition(":function:")[2].partition(":")[0]
    found = lambda_stores[context.account_id][context.region].functions.get(name)
    latest = found and found.latest()
    account, region = arns.extract_account_id_from_arn(queue_arn), arns.extract_region_from_arn(queue_arn)
    sqs = connect_to(aws_access_key_id=account, region_name=region).sqs
    try:
        attributes = sqs.get_queue_attributes(
            QueueUrl=arns.sqs_queue_url_for_arn(queue_arn), AttributeNames=["VisibilityTimeout"]
        )["Attributes"]
    except sqs.exceptions.ClientError:  # there is no such queue: refused in AWS's words by what comes next
        return
    visibility = int(attributes["VisibilityTimeout"])
    if latest is not None and visibility < latest.config.timeout:
        raise InvalidParameterValueException(
            f"Queue visibility timeout: {visibility} seconds is less than Function timeout: "
            f"{latest.config.timeout} seconds",
            Type="User",
        )


def let_malformed_answers_fail_the_batch() -> None:
    """Defect: an answer of another shape may count as a success, or ends in an error of Python."""
    original = poller.parse_batch_item_failures

    def parse(result: Any, valid_item_ids: set[str] | None = None) -> list[str]:
        if not is_readable(result):
            raise ValueError("the function's answer names the failed messages in no way that Lambda knows")
        return list(original(result, valid_item_ids))

    poller.parse_batch_item_failures = sqs_poller.parse_batch_item_failures = parse
