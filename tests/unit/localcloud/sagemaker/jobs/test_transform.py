"""Transform jobs, with a real server in a real process: a model that answers each line with its own words."""

import gzip
import io
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from localcloud.containers.images import Images
from localcloud.ports import Caller
from localcloud.sagemaker.wire.model_container import ModelContainer
from tests.unit.localcloud.sagemaker.cloud import CALLER, Cloud, Document, running_cloud
from tests.unit.localcloud.sagemaker.jobs.requests import (
    ARN,
    BUCKET,
    await_end,
    refusal,
    run,
    statuses,
    transform,
)

KIND = "Transform"
REGISTRY = '[[image]]\nuri = "*"\nfolder = "."\npython = "{python}"\nserve = ["python", "serve.py"]\n'
SERVER = """
import http.server, json, os, sys

WORD = open(os.path.join(os.environ["MODEL"], "word")).read()
PARAMETERS = os.environ.get("PARAMETERS")

class Handler(http.server.BaseHTTPRequestHandler):
    broken = 0

    def do_GET(self):
        if os.environ.get("DIES"):
            os._exit(5)
        good = self.path == "/ping" or PARAMETERS
        self.answer(200 if good else 404, (PARAMETERS or "").encode())

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        print("asked", repr(body), self.headers["Content-Type"], self.headers["Accept"], flush=True)
        if "bad" in body:
            return self.answer(400, b"I will not\\nhave it")
        if "shaky" in body and Handler.broken < 2:
            Handler.broken += 1
            return self.answer(500, b"once more")
        if "broken" in body:
            return self.answer(500, b"never")
        self.answer(200, "\\n".join(f"{line} {WORD}" for line in body.splitlines()).encode())

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

http.server.HTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
"""


class OneModel:
    def __init__(self) -> None:
        self.environment = {"MODEL": "/opt/ml/model"}
        self.second: dict[str, str] = {}  # a second container's variables, where there is one

    def find(self, caller: Caller, name: str) -> ModelContainer | None:
        assert caller == CALLER
        if name != "model":
            return None
        only = ModelContainer("image", f"s3://{BUCKET}/model.tar.gz", self.environment)
        if not self.second:
            return only
        second = replace(only, name="second", environment=self.environment | self.second)
        return replace(only, name="first", others=(second,))


@pytest.fixture
def model() -> OneModel:
    return OneModel()


@pytest.fixture
def cloud(model: OneModel, tmp_path: Path, python: str) -> Iterator[Cloud]:
    folder = tmp_path / "jobs"
    folder.mkdir()
    (tmp_path / "serve.py").write_text(SERVER, "utf-8")
    (tmp_path / "images.toml").write_text(REGISTRY.format(python=python), "utf-8")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("word")
        member.size = 2
        archive.addfile(member, io.BytesIO(b"ok"))
    with running_cloud(
        images=Images(tmp_path / "images.toml"), find_model=model.find, folder=folder
    ) as cloud:
        cloud.host.objects[BUCKET, "model.tar.gz"] = packed.getvalue()
        cloud.host.objects[BUCKET, "data/a.csv"] = b"1\n2\n3\n"
        yield cloud


def results(cloud: Cloud) -> dict[str, bytes]:
    return {key: body for (_, key), body in cloud.host.objects.items() if key.startswith("out/")}


def log(cloud: Cloud, ending: str = "") -> list[str]:
    return [
        line
        for (_, stream), lines in cloud.host.logs.items()
        for line in lines
        if stream.endswith("/data-log") == bool(ending)
    ]


def joined_by_line(**more: object) -> Document:
    return {"TransformOutput": {"S3OutputPath": f"s3://{BUCKET}/out", "AssembleWith": "Line", **more}}


def test_containers_of_a_model_answer_one_after_the_other(cloud: Cloud, model: OneModel) -> None:
    model.second = {"SECOND": "1"}
    job = run(cloud, KIND, transform() | joined_by_line(Accept="text/plain"))
    assert job["TransformJobStatus"] == "Completed"
    assert results(cloud) == {"out/a.csv.out": b"1 ok ok\n2 ok ok\n3 ok ok\n"}
    by_stream = {stream.rpartition("/")[2]: lines for (_, stream), lines in cloud.host.logs.items()}
    assert by_stream["first"] == ["asked '1\\n2\\n3\\n' None None"]
    assert by_stream["second"] == ["asked '1 ok\\n2 ok\\n3 ok' None text/plain"]


def test_a_container_that_dies_fails_the_job(cloud: Cloud, model: OneModel) -> None:
    model.second = {"DIES": "1"}
    job = run(cloud, KIND, transform())
    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: See job logs for more information"


