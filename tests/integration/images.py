"""Container images of the tests' own: one tiny program, told by its surroundings what to do."""

import io
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.config import Config
from botocore.response import StreamingBody

from tests.integration import wire
from tests.integration.stack import CLOUD_PYTHON, Keys
from tests.integration.wire import ROLE, Cloud, Document, eventually, unique

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import DescribeTrainingJobResponseTypeDef

IMAGE = "000000000000.dkr.ecr.us-west-2.amazonaws.com/program:1"
NO_IMAGE = "000000000000.dkr.ecr.us-west-2.amazonaws.com/nobody:1"

PROGRAM = '''
import json, os, signal, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ML = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))


def who():
    """Ask the cloud as whom this program calls it."""
    import boto3

    return boto3.client("sts").get_caller_identity()["Arn"]


def train():
    """Copy the data into the model, or do otherwise as the hyperparameters say."""
    given = json.loads((ML / "input/config/hyperparameters.json").read_text())
    if "started" in given:
        Path(given["started"]).write_text(os.environ["HOME"])
    if (ML / "checkpoints").is_dir():
        with (ML / "checkpoints/epochs").open("a") as file:
            file.write("epoch\\n")
    if "daemon" in given and os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(600)
        os._exit(0)
    if "who" in given:
        Path(given["who"]).write_text(who())
    for number in range(int(given.get("megabytes", 0))):
        print("x" * 999990 + f"{number:10}")
    print("accuracy=0.75;\\nsees", os.environ["AWS_REGION"], os.environ["AWS_ENDPOINT_URL"], flush=True)
    time.sleep(float(given.get("seconds", 0)))
    if "attempts" in given:
        with open(given["attempts"], "a") as file:
            file.write("once more\\n")
        if len(Path(given["attempts"]).read_text().splitlines()) < 3:
            sys.exit(1)
    if "reason" in given:
        (ML / "output/failure").write_text(given["reason"])
        sys.exit(3)
    data = sorted((ML / "input/data/training").rglob("*.csv")) if "nothing" not in given else []
    (ML / "model/data.csv").write_text("".join(file.read_text() for file in data))


def process():
    """Write the input's lines backwards."""
    for file in (ML / "processing/input").iterdir():
        lines = [line[::-1] for line in file.read_text().splitlines()]
        (ML / "processing/output" / file.name).write_text("\\n".join([*sys.argv[2:], *lines]))


class Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one piece: two would wait for each other's acknowledgement

    def do_GET(self):
        self.answer(200, b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if os.environ.get("AS") == "echo":
            return self.answer(200, body)
        if body == b"die":
            os.kill(os.getpid(), signal.SIGKILL)
        if body == b"who":
            return self.answer(200, json.dumps({"who": who()}).encode())
        if body.startswith(b"sleep "):
            time.sleep(float(body.split()[1]))
        if body in (b"stream", b"break"):
            return self.stream(body, [b"one", b"two"])
        if body == b"fail":
            return self.answer(500, b"no good")
        model = (ML / "model/data.csv").read_text().strip()
        answer = {"model": model, "given": body.decode(), "as": os.environ.get("AS")}
        answer["home"] = os.environ["HOME"]
        self.answer(200, json.dumps(answer).encode())

    def stream(self, body, pieces):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in pieces:
            self.wfile.write(b"%x\\r\\n%s\\r\\n" % (len(piece), piece))
            self.wfile.flush()
            time.sleep(0.2)
        if body == b"break":
            os.kill(os.getpid(), signal.SIGKILL)
        self.wfile.write(b"0\\r\\n\\r\\n")

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def serve():
    print("serving", flush=True)
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Server).serve_forever()


{"train": train, "serve": serve, "process": process}[sys.argv[1]]()
'''


@contextmanager
def folder_for_programs() -> Iterator[Path]:
    """Make a folder of this machine that programs in containers see, too; on Linux /tmp is their own."""
    place = "/dev/shm" if sys.platform == "linux" else None
    with tempfile.TemporaryDirectory(prefix="sagestep-", dir=place) as folder:
        yield Path(folder)


