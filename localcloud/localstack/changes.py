"""Counts requests that may have changed a resource that Terraform owns, for `invoke up`.

A request that only reads, or works with data and runs, does not count; an operation that is not known does.
The work of roles does not count: runs create jobs, models and endpoints all the time.
"""

import itertools
import re
from collections.abc import Mapping

_READS = re.compile(
    "(Get|BatchGet|List|Describe|BatchDescribe|Head|Search|Query|Filter|Lookup|Simulate|Test|Validate|Select|"
    "Decode|Assume|Check|StartQuery|StopQuery)(?![a-z])"
)
_WRITES = re.compile("ReceiveMessage|AssumeRo.*|Get(Session|Federation)Token|StartQuery|StopQuery")
"""What is named like a read and is none: it hides a message, issues a session, begins a query."""
_DATA: Mapping[str, str] = {  # what works with data or runs, and leaves every resource of Terraform as it is
    "s3": "(Put|Post|Copy|Delete|Restore|Write|Rename)Objects?(Tagging)?|UploadPart(Copy)?|"
    "(Create|Complete|Abort)MultipartUpload|CreateSession",
    "sqs": "(Send|Receive|Delete)Message(Batch)?|ChangeMessageVisibility(Batch)?|PurgeQueue|"
    "(Start|Cancel)MessageMoveTask",
    "sns": "Publish(Batch)?",
    "lambda": "Invoke|InvokeAsync|InvokeWithResponseStream",
    "events": "PutEvents|PutPartnerEvents",
    "logs": "PutLogEvents|CreateLogStream|DeleteLogStream",
    "cloudwatch": "PutMetricData",
    "kms": "Encrypt|ReEncrypt|GenerateDataKey.*|GenerateMac|GenerateRandom|Sign|Verify|VerifyMac",
    "stepfunctions": "(Start|StartSync|Stop|Redrive)Execution|SendTask(Success|Failure|Heartbeat)",
    "sagemaker": "(Start|Stop|Retry|Update)PipelineExecution|SendPipelineExecutionStep(Success|Failure)|"
    "(Create|Stop|Delete)(Training|Processing|Transform|HyperParameterTuning)Job",
    "sagemaker-metrics": "BatchPutMetrics",
    "sagemaker-runtime": "Invoke.*",
    "sagemaker-geospatial": "(Start|Stop|Export|Delete)(VectorEnrichment|EarthObservation)Job",
}
_SESSION_KEYS = ("ASIA", "LSIA")  # AWS's prefix of a session's access key, and LocalStack's


def is_read(operation: str) -> bool:
    """Tell whether an operation leaves all as it is; to receive a message hides it for a while."""
    return _READS.match(operation) is not None and _WRITES.fullmatch(operation) is None


def may_change_resources(service: str, operation: str) -> bool:
    """Tell whether an operation may change a resource that Terraform owns; one that is not known may."""
    if _READS.match(operation):
        return False
    data = _DATA.get(service)
    return data is None or re.fullmatch(data, operation) is None


class Changes:
    """The count since the local cloud began; any thread may add to it."""

    def __init__(self) -> None:
        self._counter = itertools.count(1)
        self.count = 0

    def restore(self, count: int) -> None:
        """Go on from a count of an earlier run whose state this one has taken up."""
        self._counter = itertools.count(count + 1)
        self.count = count

    def add(self, service: str, operation: str, access_key_id: str) -> None:
        """Take account of a request that succeeded."""
        if not access_key_id.startswith(_SESSION_KEYS) and may_change_resources(service, operation):
            self.count = next(self._counter)
