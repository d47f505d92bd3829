"""A deployment of one's own: the commands as a user types them, on the embedded local cloud."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.config import Config

from driver.deployments.cloud_environment import CloudEnvironment
from driver.host.environments import Environments
from driver.host.interpreters import this_interpreter

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker_geospatial import SageMakergeospatialcapabilitiesClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

ROOT = Path(__file__).resolve().parents[2]
CLOUD_PYTHON = ROOT / "localcloud" / ".venv" / "bin" / "python"


INSTANCE = "somebody-else"

UP_ENDED = "up-ended"
"""A file in the folder of a deployed stack, as old as the end of its `invoke up`."""


def installed_cloud() -> CloudEnvironment:
    """The environment of the checkout, which `make install` made."""
    environments = Environments(ROOT, os.environ)
    return CloudEnvironment(ROOT, environments, this_interpreter, lambda _: nullcontext(), is_checkout=True)


def free_port() -> int:
    """Find a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Keys:
    """An access key and its secret."""

    access_key_id: str
    secret_access_key: str

    @property
    def variables(self) -> dict[str, str]:
        """Give the variables by which AWS's programs find it."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
        }


def keys_in(state: Path) -> Keys | None:
    """Read the key of the local cloud whose state folder this is, None where there is none."""
    try:
        content = json.loads((state / "credentials.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Keys(content["access_key_id"], content["secret_access_key"])


@cache
def client(endpoint: str, service: str, keys: Keys) -> Any:
    """Make a client once: that costs more than most of its calls."""
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=endpoint,
        region_name="us-west-2",
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
        config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}, max_pool_connections=20),
    )


@dataclass(frozen=True)
class Result:
    """What a command said and how it ended."""

    code: int
    output: str


@dataclass(frozen=True)
class Stack:
    """One user's folder and port, and the commands that run there.

    Attributes
    ----------
    cloud_state
        The state folder of the local cloud, where the driver has not started it.
    project
        The folder of the project.
    python
        The Python of an environment that sagestep is installed in; None for the checkout's.
    """

    home: Path
    port: int
    target: str = "local"
    env: str = ""
    cloud_state: Path | None = None
    project: Path = ROOT
    python: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The shell's environment: nothing of AWS in it but what the target needs."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        kept |= {"SAGESTEP_HOME": str(self.home), "SAGESTEP_TARGET": self.target, "COLUMNS": "160"}
        kept |= {"SAGESTEP_ENV": self.env}
        if self.target == "local":
            return kept | {"SAGESTEP_PORT": str(self.port)}
        return kept | {"AWS_ENDPOINT_URL": self.endpoint} | self.keys.variables

    @property
    def endpoint(self) -> str:
        """Where this stack's cloud answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def keys(self) -> Keys:
        """The key that this stack's cloud takes; any, while it does not run."""
        return keys_in(self.cloud_state or self.state / "cloud") or Keys("test", "test")

    def client(self, service: str) -> Any:
        """Give a client of a service."""
        return client(self.endpoint, service, self.keys)

    @property
    def state(self) -> Path:
        """The folder that holds this target's state."""
        return self.home / (Path("environments") / self.env if self.env else "") / self.target

    def start(self, *arguments: str, by: Sequence[str] = ()) -> subprocess.Popen[str]:
        """Start a command, by another program if so asked, and leave it running."""
        found = {"SAGESTEP_CLOUD_PYTHON": str(CLOUD_PYTHON)} if self.python else {"PYTHONPATH": str(ROOT)}
        return subprocess.Popen(
            [*by, str(self.python or sys.executable), "-m", "invoke", *arguments],
            cwd=self.project,
            env=self.environment | found,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    @contextmanager
    def running(self, *arguments: str, by: Sequence[str] = ()) -> Iterator[subprocess.Popen[str]]:
        """Run a command that is killed at the end of the block."""
        process = self.start(*arguments, by=by)
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()

    def invoke(self, *arguments: str, expect: int | None = 0, timeout: float = 300) -> Result:
        """Run a command to its end, and hold its exit code against `expect`."""
        with self.running(*arguments) as process:
            output, _ = process.communicate(timeout=timeout)
        if expect is not None:
            assert process.returncode == expect, output
        assert "Traceback" not in output
        return Result(process.returncode, output)

    def cloud(self) -> dict[str, Any]:
        """Read the record of the running local cloud."""
        return cast("dict[str, Any]", json.loads((self.state / "cloud.json").read_text(encoding="utf-8")))

    def output(self, name: str) -> str:
        """Read one Terraform output from the state."""
        state = json.loads((self.state / "terraform.tfstate").read_text(encoding="utf-8"))
        return str(state["outputs"][name]["value"])

    def one_of(self, kind: str, name: str) -> "dict[str, Any]":
        """Read what Terraform's outputs tell of one of the `pipelines`, `functions` or `workflows`."""
        state = json.loads((self.state / "terraform.tfstate").read_text(encoding="utf-8"))
        return dict(state["outputs"][kind]["value"][name])

    @property
    def sagemaker(self) -> "SageMakerClient":
        return cast("SageMakerClient", self.client("sagemaker"))

    @property
    def sqs(self) -> "SQSClient":
        return cast("SQSClient", self.client("sqs"))

    @property
    def s3(self) -> "S3Client":
        return cast("S3Client", self.client("s3"))

    @property
    def functions(self) -> "LambdaClient":
        return cast("LambdaClient", self.client("lambda"))

    @property
    def geospatial(self) -> "SageMakergeospatialcapabilitiesClient":
        return cast("SageMakergeospatialcapabilitiesClient", self.client("sagemaker-geospatial"))

    @property
    def logs(self) -> "CloudWatchLogsClient":
        return cast("CloudWatchLogsClient", self.client("logs"))

    @property
    def states(self) -> "SFNClient":
        return cast("SFNClient", self.client("stepfunctions"))

    @property
    def events(self) -> "EventBridgeClient":
        return cast("EventBridgeClient", self.client("events"))

    @property
    def sns(self) -> "SNSClient":
        return cast("SNSClient", self.client("sns"))


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """Read what a command says until a line has these words; give all of it."""
    assert process.stdout
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(said)


@contextmanager
def local_cloud(folder: Path, *arguments: str) -> Iterator[int]:
    """Run a local cloud that the driver knows nothing of; give its port."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log").open("wb") as log:
        command = [str(CLOUD_PYTHON), "-m", "localcloud.localstack", "--port", str(port)]
        place = ["--state-dir", str(folder / "state"), "--instance", INSTANCE]
        process = subprocess.Popen(
            [*command, *place, *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 60
        while not answers(port):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.1)
        if not {"--services", "--deployer-policy"} & {*arguments}:  # else that key makes no role
            make_role(folder / "state", port)
        yield port
    finally:
        process.terminate()
        try:
            assert process.wait(30) == 0
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


TEST_ROLE = "arn:aws:iam::000000000000:role/test"
"""A role that may do everything, and that everybody of its account and each service may assume."""

_SERVICES = ("lambda", "states", "sagemaker", "sagemaker-geospatial", "events")


def make_role(state: Path, port: int) -> None:
    """Make `TEST_ROLE` in a local cloud whose state folder this is."""
    keys = keys_in(state)
    assert keys is not None
    iam: IAMClient = client(f"http://127.0.0.1:{port}", "iam", keys)
    trusted = {"Service": [f"{name}.amazonaws.com" for name in _SERVICES], "AWS": "000000000000"}
    with suppress(iam.exceptions.EntityAlreadyExistsException):  # an earlier run of the cloud has saved it
        iam.create_role(
            RoleName="test",
            AssumeRolePolicyDocument=_document({"Principal": trusted, "Action": "sts:AssumeRole"}),
        )
    everything = _document({"Action": "*", "Resource": "*"})
    iam.put_role_policy(RoleName="test", PolicyName="everything", PolicyDocument=everything)


def _document(statement: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def answers(port: int) -> bool:
    """Tell whether that local cloud is ready."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_sagestep/info", timeout=30) as answer:
            return bool(json.load(answer)["instance"] == INSTANCE)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
