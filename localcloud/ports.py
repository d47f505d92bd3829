"""What the services need of the machine that hosts them.

Every call blocks and may come from any thread. Errors of the other service reach the caller as
`localcloud.errors.ServiceError` with that service's own code.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class Principal:
    """A user, a session of a role or an account's root user: its ARN, and its unique ID in IAM."""

    arn: str
    id: str


def no_principal() -> Principal | None:
    """Stand for a host that does not tell who asks."""
    return None


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose request it is: an account, 12 digits, and a region such as ``us-west-2``.

    Parameters
    ----------
    principal
        Tells which user or role of the account it is.
    """

    account_id: str
    region: str
    principal: Callable[[], Principal | None] = field(default=no_principal, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Role:
    """A role that a service works as.

    - `session_name`: the name of its session, which ends the principal's ARN.
    - `source_arn`: the resource that it works for: ``aws:SourceArn`` of the role's trust policy.
    - `service`: who assumes it, such as ``sagemaker`` for ``sagemaker.amazonaws.com``.
    """

    arn: str
    session_name: str
    source_arn: str
    service: str = "sagemaker"


@dataclass(frozen=True, slots=True)
class FunctionResult:
    """What Lambda's Invoke answered: the payload, and FunctionError where the function raised."""

    payload: bytes
    function_error: str | None = None


class Functions(Protocol):
    """Lambda, as a service calls it."""

    def invoke(self, function_arn: str, payload: bytes) -> FunctionResult:
        """Invoke synchronously (``RequestResponse``) and wait for the result."""
        ...


class Queues(Protocol):
    """SQS, as a service calls it."""

    def send_message(self, queue_url: str, body: str) -> None:
        """Send one message."""
        ...


class Objects(Protocol):
    """S3, as a service calls it."""

    def open(self, bucket: str, key: str, version_id: str | None = None) -> BinaryIO:
        """Open an object, or a version of it, for reading from its start, in pieces; the caller closes it."""
        ...

    def list(self, bucket: str, prefix: str) -> list[str]:
        """List the keys under a prefix, in S3's order."""
        ...

    def upload(self, bucket: str, key: str, path: Path, kms_key_id: str | None = None) -> None:
        """Upload a file, in parts where it is large; S3 encrypts it by the KMS key where one is named."""
        ...

    def delete(self, bucket: str, key: str) -> None:
        """Delete an object; none is no error."""
        ...


class Events(Protocol):
    """EventBridge, as a service calls it."""

    def put(
        self, source: str, detail_type: str, detail: Mapping[str, object], resources: Sequence[str]
    ) -> None:
        """Publish one event on the default bus."""
        ...


class Logs(Protocol):
    """CloudWatch Logs, as a service calls it."""

    def write(self, group: str, stream: str, lines: Sequence[tuple[int, str]]) -> None:
        """Append lines to a log stream: each its time, in milliseconds since 1970, and its message.

        Group and stream are made where they are missing. No message is empty or longer than 1 MB,
        less 26 bytes, in UTF-8.
        """
        ...


class NoLogs:
    """The logs of a host that keeps none."""

    def write(self, group: str, stream: str, lines: Sequence[tuple[int, str]]) -> None:
        """Drop the lines."""


NO_LOGS = NoLogs()


class Topics(Protocol):
    """SNS, as a service calls it."""

    def publish(self, topic_arn: str, message: str) -> None:
        """Publish one message."""
        ...


class NoTopics:
    """The topics of a host that has none."""

    def publish(self, topic_arn: str, message: str) -> None:
        """Drop the message."""


NO_TOPICS = NoTopics()


class Permissions(Protocol):
    """IAM, for operations that a service carries out itself, without a request."""

    def require(self, service: str, operation: str, request: Mapping[str, object]) -> None:
        """Raise the `ServiceError` of a denial, unless who works here may carry out an operation."""
        ...


class AllPermissions:
    """What a service may do that works as nobody but itself."""

    def require(self, service: str, operation: str, request: Mapping[str, object]) -> None:
        """Allow it."""


ALL_PERMISSIONS = AllPermissions()


@dataclass(frozen=True, slots=True)
class Datum:
    """A value of a metric; `unit` is one of CloudWatch's. `time`: aware; None for now."""

    name: str
    value: float
    dimensions: Mapping[str, str]
    unit: str
    time: datetime | None = None


class Metrics(Protocol):
    """CloudWatch, as a service calls it."""

    def put(self, namespace: str, data: Sequence[Datum]) -> None:
        """Publish values; this neither blocks nor fails."""
        ...


class NoMetrics:
    """The metrics of a host that keeps none."""

    def put(self, namespace: str, data: Sequence[Datum]) -> None:
        """Drop the values."""


NO_METRICS = NoMetrics()


def no_variables() -> Mapping[str, str]:
    """Stand for a host that offers containers no AWS."""
    return {}


@dataclass(frozen=True, slots=True)
class Ports:
    """The services within one caller's reach, as the service itself or as a role calls them.

    - `variables`: gives what a container finds in its environment, such as the keys of the role's session.
    - `of_role`: gives the ports of a role; None where the host knows no roles.
    """

    functions: Functions
    queues: Queues
    objects: Objects
    events: Events
    logs: Logs = NO_LOGS
    topics: Topics = NO_TOPICS
    permissions: Permissions = ALL_PERMISSIONS
    metrics: Metrics = NO_METRICS
    variables: Callable[[], Mapping[str, str]] = no_variables
    of_role: Callable[[Role], "Ports"] | None = None

    def working_as(self, role: Role) -> "Ports":
        """Give the ports of a role; its session opens with the first call, or with `variables`.

        From then on each call can raise `ServiceError` ``AccessDenied``: the service may not assume it.
        """
        return self if self.of_role is None else self.of_role(role)


class Host(Protocol):
    """The machine: gives each account and region its ports."""

    def ports(self, caller: Caller) -> Ports:
        """Give the ports of one account and region."""
        ...
