"""Jobs on several instances as real processes, which find each other by name."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.containers.images import Images
from localcloud.containers.isolation import Isolation
from tests.unit.localcloud.containers.places import MINUTE, command, eventually, marked, skip_unless
from tests.unit.localcloud.sagemaker.cloud import Cloud, Document, running_cloud
from tests.unit.localcloud.sagemaker.jobs.requests import BUCKET, await_end, channel, run, training, unpacked

REGISTRY = '[[image]]\nuri = "*"\nfolder = "."\npython = "{python}"\ntrain = ["python", "train.py"]\n'
HOSTS = 4
GRADIENTS = """
# An all-reduce in a ring: each host has a part of the data, all end with the sum over all of them.
import json, os, pathlib, signal, socket, struct, sys, time
hosts, own = json.loads(os.environ["SM_HOSTS"]), os.environ["SM_CURRENT_HOST"]
rank = hosts.index(own)
if json.loads(os.environ["SM_HPS"]).get("waits"):
    print("waits", flush=True)
    signal.pause()
rows = [line for file in pathlib.Path(os.environ["SM_CHANNEL_TRAIN"]).iterdir() for line in file.open()]
vector = [float(sum(map(int, rows))), float(len(rows))]

def connected(host):
    deadline = time.monotonic() + 50
    while True:
        try:
            return socket.create_connection((host, 29500), 50)
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)

with socket.create_server((os.environ.get("ADDRESS", own), 29500)) as server:
    following = connected(hosts[(rank + 1) % len(hosts)])
    before, _ = server.accept()
    passed = vector
    for _ in hosts[1:]:
        following.sendall(struct.pack("2d", *passed))
        passed = struct.unpack("2d", before.recv(16, socket.MSG_WAITALL))
        vector = [mine + theirs for mine, theirs in zip(vector, passed)]
print(f"mean={vector[0] / vector[1]};", flush=True)
if rank == 0:
    pathlib.Path(os.environ["SM_MODEL_DIR"], "mean.json").write_text(json.dumps(vector))
"""


@pytest.fixture(params=Isolation, ids=lambda isolation: isolation.name)
def isolation(request: pytest.FixtureRequest) -> Isolation:
    wanted: Isolation = request.param
    skip_unless(wanted)
    return wanted


@pytest.fixture
def cloud(tmp_path: Path, python: str, isolation: Isolation) -> Iterator[Cloud]:
    folder = tmp_path / "jobs"
    folder.mkdir()
    (tmp_path / "train.py").write_text(GRADIENTS, "utf-8")
    (tmp_path / "images.toml").write_text(REGISTRY.format(python=python), "utf-8")
    with running_cloud(images=Images(tmp_path / "images.toml", isolation=isolation), folder=folder) as cloud:
        for number in range(10):
            cloud.host.objects[BUCKET, f"data/{number}.csv"] = f"{number}\n{number + 1}\n".encode()
        yield cloud


def job(isolation: Isolation, folder: Path, **hyperparameters: str) -> Document:
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/data/"}
    sharded = {"DataSource": {"S3DataSource": source | {"S3DataDistributionType": "ShardedByS3Key"}}}
    everywhere = {"ADDRESS": ""} if isolation is Isolation.FULL else {}
    return training(
        InputDataConfig=[channel() | sharded],
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": HOSTS, "VolumeSizeInGB": 10},
        HyperParameters=hyperparameters,
        Environment=everywhere | {"MARK": str(folder)},
    )


def test_hosts_reduce_what_each_has_read(cloud: Cloud, isolation: Isolation, tmp_path: Path) -> None:
    ended = run(cloud, "Training", job(isolation, tmp_path))
    assert ended["TrainingJobStatus"] == "Completed", (ended, cloud.host.logs)
    assert json.loads(unpacked(cloud, "out/job/output/model.tar.gz")["mean.json"]) == [100.0, 20.0]
    assert [lines for _, lines in sorted(cloud.host.logs.items())] == [["mean=5.0;"]] * HOSTS


def test_a_host_that_is_killed_fails_the_job_and_is_named(
    cloud: Cloud, isolation: Isolation, tmp_path: Path
) -> None:
    cloud.call("CreateTrainingJob", **job(isolation, tmp_path, waits="1"))
    eventually(lambda: len(cloud.host.logs) == HOSTS, MINUTE)  # each has said that it waits
    (victim,) = (pid for pid, name in programs(tmp_path) if name == "algo-3")
    os.kill(victim, signal.SIGKILL)
    ended = await_end(cloud, "Training")
    assert ended["TrainingJobStatus"] == "Failed"
    assert ended["FailureReason"] == "AlgorithmError: algo-3: it has left no reason, exit code: 137"
    assert list(programs(tmp_path)) == []


def programs(folder: Path) -> Iterator[tuple[int, str]]:
    """Give the processes of this test's programs, and the host of each."""
    for pid in marked(str(folder)):
        if command(pid).endswith("train.py "):
            variables = Path(f"/proc/{pid}/environ").read_text("utf-8").split("\0")
            yield pid, next(line.partition("=")[2] for line in variables if line.startswith("HOSTNAME="))
