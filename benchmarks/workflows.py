"""Training jobs against the bare script, endpoints against the bare server, and all of it end to end."""

import http.client
import json
import os
import shutil
import statistics
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from benchmarks.table import Goal, Row, repeated, seconds
from tests.environments import image_python
from tests.integration.signing import signed_headers
from tests.integration.stack import ROOT, Stack, free_port
from tests.integration.wire import eventually, unique

AT_ONCE = 20
RUNS = 5
REQUESTS = 500
_CONTAINER = ROOT / "resources" / "images" / "scikit"
_WINE = ROOT / "resources" / "wine.csv"


def measure(stack: Stack, folder: Path) -> Iterator[Row]:
    """Train, deploy and predict on the deployment's own image, and with its programs alone."""
    ml = folder / "ml"
    lay_out(ml)
    stack.s3.upload_file(str(_WINE), stack.output("bucket_name"), "workflows/data/benchmark/wine.csv")
    scripts = repeated(RUNS, lambda: seconds(lambda: train_bare(ml)))
    jobs = repeated(RUNS, lambda: seconds(lambda: _train(stack)))
    added = [job - statistics.median(scripts) for job in jobs]
    yield Row("added to a training job (s)", added, ("the bare script, in all", scripts), goal=Goal(1))
    yield Row(f"{AT_ONCE} training jobs at once (s)", [seconds(lambda: _train_at_once(stack))])
    yield Row("invoke deploy-model: end to end (s)", [seconds(lambda: stack.invoke("deploy-model"))])
    yield from _predictions(stack, ml)
    stack.invoke("undeploy", "--yes")


def lay_out(ml: Path) -> None:
    """Make the /opt/ml of a training job."""
    channel = ml / "input" / "data" / "training"
    channel.mkdir(parents=True)
    (ml / "model").mkdir()
    shutil.copy(_WINE, channel)


def train_bare(ml: Path) -> None:
    """Run the training script with nothing around it."""
    command = [image_python(), "train.py"]
    subprocess.run(command, cwd=_CONTAINER, env=_environment(ml), check=True, stdout=subprocess.DEVNULL)


def _environment(ml: Path, **more: str) -> dict[str, str]:
    """Give the variables that image.yaml gives, and the place of /opt/ml."""
    single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    return {"PATH": os.defpath, "SAGEMAKER_BASE_DIR": str(ml), **single, **more}


def _train(stack: Stack) -> None:
    """Run one training job to its end; it must succeed."""
    name = unique("sagestep-benchmark")
    bucket = stack.output("bucket_name")
    stack.sagemaker.create_training_job(
        TrainingJobName=name,
        AlgorithmSpecification={"TrainingImage": stack.output("image_uri"), "TrainingInputMode": "File"},
        RoleArn=stack.output("jobs_role_arn"),
        InputDataConfig=[
            {
                "ChannelName": "training",
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3Prefix",
                        "S3Uri": f"s3://{bucket}/workflows/data/benchmark/",
                    }
                },
            }
        ],
        OutputDataConfig={"S3OutputPath": f"s3://{bucket}/workflows/output/benchmark/"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 600},
    )
    job = eventually(
        lambda: stack.sagemaker.describe_training_job(TrainingJobName=name),
        lambda job: job["TrainingJobStatus"] != "InProgress",
        seconds=120,
    )
    assert job["TrainingJobStatus"] == "Completed", job


def _train_at_once(stack: Stack) -> None:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(lambda _: _train(stack), range(AT_ONCE)))


def _predictions(stack: Stack, ml: Path) -> Iterator[Row]:
    """Ask the endpoint and the bare server the same, over one connection each."""
    (endpoint,) = stack.sagemaker.list_endpoints()["Endpoints"]
    path = f"/endpoints/{endpoint['EndpointName']}/invocations"
    port = free_port()
    with _bare_server(ml, port):
        bare = _milliseconds(port, "/invocations")
        url, kind = f"{stack.endpoint}{path}", {"Content-Type": "text/csv"}
        headers = signed_headers(stack.keys, "POST", url, _body(), service="sagemaker", content=kind)
        asked = _milliseconds(stack.port, path, **headers)
    for what, place in (("p50", 50), ("p99", 99)):
        added = _percentile(asked, place) - _percentile(bare, place)
        reference = ("the bare server's", [_percentile(bare, place)])
        yield Row(f"added to a prediction, {what} (ms)", [added], reference, goal=Goal(5))


@contextmanager
def _bare_server(ml: Path, port: int) -> Iterator[None]:
    """Serve what the bare training has left."""
    process = subprocess.Popen(
        [image_python(), "serve.py"],
        cwd=_CONTAINER,
        env=_environment(ml, SAGEMAKER_BIND_TO_PORT=str(port)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        eventually(lambda: _answers(port), seconds=30)
        yield
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/ping")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _body() -> bytes:
    """Give the head and the first row of the data set, without the class."""
    head, first = _WINE.read_text(encoding="utf-8").splitlines()[:2]
    return "\n".join(line.rpartition(",")[0] for line in (head, first)).encode()


def _milliseconds(port: int, path: str, **headers: str) -> list[float]:
    """Send the same row again and again; every answer must be the same prediction."""
    body = _body()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    took = []
    for _ in range(REQUESTS):
        started = time.perf_counter()
        connection.request("POST", path, body, {"Content-Type": "text/csv", **headers})
        answer = connection.getresponse()
        content = answer.read()
        took.append((time.perf_counter() - started) * 1000)
        assert answer.status == 200, content
        assert json.loads(content), content
    connection.close()
    return took[REQUESTS // 10 :]  # the first are for warming up


def _percentile(figures: list[float], place: int) -> float:
    return statistics.quantiles(figures, n=100)[place - 1]
