"""A pipeline as most are: process, train, evaluate, decide, register; every job a real process."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.containers.images import Images
from tests.unit.localcloud.sagemaker.cloud import (
    Cloud,
    Document,
    condition_step,
    fail_step,
    get,
    running_cloud,
)
from tests.unit.localcloud.sagemaker.jobs.requests import (
    BUCKET,
    channel,
    processing_input,
    processing_output,
    unpacked,
)
from tests.unit.localcloud.sagemaker.pipelines.job_steps import (
    job_of,
    processing_step,
    property_file,
    reason,
    training_step,
)

REGISTRY = '[[image]]\nuri = "*"\nfolder = "."\npython = "{python}"\ntrain = ["python", "train.py"]\n'
TRAIN = """
import os, pathlib
rows = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"], "rows.csv").read_text()
pathlib.Path(os.environ["SM_MODEL_DIR"], "model.txt").write_text(str(rows.count("\\n")))
"""
SPLIT = """
import pathlib
data = pathlib.Path("/opt/ml/processing/input/data/a.csv").read_text()
pathlib.Path("/opt/ml/processing/output/result/rows.csv").write_text(data * 2)
"""
EVALUATE = """
import json, pathlib, tarfile
with tarfile.open("/opt/ml/processing/input/model/model.tar.gz") as archive:
    rows = int(archive.extractfile("model.txt").read())
report = {"metrics": {"rows": {"value": rows}}}
pathlib.Path("/opt/ml/processing/output/result/report.json").write_text(json.dumps(report))
"""


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    folder = tmp_path / "jobs"
    folder.mkdir()
    (tmp_path / "train.py").write_text(TRAIN, "utf-8")
    (tmp_path / "images.toml").write_text(REGISTRY.format(python=sys.executable), "utf-8")
    with running_cloud(images=Images(tmp_path / "images.toml"), folder=folder) as cloud:
        cloud.host.objects[BUCKET, "data/a.csv"] = b"1,2\n3,4\n"
        cloud.host.objects[BUCKET, "code/split.py"] = SPLIT.encode()
        cloud.host.objects[BUCKET, "code/evaluate.py"] = EVALUATE.encode()
        yield cloud


def script_step(name: str, inputs: list[Document], output: Document, **more: object) -> Document:
    script = f"/opt/ml/processing/input/code/{name}.py"
    arguments: Document = {
        "AppSpecification": {"ImageUri": "image", "ContainerEntrypoint": ["python3", script]},
        "ProcessingInputs": [*inputs, processing_input("code", f"s3://{BUCKET}/code/{name}.py")],
        "ProcessingOutputConfig": {"Outputs": [output]},
    }
    return processing_step(name, arguments, **more)


def pipeline() -> list[Document]:
    rows = get("Steps.split.ProcessingOutputConfig.Outputs['result'].S3Output.S3Uri")
    source = channel() | {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": rows}}}
    model = get("Steps.train.ModelArtifacts.S3ModelArtifacts")
    model_input = processing_input("model")
    model_input["S3Input"] = {**_members(model_input["S3Input"]), "S3Uri": model}
    report = processing_output()
    report["S3Output"] = {**_members(report["S3Output"]), "S3Uri": f"s3://{BUCKET}/report"}
    measured = {
        "Std:JsonGet": {
            "PropertyFile": get("Steps.evaluate.PropertyFiles.report"),
            "Path": "metrics.rows.value",
        }
    }
    enough: Document = {
        "Type": "GreaterThanOrEqualTo",
        "LeftValue": measured,
        "RightValue": get("Parameters.rows"),
    }
    specification: Document = {
        "Containers": [{"Image": "image", "ModelDataUrl": model}],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    register: Document = {
        "Name": "register",
        "Type": "RegisterModel",
        "Arguments": {"ModelPackageGroupName": "models", "InferenceSpecification": specification},
    }
    too_few = {"Std:Join": {"On": " ", "Values": ["too few rows:", measured]}}
    return [
        condition_step("enough", [enough], [register], [fail_step("stop", too_few)]),
        script_step("evaluate", [model_input], report, PropertyFiles=[property_file()]),
        training_step("train", {"InputDataConfig": [source]}),
        script_step("split", [processing_input()], processing_output()),
    ]


def _members(value: object) -> Document:
    assert isinstance(value, dict)
    return value


def test_what_is_good_enough_is_registered(cloud: Cloud) -> None:
    arn = cloud.run(*pipeline(), Parameters=[{"Name": "rows", "Type": "Integer", "DefaultValue": 4}])
    statuses = cloud.statuses(arn)
    assert list(statuses) == ["split", "train", "evaluate", "enough", "register"]
    assert set(statuses.values()) == {"Succeeded"}
    name = job_of(cloud, arn, "train", "Training")["TrainingJobName"]
    assert unpacked(cloud, f"out/{name}/output/model.tar.gz") == {"model.txt": b"4"}
    packages = cloud.listed("ListModelPackages", "ModelPackageSummaryList", ModelPackageGroupName="models")
    assert [package["ModelPackageVersion"] for package in packages] == [1]


def test_what_is_not_good_enough_fails_the_execution(cloud: Cloud) -> None:
    arn = cloud.run(*pipeline(), Parameters=[{"Name": "rows", "Type": "Integer", "DefaultValue": 5}])
    assert reason(cloud, arn, "stop") == "too few rows: 4"
    assert cloud.describe(arn)["PipelineExecutionStatus"] == "Failed"
