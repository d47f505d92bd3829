"""Jobs on several instances, with containers that are functions."""

import json
from pathlib import Path
from typing import cast

import pytest

from localcloud.ports import Objects
from localcloud.sagemaker.jobs.hosts import read_hosts, resource_config, share
from localcloud.sagemaker.jobs.s3 import DataError, Found
from localcloud.sagemaker.jobs.transfer import download_shares
from localcloud.sagemaker.wire.requests import Request
from localcloud.sagemaker.wire.s3_uri import S3Uri
from tests.unit.localcloud.sagemaker.cloud import Cloud, Document, FakeHost
from tests.unit.localcloud.sagemaker.jobs.containers import FakeContainer, FakeImages
from tests.unit.localcloud.sagemaker.jobs.requests import (
    BUCKET,
    await_end,
    channel,
    processing,
    processing_input,
    processing_output,
    refusal,
    run,
    training,
    transform,
    unpacked,
)

CLASH = (
    "sagestep local cloud: more than one host has written about; what the first of them has written is kept."
)


def cluster(count: int) -> Document:
    config = {"InstanceCount": count, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10}
    return {"ProcessingResources": {"ClusterConfig": config}}


def instances(count: int) -> Document:
    return {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": count, "VolumeSizeInGB": 10}}


def group(name: str, count: int, kind: str = "ml.m5.large") -> Document:
    return {"InstanceGroupName": name, "InstanceType": kind, "InstanceCount": count}


def sharded(name: str = "train", **more: object) -> Document:
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/data/"}
    return channel(name) | {
        "DataSource": {"S3DataSource": source | {"S3DataDistributionType": "ShardedByS3Key"} | more}
    }


def files(container: FakeContainer, folder: str) -> list[str]:
    return sorted(path.name for path in (container.run.ml_root / folder).rglob("*") if path.is_file())


@pytest.fixture
def objects(cloud: Cloud) -> None:
    for name in "bcde":
        cloud.host.objects[BUCKET, f"data/{name}.csv"] = name.encode()


def test_a_share_is_about_as_large_as_every_other() -> None:
    found = [Found(S3Uri("bucket", str(number)), str(number)) for number in range(11)]
    hosts = read_hosts(Request({"InstanceCount": 4, "InstanceType": "ml.m5.large"}))
    shares = [share(found, host, hosts, "ShardedByS3Key") for host in hosts]
    assert sorted(item.path for part in shares for item in part) == sorted(item.path for item in found)
    assert [len(part) for part in shares] == [3, 3, 3, 2]
    assert share(found, hosts[1], hosts, None) == share(found, hosts[1], hosts, "FullyReplicated") == found


def test_hosts_are_sorted_as_aws_sorts_them() -> None:
    hosts = read_hosts(Request({"InstanceCount": 11, "InstanceType": "ml.m5.large"}))
    config = resource_config(hosts[10], hosts)
    assert config["current_host"] == "algo-11"
    assert config["hosts"] == ["algo-1", "algo-10", "algo-11", *(f"algo-{number}" for number in range(2, 10))]


@pytest.mark.usefixtures("objects")
def test_processing_hosts_share_the_objects_and_write_to_one_prefix(cloud: Cloud, images: FakeImages) -> None:
    seen: dict[str, object] = {}

    def program(container: FakeContainer) -> int:
        resources = json.loads(container.read("config/resourceconfig.json"))
        name = resources["current_host"]
        seen[name] = (
            resources["hosts"],
            files(container, "processing/input/data"),
            files(container, "processing/input/all"),
        )
        container.say(f"{name} works")
        container.write(f"processing/output/result/{name}.csv", name)
        container.write(f"processing/output/live/{name}.csv", name)
        container.write("processing/output/result/same.csv", name)
        container.write("output/message", f"{name} is done")
        return 0

    images.program = program
    request = processing(
        ProcessingInputs=[
            processing_input(S3DataDistributionType="ShardedByS3Key"),
            processing_input("all", S3DataDistributionType="FullyReplicated"),
        ],
        ProcessingOutputConfig={
            "Outputs": [processing_output(), processing_output("live", S3UploadMode="Continuous")]
        },
    )
    job = run(cloud, "Processing", request | cluster(2))
    hosts, everything = ["algo-1", "algo-2"], ["a.csv", "b.csv", "c.csv", "d.csv", "e.csv"]
    assert seen == {
        "algo-1": (hosts, ["a.csv", "c.csv", "e.csv"], everything),
        "algo-2": (hosts, ["b.csv", "d.csv"], everything),
    }
    assert (job["ProcessingJobStatus"], job["ExitMessage"]) == ("Completed", "algo-1 is done")
    written = {key: body for (_, key), body in cloud.host.objects.items() if key.startswith("out/")}
    assert written == {
        "out/result/algo-1.csv": b"algo-1",
        "out/result/algo-2.csv": b"algo-2",
        "out/result/same.csv": b"algo-2",
        "out/live/algo-1.csv": b"algo-1",
        "out/live/algo-2.csv": b"algo-2",
    }
    streams = {stream.rpartition("-")[0]: lines for (_, stream), lines in cloud.host.logs.items()}
    assert streams == {"job/algo-1": ["algo-1 works"], "job/algo-2": ["algo-2 works"]}


def test_what_several_hosts_get_is_downloaded_once_and_is_each_ones_own(tmp_path: Path) -> None:
    host, opened = FakeHost(), []
    host.on_open = lambda: opened.append("an object")
    host.objects = {("bucket", f"data/{name}"): name.encode() for name in "ab"}
    objects = cast("Objects", host)
    found = [Found(S3Uri("bucket", f"data/{name}"), f"in/{name}") for name in "ab"]
    folders = [tmp_path / name for name in ("algo-1", "algo-2", "algo-3")]
    shares = list(zip((found[:1], found, found), folders, strict=True))
    download_shares(shares, objects, lambda: True)
    assert len(opened) == len(found)
    (folders[1] / "in" / "a").write_text("changed")
    assert (folders[0] / "in" / "a").read_text() == (folders[2] / "in" / "a").read_text() == "a"
    assert (folders[2] / "in" / "b").read_text() == "b"
    assert not (folders[0] / "in" / "b").exists()
    download_shares(shares, objects, lambda: False)
    (tmp_path / "full" / "in" / "b").mkdir(parents=True)
    with pytest.raises(DataError, match="Cannot write s3://bucket/data/b"):
        download_shares([(found, folders[0]), (found, tmp_path / "full")], objects, lambda: True)


@pytest.mark.usefixtures("objects")
def test_training_hosts_make_one_model(cloud: Cloud, images: FakeImages) -> None:
    seen = {}

    def program(container: FakeContainer) -> int:
        name = container.run.environment["SM_CURRENT_HOST"]
        variables = ("SM_HOSTS", "CURRENT_HOST", "SM_CURRENT_INSTANCE_GROUP_HOSTS")
        seen[name] = (
            [container.run.environment[item] for item in variables],
            json.loads(container.run.environment["SM_TRAINING_ENV"])["is_master"],
            files(container, "input/data/train"),
            json.loads(container.read("input/config/inputdataconfig.json"))["train"]["S3DistributionType"],
        )
        container.say(f"loss={name[-1]};")
        container.write(f"model/shards/{name}", name)
        container.write("model/about", name)
        container.write(f"output/data/{name}.json", "{}")
        return 0

    images.program = program
    algorithm = {
        "TrainingImage": "image",
        "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9]+);"}],
    }
    request = training(InputDataConfig=[sharded()], AlgorithmSpecification=algorithm) | instances(2)
    job = run(cloud, "Training", request)
    assert job["TrainingJobStatus"] == "Completed"
    names = '["algo-1", "algo-2"]'
    assert seen == {
        "algo-1": ([names, "algo-1", names], True, ["a.csv", "c.csv", "e.csv"], "ShardedByS3Key"),
        "algo-2": ([names, "algo-2", names], False, ["b.csv", "d.csv"], "ShardedByS3Key"),
    }
    assert unpacked(cloud, "out/job/output/model.tar.gz") == {
        "shards/algo-1": b"algo-1",
        "shards/algo-2": b"algo-2",
        "about": b"algo-1",
    }
    assert unpacked(cloud, "out/job/output/output.tar.gz") == {"algo-1.json": b"{}", "algo-2.json": b"{}"}
    lines = [line for lines in cloud.host.logs.values() for line in lines]
    assert sorted(lines) == [
        "loss=1;",
        "loss=2;",
        CLASH,
    ]
    metrics = job["FinalMetricDataList"]
    assert isinstance(metrics, list)
    assert metrics[0]["Value"] in {1.0, 2.0}


