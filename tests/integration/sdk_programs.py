"""The programs of tests/sdks, run in the SDKs' own environment against a local cloud, and what they left."""

import csv
import io
import json
import os
import tarfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from driver.images.image import read_images
from tests.environments import image_environments
from tests.fork_server import Asked
from tests.forks import Forked, Forks
from tests.integration.images import read
from tests.integration.stack import ROOT, local_cloud
from tests.integration.wire import Cloud, Document

SDKS = ROOT / "tests" / "sdks"
SDKS_PYTHON = SDKS / ".venv" / "bin" / "python"
PROGRAMS = (  # as the tests ask for them, so that none waits for all
    "estimator",
    "tuner",
    "batch",
    "pipeline",
    "abalone",
    "frameworks",
    "algorithm",
    "v3",
    "steps",
    "commands",
    "quality",
    "identity",
    "workflow",
    "training_pipeline",
    "inference_pipeline",
    "states",
)
SDK_MODULES = ("sagemaker.workflow.pipeline", "sagemaker.sklearn", "sagemaker.tuner", "stepfunctions")
AT_ONCE = 6
OF_TESTS = """
[[image]]  # what functions of the SDK's decorators run in: the SDK must be there
uri = "*/sdk-python:*"
folder = "{folder}"
python = "{python}"

[[image]]
uri = "*/sagemaker-model-monitor-analyzer*"
folder = "{folder}"
python = "{python}"
entrypoint = ["python", "monitor.py"]

[[image]]
uri = "*/sagemaker-clarify-processing*"
folder = "{folder}"
python = "{python}"
entrypoint = ["python", "clarify.py"]
"""


@dataclass(frozen=True)
class Program:
    """A program that runs, or will when others have ended."""

    code: "Future[int]"
    found: Path
    log: Path

    def finish(self) -> tuple[Document, str]:
        """Wait for its end; give what it has found, and all that it has printed."""
        code = self.code.result(560)
        printed = self.log.read_text(encoding="utf-8")
        assert code == 0, printed
        return json.loads(self.found.read_text(encoding="utf-8")), printed


@contextmanager
def wine_cloud(folder: Path) -> Iterator[Cloud]:
    """Run a local cloud that has the project's image, AWS's for frameworks, and one with the SDK."""
    images = folder / "images.toml"
    image_environments().write_file(images, read_images(ROOT / "resources" / "images"))
    of_tests = OF_TESTS.format(folder=SDKS / "source", python=SDKS_PYTHON)
    images.write_text(of_tests + images.read_text("utf-8"), encoding="utf-8")
    with local_cloud(folder, "--images", str(images)) as port:
        yield Cloud(folder, port)


def surroundings(cloud: Cloud) -> dict[str, str]:
    """Give the environment in which the SDKs find a local cloud."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {
        "AWS_ENDPOINT_URL": cloud.stack.endpoint,
        **cloud.stack.keys.variables,
        "AWS_DEFAULT_REGION": "us-west-2",
        "SAGEMAKER_USER_CONFIG_OVERRIDE": str(SDKS / "sagemaker_config.yaml"),
    }


@contextmanager
def programs(cloud: Cloud) -> Iterator[dict[str, Program]]:
    """Run all programs, several at once: much of their time is the SDKs' sleep between two looks."""
    processes: list[Forked] = []
    environment = surroundings(cloud)

    def run(name: str, found: Path, log: Path) -> int:
        asked = Asked(f"tests.sdks.{name}", [str(found)], str(ROOT), environment, output=str(log))
        processes.append((third if name == "v3" else second).start(asked))
        return processes[-1].wait()

    pool = ThreadPoolExecutor(AT_ONCE)
    # What takes seconds to import is imported once, before any program looks at anything.
    second = Forks(SDKS_PYTHON, SDK_MODULES, environment | {"OPENBLAS_NUM_THREADS": "1"})
    third = Forks(SDKS / "v3" / ".venv" / "bin" / "python", (), environment)
    try:
        files = {name: (cloud.folder / f"{name}.json", cloud.folder / f"{name}.log") for name in PROGRAMS}
        yield {name: Program(pool.submit(run, name, *files[name]), *files[name]) for name in PROGRAMS}
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.kill()  # does nothing to one that has ended
        pool.shutdown()
        second.end()
        third.end()


def classes() -> list[int]:
    """Give the class of each row of the data set."""
    rows = csv.reader((ROOT / "resources" / "wine.csv").read_text(encoding="utf-8").splitlines()[1:])
    return [int(row[-1]) for row in rows]


def share_right(predictions: list[int]) -> float:
    """Give how many predictions are right, of one for each row of the data set."""
    known = classes()
    assert len(predictions) == len(known)
    return sum(map(int.__eq__, predictions, known)) / len(known)


def metrics(cloud: Cloud, job: str) -> dict[str, float]:
    """Give a completed training job's metrics."""
    described = cloud.sagemaker.describe_training_job(TrainingJobName=job)
    assert described["TrainingJobStatus"] == "Completed"
    return {item["MetricName"]: item["Value"] for item in described["FinalMetricDataList"]}


def check_trained_together(cloud: Cloud, trained: Document, printed: str) -> None:
    """Check that two instances had half of the data each, the same result, and made one model."""
    mean = metrics(cloud, trained["job"])["mean"]
    for host in ("algo-1", "algo-2"):
        assert f"{host} has read 2 files; mean={mean:.6f};" in printed
    with tarfile.open(fileobj=io.BytesIO(read(cloud, trained["model_data"]))) as archive:
        assert sorted(archive.getnames()) == ["algo-1.json", "algo-2.json"]


def tuning_job(cloud: Cloud, name: str) -> Document:
    """Describe a tuning job, by its name or its ARN."""
    name = name.rpartition("/")[2]
    return {**cloud.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)}


def job_tags(cloud: Cloud, job: str) -> list[Document]:
    """Give a training job's tags."""
    arn = cloud.sagemaker.describe_training_job(TrainingJobName=job)["TrainingJobArn"]
    return [{**tag} for tag in cloud.sagemaker.list_tags(ResourceArn=arn)["Tags"]]


def objects(cloud: Cloud, folder: str) -> dict[str, str]:
    """Read the objects of a folder in S3, by their names."""
    bucket, _, prefix = folder.removeprefix("s3://").partition("/")
    listed = cloud.s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
    names = {item["Key"].rpartition("/")[2]: f"s3://{bucket}/{item['Key']}" for item in listed}
    return {name: read(cloud, uri).decode() for name, uri in names.items()}


def predicted(lines: str) -> list[int]:
    """Give the classes in a transform's output: the first number of each line."""
    return [int(line.partition(",")[0]) for line in lines.splitlines()]
