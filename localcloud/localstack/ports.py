"""LocalStack's services as ours call them: its internal clients behind the ports of `localcloud.ports`."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from boto3.exceptions import S3UploadFailedError
from boto3.s3.transfer import S3Transfer, TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from localstack import config
from localstack.aws.connect import connect_to

from localcloud.errors import ServiceError
from localcloud.localstack.acting import Session, Signed
from localcloud.localstack.logs import CloudWatchLogs, Line
from localcloud.localstack.news import NEWS
from localcloud.localstack.object_reader import open_object
from localcloud.localstack.permissions.require import require
from localcloud.metrics.api import METRICS
from localcloud.ports import Caller, Datum, FunctionResult, Ports, Role

if TYPE_CHECKING:  # stubs, which only the development environment has
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

# A function may run for 15 minutes, and an invocation that got no answer must not happen twice.
# Nothing is lost on the way within this process: a checksum and a signed hash of an upload take a third
# of the processor time of a transfer.
_CONFIG = Config(
    read_timeout=15 * 60 + 30,
    connect_timeout=5,
    retries={"total_max_attempts": 1},
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
    s3={"payload_signing_enabled": False},
)

_UPLOADS = TransferConfig(max_concurrency=2)  # Each part is in memory twice while it travels.

_JOB_STATUSES = (
    "HyperParameterTuningJobStatus",
    "ProcessingJobStatus",
    "TrainingJobStatus",
    "TransformJobStatus",
)
_ENDS = frozenset({"Completed", "Failed", "Stopped"})


class LocalStackHost:
    """Gives each account and region the LocalStack services within its reach."""

    def ports(self, caller: Caller) -> Ports:
        """Give the ports of one account and region."""
        return _ports(caller)


@cache
def _ports(caller: Caller) -> Ports:
    clients = connect_to(aws_access_key_id=caller.account_id, region_name=caller.region, config=_CONFIG)
    variables = {
        "AWS_REGION": caller.region,
        "AWS_DEFAULT_REGION": caller.region,
        "AWS_ENDPOINT_URL": config.external_service_url(),
    }
    of_itself = Ports(
        functions=LambdaFunctions(cast("LambdaClient", _Later(lambda: clients.lambda_))),
        queues=SqsQueues(cast("SQSClient", _Later(lambda: clients.sqs))),
        objects=S3Objects(cast("S3Client", _Later(lambda: clients.s3))),
        events=EventBridge(cast("EventBridgeClient", _Later(lambda: clients.events))),
        logs=Logs(cast("CloudWatchLogsClient", _Later(lambda: clients.logs))),
        topics=SnsTopics(cast("SNSClient", _Later(lambda: clients.sns))),
        metrics=CloudWatchMetrics(caller),
        variables=lambda: variables,
    )

    def of_role(role: Role) -> Ports:
        session = Session(role, caller.region)

        def with_keys() -> Mapping[str, str]:
            with service_errors():
                return {**variables, **session.variables()}

        return replace(
            of_itself,
            functions=LambdaFunctions(cast("LambdaClient", _Later(lambda: Signed(clients.lambda_, session)))),
            queues=SqsQueues(cast("SQSClient", _Later(lambda: Signed(clients.sqs, session)))),
            objects=S3Objects(cast("S3Client", _Later(lambda: Signed(clients.s3, session)))),
            logs=Logs(cast("CloudWatchLogsClient", _Later(lambda: Signed(clients.logs, session)))),
            topics=SnsTopics(cast("SNSClient", _Later(lambda: Signed(clients.sns, session)))),
            permissions=RolePermissions(caller, session),
            variables=with_keys,
        )

    return replace(of_itself, of_role=of_role)


class _Later:
    """A client that is made when it is used: that takes 25 ms, and a cloud that starts again uses few."""

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> object:
        return self._make()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made, name)


class LambdaFunctions:
    """`localcloud.ports.Functions` on Lambda."""

    def __init__(self, client: "LambdaClient") -> None:
        self._client = client

    def invoke(self, function_arn: str, payload: bytes) -> FunctionResult:
        """Invoke synchronously and wait for the result."""
        with service_errors():
            answer = self._client.invoke(FunctionName=function_arn, Payload=payload)
            return FunctionResult(answer["Payload"].read(), answer.get("FunctionError"))


class SqsQueues:
    """`localcloud.ports.Queues` on SQS."""

    def __init__(self, client: "SQSClient") -> None:
        self._client = client

    def send_message(self, queue_url: str, body: str) -> None:
        """Send one message."""
        with service_errors():
            self._client.send_message(QueueUrl=queue_url, MessageBody=body)


class SnsTopics:
    """`localcloud.ports.Topics` on SNS."""

    def __init__(self, client: "SNSClient") -> None:
        self._client = client

    def publish(self, topic_arn: str, message: str) -> None:
        """Publish one message."""
        with service_errors():
            self._client.publish(TopicArn=topic_arn, Message=message)


class S3Objects:
    """`localcloud.ports.Objects` on S3."""

    def __init__(self, client: "S3Client") -> None:
        self._client = client

    def open(self, bucket: str, key: str, version_id: str | None = None) -> BinaryIO:
        """Open an object, or a version of it; its bytes travel as they are read."""
        version = {} if version_id is None else {"VersionId": version_id}
        get = partial(self._client.get_object, Bucket=bucket, Key=key, **version)  # type: ignore[arg-type]
        with service_errors():
            return open_object(get, service_errors)

    def list(self, bucket: str, prefix: str) -> list[str]:
        """List the keys under a prefix, in S3's order."""
        keys: list[str] = []
        more: dict[str, str] = {}
        with service_errors():
            while True:
                page = self._client.list_objects_v2(Bucket=bucket, Prefix=prefix, **more)  # type: ignore[arg-type]
                keys += [item["Key"] for item in page.get("Contents", [])]
                if not page["IsTruncated"]:
                    return keys
                more = {"ContinuationToken": page["NextContinuationToken"]}

    def upload(self, bucket: str, key: str, path: Path, kms_key_id: str | None = None) -> None:
        """Upload a file, in parts where it is large."""
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key_id} if kms_key_id else None
        with service_errors():
            try:
                with S3Transfer(self._client, _UPLOADS) as transfer:  # type: ignore[arg-type]  # its stub is wrong
                    transfer.upload_file(str(path), bucket, key, extra_args=encryption)
            except S3UploadFailedError as error:
                # boto3 makes a text of S3's error; that is still there.
                raise (error.__context__ or error) from error

    def delete(self, bucket: str, key: str) -> None:
        """Delete an object."""
        with service_errors():
            self._client.delete_object(Bucket=bucket, Key=key)


