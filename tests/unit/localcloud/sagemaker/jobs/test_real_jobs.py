"""Jobs as real processes: a program with files, signals and a log of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.containers.images import Images
from tests.unit.localcloud.containers.places import MINUTE, eventually
from tests.unit.localcloud.sagemaker.cloud import Cloud, running_cloud
from tests.unit.localcloud.sagemaker.jobs.requests import (
    BUCKET,
    await_end,
    processing,
    processing_input,
    run,
    training,
    unpacked,
)

REGISTRY = '[[image]]\nuri = "*"\nfolder = "."\npython = "{python}"\ntrain = ["python", "train.py"]\n'
TRAIN = """
import json, os, pathlib, signal, sys

model = pathlib.Path(os.environ["SM_MODEL_DIR"])
rows = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"], "a.csv").read_text().splitlines()
hyperparameters = json.loads(os.environ["SM_HPS"])
print(f"rows={len(rows)};")
if hyperparameters.get("waits"):
    def end(*_):
        (model / "model.txt").write_text("saved in time")
        sys.exit(0)
    signal.signal(signal.SIGTERM, end)
    print("waiting")
    while True:
        signal.pause()
(model / "model.txt").write_text(str(len(rows)))
sys.exit(hyperparameters.get("code", 0))
"""
SCRIPT = """
import pathlib, sys
source, target = map(pathlib.Path, sys.argv[1:])
(target / "b.csv").write_text((source / "a.csv").read_text() * 2)
"""


@pytest.fixture
def cloud(tmp_path: Path, python: str) -> Iterator[Cloud]:
    folder = tmp_path / "jobs"
    folder.mkdir()
    (tmp_path / "train.py").write_text(TRAIN, "utf-8")
    (tmp_path / "images.toml").write_text(REGISTRY.format(python=python), "utf-8")
    with running_cloud(images=Images(tmp_path / "images.toml"), folder=folder) as cloud:
        cloud.host.objects[BUCKET, "data/a.csv"] = b"1,2\n3,4\n"
        yield cloud


def test_a_program_trains(cloud: Cloud) -> None:
    definition = {"Name": "rows", "Regex": "rows=([0-9]+);"}
    algorithm = {"TrainingImage": "image", "TrainingInputMode": "File", "MetricDefinitions": [definition]}
    job = run(cloud, "Training", training(AlgorithmSpecification=algorithm))
    assert job["TrainingJobStatus"] == "Completed"
    assert unpacked(cloud, "out/job/output/model.tar.gz") == {"model.txt": b"2"}
    metrics = job["FinalMetricDataList"]
    assert isinstance(metrics, list)
    assert metrics[0]["Value"] == 2.0
    assert list(cloud.host.logs.values()) == [["rows=2;"]]


def test_a_program_fails(cloud: Cloud) -> None:
    job = run(cloud, "Training", training(HyperParameters={"code": "7"}))
    assert job["FailureReason"] == "AlgorithmError: , exit code: 7"


def test_a_program_saves_its_model_when_it_is_stopped(cloud: Cloud) -> None:
    cloud.call("CreateTrainingJob", **training(HyperParameters={"waits": "1"}))
    cloud.host.wait_for(lambda: ["rows=2;", "waiting"] in cloud.host.logs.values())
    cloud.call("StopTrainingJob", TrainingJobName="job")
    assert await_end(cloud, "Training")["TrainingJobStatus"] == "Stopped"
    assert unpacked(cloud, "out/job/output/model.tar.gz") == {"model.txt": b"saved in time"}


def test_an_image_is_prepared_by_its_first_job(cloud: Cloud, tmp_path: Path) -> None:
    _must_be_prepared(tmp_path, "echo once >> calls; touch ready")
    assert run(cloud, "Training", training())["TrainingJobStatus"] == "Completed"
    assert run(cloud, "Training", training("second"))["TrainingJobStatus"] == "Completed"
    assert (tmp_path / "calls").read_text("utf-8") == "once\n"


def test_a_job_whose_image_cannot_be_prepared_fails_and_says_why(cloud: Cloud, tmp_path: Path) -> None:
    _must_be_prepared(tmp_path, "echo The network is needed once.; exit 3")
    job = run(cloud, "Training", training())
    reason = "ClientError: The image image cannot be prepared: The network is needed once."
    assert job["FailureReason"] == reason


def test_a_job_is_stopped_while_its_image_is_prepared(cloud: Cloud, tmp_path: Path) -> None:
    _must_be_prepared(tmp_path, "touch begun; exec sleep 60")
    cloud.call("CreateTrainingJob", **training())
    eventually((tmp_path / "begun").exists, MINUTE)
    cloud.call("StopTrainingJob", TrainingJobName="job")
    assert await_end(cloud, "Training")["TrainingJobStatus"] == "Stopped"


def _must_be_prepared(folder: Path, script: str) -> None:
    with (folder / "images.toml").open("a", encoding="utf-8") as registry:
        registry.write(
            f"prepare = {{ command = ['/bin/sh', '-c', 'cd {folder}; {script}'], ready = 'ready', "
            "environment = { PATH = '/usr/bin:/bin' } }\n"
        )


def test_a_script_processes(cloud: Cloud) -> None:
    cloud.host.objects[BUCKET, "code/script.py"] = SCRIPT.encode()
    app = {
        "ImageUri": "image",
        "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/script.py"],
        "ContainerArguments": ["/opt/ml/processing/input/data", "/opt/ml/processing/output/result"],
    }
    inputs = [processing_input(), processing_input("code", uri=f"s3://{BUCKET}/code/script.py")]
    job = run(cloud, "Processing", processing(AppSpecification=app, ProcessingInputs=inputs))
    assert job["ProcessingJobStatus"] == "Completed", job
    assert cloud.host.objects[BUCKET, "out/result/b.csv"] == b"1,2\n3,4\n" * 2


def test_twenty_jobs_at_once(cloud: Cloud) -> None:
    for number in range(20):
        cloud.call("CreateTrainingJob", **training(f"job-{number}"))
    for number in range(20):
        assert await_end(cloud, "Training", f"job-{number}")["TrainingJobStatus"] == "Completed"
        assert unpacked(cloud, f"out/job-{number}/output/model.tar.gz") == {"model.txt": b"2"}