def test_a_folder_that_has_the_name_of_the_first_hosts_file_is_left_out(
    cloud: Cloud, images: FakeImages
) -> None:
    def program(container: FakeContainer) -> int:
        name = container.run.environment["SM_CURRENT_HOST"]
        container.write("model/about" if name == "algo-1" else "model/about/deep/er.txt", name)
        return 0

    images.program = program
    assert run(cloud, "Training", training() | instances(2))["TrainingJobStatus"] == "Completed"
    assert unpacked(cloud, "out/job/output/model.tar.gz") == {"about": b"algo-1"}
    assert [CLASH] in cloud.host.logs.values()


@pytest.mark.parametrize("kind", ["Training", "Processing"])
def test_one_host_that_fails_ends_the_others(cloud: Cloud, images: FakeImages, kind: str) -> None:
    def program(container: FakeContainer) -> int | None:
        if container.run.host_name != "algo-2":
            return None
        container.write("output/failure" if kind == "Training" else "output/message", "no data")
        return 3

    images.program = program
    request = training() | instances(3) if kind == "Training" else processing() | cluster(3)
    job = run(cloud, kind, request)
    assert job[f"{kind}JobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: algo-2: no data, exit code: 3"
    assert {container.run.host_name: container.signals for container in images.containers} == {
        "algo-1": ["TERM"],
        "algo-2": ["TERM"],
        "algo-3": ["TERM"],
    }


def test_a_stop_ends_all_hosts(cloud: Cloud, images: FakeImages) -> None:
    images.program = lambda _: None
    cloud.call("CreateTrainingJob", **(training() | instances(3)))
    for _ in range(3):
        images.await_start()
    cloud.call("StopTrainingJob", TrainingJobName="job")
    assert await_end(cloud, "Training")["TrainingJobStatus"] == "Stopped"
    assert ["TERM" in container.signals for container in images.containers] == [True] * 3


def test_instance_groups_get_their_own_data(cloud: Cloud, images: FakeImages) -> None:
    seen = {}

    def program(container: FakeContainer) -> int:
        resources = json.loads(container.read("input/config/resourceconfig.json"))
        names = ("current_host", "current_group_name", "current_instance_type")
        seen[resources["current_host"]] = (
            *(resources[name] for name in names),
            sorted(path.name for path in (container.run.ml_root / "input/data").iterdir()),
        )
        seen["groups"] = resources["instance_groups"]
        return 0

    images.program = program
    groups = {"InstanceGroups": [group("readers", 1), group("learners", 2, "ml.c5.xlarge")]}
    request = training(
        InputDataConfig=[sharded("raw", InstanceGroupNames=["readers"]), channel()],
        ResourceConfig={"VolumeSizeInGB": 10} | groups,
    )
    assert run(cloud, "Training", request)["TrainingJobStatus"] == "Completed"
    assert seen == {
        "algo-1": ("algo-1", "readers", "ml.m5.large", ["raw", "train"]),
        "algo-2": ("algo-2", "learners", "ml.c5.xlarge", ["train"]),
        "algo-3": ("algo-3", "learners", "ml.c5.xlarge", ["train"]),
        "groups": [
            {"instance_group_name": "readers", "instance_type": "ml.m5.large", "hosts": ["algo-1"]},
            {
                "instance_group_name": "learners",
                "instance_type": "ml.c5.xlarge",
                "hosts": ["algo-2", "algo-3"],
            },
        ],
    }


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        ({"InstanceGroups": [group("a", 1), group("a", 1)]}, "Duplicate group name: 'a'"),
        ({"InstanceGroups": [group("a", 1)], "InstanceCount": 1}, "and not both"),
        ({"InstanceGroups": [group("a", 0)]}, "one instance at least"),
        ({"InstanceType": "ml.m5.large", "InstanceCount": 0}, "one instance at least"),
    ],
)
def test_instances_that_cannot_be(cloud: Cloud, resources: Document, message: str) -> None:
    request = training(ResourceConfig={"VolumeSizeInGB": 10} | resources)
    assert message in refusal(cloud, "CreateTrainingJob", request)