class EventBridge:
    """`localcloud.ports.Events` on EventBridge."""

    def __init__(self, client: "EventBridgeClient") -> None:
        self._client = client

    def put(
        self, source: str, detail_type: str, detail: Mapping[str, object], resources: Sequence[str]
    ) -> None:
        """Publish one event on the default bus; who waits for the end of a job hears of it before."""
        if any(detail.get(name) in _ENDS for name in _JOB_STATUSES):
            for arn in resources:
                NEWS.tell(arn)
        with service_errors():
            answer = self._client.put_events(
                Entries=[
                    {
                        "Source": source,
                        "DetailType": detail_type,
                        "Detail": json.dumps(detail),
                        "Resources": list(resources),
                    }
                ]
            )
        if answer["FailedEntryCount"]:
            refused = answer["Entries"][0]
            raise ServiceError(refused["ErrorCode"], refused["ErrorMessage"])


class Logs:
    """`localcloud.ports.Logs` on CloudWatch Logs."""

    def __init__(self, client: "CloudWatchLogsClient") -> None:
        self._logs = CloudWatchLogs(client)

    def write(self, group: str, stream: str, lines: Sequence[Line]) -> None:
        """Append lines, in as many batches as it takes."""
        with service_errors():
            self._logs.write(group, stream, lines)


class CloudWatchMetrics:
    """`localcloud.ports.Metrics` on CloudWatch, which is in this process."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def put(self, namespace: str, data: Sequence[Datum]) -> None:
        """Publish values."""
        METRICS.record(self._caller, namespace, data)


class RolePermissions:
    """`localcloud.ports.Permissions` of the session of a role."""

    def __init__(self, caller: Caller, session: Session) -> None:
        self._caller = caller
        self._session = session

    def require(self, service: str, operation: str, request: Mapping[str, object]) -> None:
        """Raise the `ServiceError` of a denial, unless the role may carry out an operation."""
        with service_errors():
            key = str(self._session.keys().access_key)
        require(key, self._caller, service, operation, request)


@contextmanager
def service_errors() -> Iterator[None]:
    """Let errors of other services be `ServiceError`."""
    try:
        yield
    except ClientError as error:
        fault, status = error.response["Error"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        raise ServiceError(fault["Code"], fault["Message"], status) from error
    except BotoCoreError as error:
        raise ServiceError("ServiceUnavailable", str(error), 503) from error
