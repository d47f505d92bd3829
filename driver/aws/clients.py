"""The one place where boto3 sessions and clients are made, for AWS and for the local targets alike."""

from __future__ import annotations

import base64
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, cast

import boto3
from botocore.config import Config
from localstack_client import config as localstack_config
from localstack_client.session import Session as LocalStackSession

from driver.model.values import OPEN_KEYS, Identity, Keys

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker_geospatial import SageMakergeospatialcapabilitiesClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient


_ENVIRONMENT = threading.RLock()


class SageMakerRuntime(Protocol):
    """A client of SageMaker's endpoints, as far as this project needs it."""

    def invoke_endpoint(  # the parameters' names are the API's
        self,
        *,
        EndpointName: str,  # noqa: N803
        Body: bytes,  # noqa: N803
        ContentType: str,  # noqa: N803
        Accept: str,  # noqa: N803
    ) -> Mapping[str, Any]:
        """Ask a model."""


class Clients:
    """Clients for one region of one endpoint.

    - `endpoint_url`: a local target's address; None is AWS itself, with the default chain of credentials.
    - `on_request`: told the operation of every request that is sent, retries included.
    - `keys`: what a local target takes; of no use on AWS.
    """

    def __init__(
        self,
        region: str,
        endpoint_url: str | None,
        on_request: Callable[[str], None] = lambda _: None,
        keys: Keys = OPEN_KEYS,
    ) -> None:
        self._region = region
        self._endpoint_url = endpoint_url
        self._on_request = on_request
        self._keys = keys

    def s3(self) -> S3Client:
        """Make a client of S3."""
        return cast("S3Client", self.make("s3"))

    def sagemaker(self) -> SageMakerClient:
        """Make a client of SageMaker."""
        return cast("SageMakerClient", self.make("sagemaker"))

    def geospatial(self) -> SageMakergeospatialcapabilitiesClient:
        """Make a client of SageMaker geospatial."""
        return cast("SageMakergeospatialcapabilitiesClient", self.make("sagemaker-geospatial"))

    def sagemaker_runtime(self) -> SageMakerRuntime:
        """Make a client of SageMaker's endpoints.

        A model answers within 60 seconds or not at all (InvokeEndpoint); asking again would not help it.
        """
        patient = self._config().merge(Config(read_timeout=70, retries={"total_max_attempts": 1}))
        return cast("SageMakerRuntime", self.make("sagemaker-runtime", patient))

    def step_functions(self) -> SFNClient:
        """Make a client of Step Functions."""
        return cast("SFNClient", self.make("stepfunctions"))

    def logs(self) -> CloudWatchLogsClient:
        """Make a client of CloudWatch Logs."""
        return cast("CloudWatchLogsClient", self.make("logs"))

    def sqs(self) -> SQSClient:
        """Make a client of SQS."""
        return cast("SQSClient", self.make("sqs"))

    def functions(self) -> LambdaClient:
        """Make a client of Lambda."""
        return cast("LambdaClient", self.make("lambda"))

    def iam(self) -> IAMClient:
        """Make a client of IAM."""
        return cast("IAMClient", self.make("iam"))

    def identity(self) -> Identity:
        """Ask STS whose credentials these are."""
        client = self.make("sts")
        answer = client.get_caller_identity()
        return Identity(answer["Account"], answer["Arn"])

    def registry_login(self) -> tuple[str, str]:
        """Ask for user and password of the account's container registry; they hold for twelve hours."""
        client = self.make("ecr")
        (token,) = client.get_authorization_token()["authorizationData"]
        user, _, password = base64.b64decode(token["authorizationToken"]).decode().partition(":")
        return user, password

    def make(self, service: str, config: Config | None = None) -> Any:
        """Make a client by the name of its service, such as `dynamodb`. The caller declares its type."""
        token = self._keys.session_token
        with self._session() as session:
            client = cast("Any", session).client(
                service, config=config or self._config(), **({"aws_session_token": token} if token else {})
            )
        self._observe(client)
        return client

    def _observe(self, client: BaseClient) -> None:
        """Report what a client sends; botocore names the event `before-send.<service>.<operation>`."""

        def report(event_name: str, **_: object) -> None:
            self._on_request(event_name.rpartition(".")[2])

        client.meta.events.register("before-send", report)

    @contextmanager
    def _session(self) -> Iterator[boto3.session.Session]:
        """Lend a session; a local target's is localstack-client's, which has the same method `client`."""
        if self._endpoint_url is None:
            yield boto3.session.Session(region_name=self._region)
        else:
            with _only_endpoint(self._endpoint_url):
                yield LocalStackSession(
                    self._keys.access_key_id, self._keys.secret_access_key, region_name=self._region
                )

    def _config(self) -> Config:
        if self._endpoint_url is None:
            return Config(retries={"mode": "standard", "max_attempts": 5})
        return Config(
            connect_timeout=3,
            retries={"mode": "standard", "max_attempts": 3},
            proxies={},  # a proxy of the user's has no way to this machine's loopback
            s3={"addressing_style": "path"},
        )


def localstack_endpoint(previous: str | None) -> str:
    """Return where LocalStack is.

    `previous`: where it was at the last deployment, which counts if no variable says otherwise. Returns the
    endpoint that AWS_ENDPOINT_URL or LOCALSTACK_HOST name; without either and without a deployment, port 4566
    of localhost.
    """
    if previous and not {"AWS_ENDPOINT_URL", "LOCALSTACK_HOST"} & set(os.environ):
        return previous
    return str(localstack_config.get_service_endpoint("s3"))


@contextmanager
def _only_endpoint(endpoint_url: str) -> Iterator[None]:
    """Let a client be made with this endpoint and none of the user's AWS settings.

    localstack-client reads the endpoint from the environment, and boto3 reads there which profile and which
    files to use, even where it needs neither. All threads share it: one at a time replaces it.
    """
    with _ENVIRONMENT:
        users = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
        for name in users:
            del os.environ[name]
        ours = {
            "AWS_ENDPOINT_URL": endpoint_url,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
        os.environ.update(ours)
        try:
            yield
        finally:
            for name in ours:
                del os.environ[name]
            os.environ.update(users)