def test_every_object_gets_its_answer(cloud: Cloud) -> None:
    cloud.host.objects[BUCKET, "data/deep/b.csv"] = b"4\n"
    job = run(cloud, KIND, transform() | joined_by_line(Accept="text/plain"))
    assert job["TransformJobStatus"] == "Completed"
    assert results(cloud) == {"out/a.csv.out": b"1 ok\n2 ok\n3 ok\n", "out/deep/b.csv.out": b"4 ok\n"}
    assert log(cloud) == ["asked '1\\n2\\n3\\n' None text/plain", "asked '4\\n' None text/plain"]
    assert log(cloud, "data")[0].endswith(
        "[sagemaker logs]: MaxConcurrentTransforms=1, MaxPayloadInMB=6, BatchStrategy=MULTI_RECORD"
    )
    assert statuses(cloud, KIND) == ["InProgress", "Completed"]
    assert {group for group, _ in cloud.host.logs} == {"/aws/sagemaker/TransformJobs"}


def test_single_records(cloud: Cloud) -> None:
    run(cloud, KIND, transform(BatchStrategy="SingleRecord") | joined_by_line())
    assert results(cloud) == {"out/a.csv.out": b"1 ok\n2 ok\n3 ok\n"}
    assert len(log(cloud)) == 3


def test_the_model_says_how_it_wants_to_be_asked(cloud: Cloud, model: OneModel) -> None:
    model.environment["PARAMETERS"] = '{"MaxConcurrentTransforms": 4, "BatchStrategy": "SINGLE_RECORD"}'
    run(cloud, KIND, transform())
    assert results(cloud) == {"out/a.csv.out": b"1 ok2 ok3 ok"}
    assert "MaxConcurrentTransforms=4" in log(cloud, "data")[0]


def test_compressed_input(cloud: Cloud) -> None:
    cloud.host.objects[BUCKET, "data/a.csv"] = gzip.compress(b"1\n")
    request = transform()
    assert isinstance(request["TransformInput"], dict)
    request["TransformInput"]["CompressionType"] = "Gzip"
    run(cloud, KIND, request)
    assert results(cloud) == {"out/a.csv.out": b"1 ok"}


def test_what_breaks_once_is_asked_again(cloud: Cloud) -> None:
    cloud.host.objects[BUCKET, "data/a.csv"] = b"shaky\n"
    assert run(cloud, KIND, transform())["TransformJobStatus"] == "Completed"
    assert len(log(cloud)) == 3


@pytest.mark.parametrize(
    ("word", "blame", "times"), [("bad", "ClientError", 1), ("broken", "AlgorithmError", 2)]
)
def test_an_object_that_fails_fails_the_job_and_not_the_others(
    cloud: Cloud, word: str, blame: str, times: int
) -> None:
    cloud.host.objects[BUCKET, "data/0.csv"] = f"{word}\n".encode()
    job = run(cloud, KIND, transform(ModelClientConfig={"InvocationsMaxRetries": 1}))
    assert job["FailureReason"] == f"{blame}: See job logs for more information"
    assert results(cloud) == {"out/a.csv.out": b"1 ok\n2 ok\n3 ok"}
    assert len(log(cloud)) == times + 1
    assert any(
        line.endswith(f"bucket/data/0.csv: {blame}: {400 if times == 1 else 500}")
        for line in log(cloud, "data")
    )


def test_a_server_that_dies_fails_the_job(cloud: Cloud, model: OneModel) -> None:
    model.environment["DIES"] = "1"
    job = run(cloud, KIND, transform())
    assert job["FailureReason"] == "AlgorithmError: See job logs for more information"


def test_model_data_that_is_not_there(cloud: Cloud) -> None:
    del cloud.host.objects[BUCKET, "model.tar.gz"]
    assert "Unable to download object s3://bucket/model.tar.gz" in str(
        run(cloud, KIND, transform())["FailureReason"]
    )


def test_model_data_that_would_be_written_elsewhere(cloud: Cloud) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("../evil"), io.BytesIO())
    cloud.host.objects[BUCKET, "model.tar.gz"] = packed.getvalue()
    reason = str(run(cloud, KIND, transform())["FailureReason"])
    assert reason.startswith("ClientError: Failed to extract model data archive")
    assert reason.endswith("Its member '../evil' would lie outside the folder of the model.")


def test_a_stopped_job_uploads_nothing(cloud: Cloud) -> None:
    def stop() -> None:
        if cloud.host.logs:  # the server is there
            cloud.call("StopTransformJob", TransformJobName="job")

    for number in range(20):
        cloud.host.objects[BUCKET, f"data/{number}.csv"] = b"1\n"
    cloud.host.on_open = stop
    cloud.call("CreateTransformJob", **transform())
    assert await_end(cloud, KIND)["TransformJobStatus"] == "Stopped"
    assert results(cloud) == {}