FUNCTION = """
import os, sys

def handler(event, context):
    if event.get("do") == "fail":
        raise ValueError("no good")
    found = {name: os.environ.get(name) for name in ("GREETING", "FROM_IMAGE", "AWS_EXECUTION_ENV")}
    return {"event": event, "name": context.function_name, "variables": found, "python": sys.prefix}
"""


def write_registry(folder: Path) -> Path:
    """Write the program, and a registry of images in which it stands for `IMAGE`."""
    (folder / "program").mkdir(parents=True, exist_ok=True)
    (folder / "program" / "program.py").write_text(PROGRAM, encoding="utf-8")
    (folder / "program" / "app.py").write_text(FUNCTION, encoding="utf-8")
    registry = folder / "images.toml"
    commands = [f'{name} = ["python", "program.py", "{name}"]' for name in ("train", "serve")]
    entry = [
        "[[image]]",
        'uri = "*/program:*"',
        'folder = "program"',
        f'python = "{CLOUD_PYTHON}"',
        'environment = { FROM_IMAGE = "yes" }',
        *commands,
    ]
    registry.write_text("\n".join(entry), encoding="utf-8")
    return registry


@contextmanager
def launched(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], Cloud]]:
    """Run a local cloud that has `IMAGE` and may be ended in any way; what is left of it is killed."""
    with wire.launched(folder, "--images", str(write_registry(folder))) as running:
        yield running


def put_data(cloud: Cloud, *lines: str) -> str:
    """Put an object of these lines into a bucket of its own; give the URI of its folder."""
    bucket = cloud.bucket()
    cloud.s3.put_object(Bucket=bucket, Key="data/part.csv", Body="\n".join(lines).encode())
    return f"s3://{bucket}/data/"