def test_a_channel_names_groups_that_are_there(cloud: Cloud) -> None:
    request = training(InputDataConfig=[sharded(InstanceGroupNames=["none"])])
    assert "there is no instance group 'none'" in refusal(cloud, "CreateTrainingJob", request)


@pytest.mark.parametrize("kind", ["Training", "Processing", "Transform"])
def test_more_instances_than_the_quota_allows_are_refused(cloud: Cloud, kind: str) -> None:
    resources: Document = {"TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 21}}
    requests = {
        "Training": training() | instances(21),
        "Processing": processing() | cluster(21),
        "Transform": transform() | resources,
    }
    refused = refusal(cloud, f"Create{kind}Job", requests[kind], "ResourceLimitExceeded")
    assert f"'Maximum number of instances per {kind.lower()} job' is 20 Instances" in refused


@pytest.mark.parametrize(
    "resources",
    [{"InstanceType": "ml.m5.large", "InstanceCount": 10**12}, {"InstanceGroups": [group("a", 10**12)]}],
)
def test_instances_beyond_all_memory_are_counted_and_not_made(cloud: Cloud, resources: Document) -> None:
    request = training(ResourceConfig={"VolumeSizeInGB": 10} | resources)
    assert f"delta of {10**12} " in refusal(cloud, "CreateTrainingJob", request, "ResourceLimitExceeded")