def test_a_model_that_does_not_exist(cloud: Cloud) -> None:
    message = refusal(cloud, "CreateTransformJob", transform(ModelName="none"))
    assert message == f'Could not find model "{ARN}:model/none".'


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"DataCaptureConfig": {"DestinationS3Uri": "s3://b"}}, "DataCaptureConfig is not supported"),
        (
            {"DataProcessing": {"JoinSource": "Input"}},
            "TransformInput.ContentType must be text/csv, ",
        ),
        ({"DataProcessing": {"InputFilter": "1:"}}, "DataProcessing: '1:' is not a JSONPath such as $"),
        ({"DataProcessing": {"InputFilter": "$[?(@.a)]"}}, "DataProcessing: '$[?(@.a)]' is not a JSONPath"),
        ({"MaxPayloadInMB": 50, "MaxConcurrentTransforms": 3}, "must not exceed 100 MB"),
    ],
)
def test_what_is_refused(cloud: Cloud, more: Document, message: str) -> None:
    assert message in refusal(cloud, "CreateTransformJob", transform() | more)


def processed(content_type: str, split: str = "Line", **processing: str) -> Document:
    request = transform(DataProcessing=processing) | joined_by_line(Accept=content_type)
    assert isinstance(request["TransformInput"], dict)
    request["TransformInput"] |= {"ContentType": content_type, "SplitType": split}
    return request


@pytest.mark.parametrize("strategy", ["MultiRecord", "SingleRecord"])
def test_rows_are_joined_with_their_answers(cloud: Cloud, strategy: str) -> None:
    cloud.host.objects[BUCKET, "data/a.csv"] = b'id1,1,"x, y"\nid2,2,z\n'
    request = processed("text/csv", InputFilter="$[1]", JoinSource="Input", OutputFilter="$[0,-1]")
    job = run(cloud, KIND, request | {"BatchStrategy": strategy})
    assert job["TransformJobStatus"] == "Completed"
    assert results(cloud) == {"out/a.csv.out": b"id1,1 ok\nid2,2 ok\n"}
    asked = {"MultiRecord": ["'1\\n2\\n'"], "SingleRecord": ["'1'", "'2'"]}[strategy]
    assert log(cloud) == [f"asked {text} text/csv text/csv" for text in asked]


def test_an_answer_with_another_number_of_records_fails_the_object(cloud: Cloud) -> None:
    cloud.host.objects[BUCKET, "data/a.csv"] = b'"a\x0bb"\n'  # the model takes it for two lines
    job = run(cloud, KIND, processed("text/csv", JoinSource="Input"))
    assert job["FailureReason"] == "ClientError: See job logs for more information"
    assert results(cloud) == {}


def test_a_filter_that_selects_what_is_not_there_fails_the_object(cloud: Cloud) -> None:
    job = run(cloud, KIND, processed("text/csv", OutputFilter="$[7]"))
    assert job["FailureReason"] == "ClientError: See job logs for more information"
    assert "The filter selects list index out of range" in "\n".join(log(cloud, "data"))


def test_filters_that_change_nothing_are_accepted(cloud: Cloud) -> None:
    filters = {"InputFilter": "$", "OutputFilter": "$", "JoinSource": "None"}
    job = run(cloud, KIND, transform(DataProcessing=filters))
    assert (job["TransformJobStatus"], job["DataProcessing"]) == ("Completed", filters)


def several(**more: object) -> Document:
    return transform(TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 3}) | more


def test_several_instances_share_the_objects(cloud: Cloud) -> None:
    for number in range(8):
        cloud.host.objects[BUCKET, f"data/{number}.csv"] = f"{number}\n".encode()
    job = run(cloud, KIND, several() | joined_by_line())
    assert job["TransformJobStatus"] == "Completed"
    expected = {f"out/{number}.csv.out": f"{number} ok\n".encode() for number in range(8)}
    assert results(cloud) == expected | {"out/a.csv.out": b"1 ok\n2 ok\n3 ok\n"}
    streams = {stream for _, stream in cloud.host.logs}
    assert {stream.split("/")[1].rpartition("-")[0] for stream in streams if "data-log" in stream} == {
        f"i-{number:017x}" for number in range(3)
    }
    assert len(log(cloud)) == 9, "each object is transformed once"


def test_the_first_object_that_fails_is_the_reason_of_several_instances(cloud: Cloud) -> None:
    cloud.host.objects[BUCKET, "data/b.csv"] = b"bad"
    cloud.host.objects[BUCKET, "data/c.csv"] = b"broken"
    reason = "ClientError: See job logs for more information"
    assert run(cloud, KIND, several())["FailureReason"] == reason
    assert set(results(cloud)) == {"out/a.csv.out"}


def test_an_instance_whose_server_ends_fails_the_job(cloud: Cloud, model: OneModel) -> None:
    model.environment["DIES"] = "1"
    reason = "AlgorithmError: See job logs for more information"
    assert run(cloud, KIND, several())["FailureReason"] == reason
