"""A service fails on a request: is it the caller's doing?"""

import binascii

import pytest

from localcloud.refusals import Request, explain_failure
from localcloud.validation import operation_model

ARN = "arn:aws:states:us-west-2:000000000000:stateMachine:machine"


MESSAGE = {"repositoryName": "name", "imageManifest": "{}"}
INVALID = "ValidationException"


@pytest.mark.parametrize(
    ("asked", "failure", "answer"),
    [
        (("stepfunctions", "DescribeExecution", {}), TypeError(), (INVALID, "executionArn")),
        (("events", "PutRule", {"Name": "?"}), TypeError(), (INVALID, "pattern")),
        (("events", "ListEventBuses", {"NextToken": "x"}), binascii.Error(), (INVALID, "NextToken")),
        (("events", "ListTagsForResource", {"ResourceARN": "x"}), ValueError(), (INVALID, "ResourceARN")),
        (("sqs", "DeleteQueue", {"QueueUrl": "x"}), ValueError(), (INVALID, "queue URL")),
        (("logs", "GetQueryResults", {"queryId": "x"}), KeyError("x"), ("ResourceNotFoundException", "'x'")),
        (("sns", "GetTopicAttributes", {"TopicArn": ARN}), KeyError(ARN), ("NotFound", ARN)),
        (("ecr", "PutImage", MESSAGE), Exception(), ("RepositoryNotFoundException", "repository")),
    ],
)
def test_what_the_caller_has_to_mend_is_told(
    asked: tuple[str, str, Request], failure: Exception, answer: tuple[str, str]
) -> None:
    service, operation, request = asked
    error = explain_failure(operation_model(service, operation), request, failure)
    assert error is not None
    assert (error.code, error.status) == (answer[0], 400)
    assert answer[1] in error.message


@pytest.mark.parametrize("failure", [KeyError("other"), TypeError(), OSError(), ValueError()])
def test_a_failure_on_a_sound_request_is_a_fault_of_the_cloud(failure: Exception) -> None:
    model = operation_model("stepfunctions", "DescribeStateMachine")
    assert explain_failure(model, {"stateMachineArn": ARN}, failure) is None