def read(cloud: Cloud, uri: str) -> bytes:
    """Read an object."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return cloud.s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def read_archive(cloud: Cloud, uri: str, member: str) -> str:
    """Read a file in a tar.gz."""
    with tarfile.open(fileobj=io.BytesIO(read(cloud, uri))) as archive:
        file = archive.extractfile(member)
        assert file is not None
        return file.read().decode()


def training(data: str, image: str = IMAGE, **hyperparameters: str) -> Document:
    """Write a request for a training job on this data, whose results go beside it."""
    source = {"S3DataType": "S3Prefix", "S3Uri": data, "S3DataDistributionType": "FullyReplicated"}
    return {
        "TrainingJobName": unique("training"),
        "AlgorithmSpecification": {
            "TrainingImage": image,
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "accuracy", "Regex": "accuracy=([0-9.]+);"}],
        },
        "HyperParameters": hyperparameters,
        "RoleArn": ROLE,
        "InputDataConfig": [{"ChannelName": "training", "DataSource": {"S3DataSource": source}}],
        "OutputDataConfig": {"S3OutputPath": data.replace("/data/", "/output")},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    }


def tuning(data: str, most: int = 2, at_once: int = 1, **hyperparameters: str) -> Document:
    """Write a request for a tuning job whose training jobs train on this data."""
    members = training(data)
    del members["TrainingJobName"], members["HyperParameters"]
    rate = {"Name": "rate", "MinValue": "0.001", "MaxValue": "1", "ScalingType": "Logarithmic"}
    return {
        "HyperParameterTuningJobName": unique("tuning"),
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "accuracy"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": most, "MaxParallelTrainingJobs": at_once},
            "ParameterRanges": {"ContinuousParameterRanges": [rate]},
        },
        "TrainingJobDefinition": members | {"StaticHyperParameters": hyperparameters},
    }


def processing(data: str, *arguments: str) -> Document:
    """Write a request for a processing job on this data, whose results go beside it."""
    source = {"S3DataType": "S3Prefix", "S3InputMode": "File", "S3Uri": data}
    source |= {"LocalPath": "/opt/ml/processing/input"}
    target = {"S3Uri": data.replace("/data/", "/output"), "S3UploadMode": "EndOfJob"}
    target |= {"LocalPath": "/opt/ml/processing/output"}
    return {
        "ProcessingJobName": unique("processing"),
        "AppSpecification": {
            "ImageUri": IMAGE,
            "ContainerEntrypoint": ["python", "program.py", "process"],
            "ContainerArguments": list(arguments) or ["first"],
        },
        "RoleArn": ROLE,
        "ProcessingInputs": [{"InputName": "input", "S3Input": source}],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "output", "S3Output": target}]},
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
        },
    }


def transform(model: str, data: str) -> Document:
    """Write a request for a transform job on this data, whose results go beside it."""
    return {
        "TransformJobName": unique("transform"),
        "ModelName": model,
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": data}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        "BatchStrategy": "SingleRecord",
        "TransformOutput": {"S3OutputPath": data.replace("/data/", "/output"), "AssembleWith": "Line"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }


def train(cloud: Cloud, request: Document, seconds: float = 60) -> "DescribeTrainingJobResponseTypeDef":
    """Train to the end, whatever it is; describe it."""
    cloud.sagemaker.create_training_job(**request)
    return finished_training(cloud, request["TrainingJobName"], seconds)


def finished_training(cloud: Cloud, name: str, seconds: float = 60) -> "DescribeTrainingJobResponseTypeDef":
    """Wait for the end of a training job; describe it."""
    return eventually(
        lambda: cloud.sagemaker.describe_training_job(TrainingJobName=name),
        lambda job: job["TrainingJobStatus"] in {"Completed", "Failed", "Stopped"},
        seconds=seconds,
    )


def model(cloud: Cloud, *lines: str, image: str = IMAGE, **variables: str) -> str:
    """Make a model whose data are these lines; give its name."""
    archive = io.BytesIO()
    content = "\n".join(lines).encode()
    with tarfile.open(fileobj=archive, mode="w:gz") as opened:
        entry = tarfile.TarInfo("data.csv")
        entry.size = len(content)
        opened.addfile(entry, io.BytesIO(content))
    bucket = cloud.bucket()
    cloud.s3.put_object(Bucket=bucket, Key="model.tar.gz", Body=archive.getvalue())
    name = unique("model")
    cloud.sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn=ROLE,
        PrimaryContainer={
            "Image": image,
            "ModelDataUrl": f"s3://{bucket}/model.tar.gz",
            "Environment": variables,
        },
    )
    return name


def endpoint_config(cloud: Cloud, model_name: str, **more: Any) -> str:
    """Make an endpoint configuration of one instance; give its name."""
    name = unique("config")
    cloud.sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[
            {
                "VariantName": "all",
                "ModelName": model_name,
                "InitialInstanceCount": 1,
                "InstanceType": "ml.m5.large",
            }
        ],
        **more,
    )
    return name


def deployed_endpoint(cloud: Cloud, model_name: str, **config_members: Any) -> str:
    """Make an endpoint of one instance that is in service; give its name."""
    name = unique("endpoint")
    config = endpoint_config(cloud, model_name, **config_members)
    cloud.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
    assert settled_endpoint(cloud, name) == "InService"
    return name


def settled_endpoint(cloud: Cloud, name: str) -> str:
    """Wait until nothing is being done about an endpoint; give its status."""
    return eventually(
        lambda: cloud.sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"],
        lambda status: not status.endswith("ing"),
        seconds=60,
    )


def runtime(cloud: Cloud) -> Any:
    """Give a client of SageMaker Runtime."""
    return _runtime(cloud.stack.endpoint, cloud.stack.keys)


@cache
def _runtime(endpoint: str, keys: Keys) -> Any:
    return boto3.client(
        "sagemaker-runtime",
        endpoint_url=endpoint,
        region_name="us-west-2",
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
        config=Config(retries={"total_max_attempts": 1}, max_pool_connections=20),
    )


def invoke(cloud: Cloud, endpoint: str, body: str, **members: str) -> Document:
    """Invoke an endpoint; give all of the answer, its body read."""
    request = {"EndpointName": endpoint, "Body": body.encode(), "ContentType": "text/csv", **members}
    answer = runtime(cloud).invoke_endpoint(**request)
    read: StreamingBody = answer["Body"]
    return cast("Document", answer | {"Body": read.read()})


def predict(cloud: Cloud, endpoint: str, body: str, **members: str) -> Document:
    """Invoke an endpoint; give what the model answered."""
    return cast("Document", json.loads(invoke(cloud, endpoint, body, **members)["Body"]))
