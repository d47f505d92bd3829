"""Endpoints on the wire: real servers that come, answer, are replaced, die and go."""

import io
import json
import os
import signal
import subprocess
import tarfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, EventStreamError

from tests.integration.images import (
    IMAGE,
    NO_IMAGE,
    deployed_endpoint,
    endpoint_config,
    invoke,
    model,
    predict,
    read,
    runtime,
    settled_endpoint,
)
from tests.integration.machines import Stopwatch
from tests.integration.processes import linux, listeners, processes, programs
from tests.integration.saved_endpoints import copies, make_components
from tests.integration.sdk_programs import SDKS_PYTHON, surroundings
from tests.integration.stack import ROOT
from tests.integration.wire import ROLE, Cloud, eventually, refused, unique

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import ContainerDefinitionTypeDef

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def endpoint(cloud: Cloud) -> str:
    return deployed_endpoint(cloud, model(cloud, "weights", AS="endpoint"))


def test_an_endpoint_answers_with_its_model(cloud: Cloud, endpoint: str) -> None:
    answer = invoke(cloud, endpoint, "1,2", CustomAttributes="trace=1", Accept="application/json")
    assert answer["ContentType"] == "application/json"
    assert answer["InvokedProductionVariant"] == "all"
    told = json.loads(answer["Body"])
    assert (told["model"], told["given"], told["as"]) == ("weights", "1,2", "endpoint")


def test_what_the_model_refuses_is_a_model_error_with_its_words(cloud: Cloud, endpoint: str) -> None:
    with pytest.raises(Exception, match=r"server error \(500\) from primary with message .no good") as raised:
        invoke(cloud, endpoint, "fail")
    response = raised.value.response  # type: ignore[attr-defined]  # botocore's
    assert response["Error"]["Code"] == "ModelError"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert (response["OriginalStatusCode"], response["OriginalMessage"]) == (500, "no good")


def test_an_answer_is_streamed(cloud: Cloud, endpoint: str) -> None:
    answer = runtime(cloud).invoke_endpoint_with_response_stream(EndpointName=endpoint, Body=b"stream")
    assert answer["InvokedProductionVariant"] == "all"
    assert [event["PayloadPart"]["Bytes"] for event in answer["Body"]] == [b"one", b"two"]


def test_a_stream_that_breaks_off_is_an_exception(cloud: Cloud) -> None:
    endpoint = deployed_endpoint(cloud, model(cloud, "weights"))
    answer = runtime(cloud).invoke_endpoint_with_response_stream(EndpointName=endpoint, Body=b"break")
    with closing(answer["Body"]) as body, pytest.raises(EventStreamError, match="broke off"):
        list(body)


def test_an_asynchronous_endpoint_answers_by_s3_and_sns(cloud: Cloud) -> None:
    bucket, topic, queue = (
        cloud.bucket(),
        cloud.sns.create_topic(Name=unique("topic"))["TopicArn"],
        cloud.queue(),
    )
    cloud.let("sns", cloud.queue_arn(queue))
    cloud.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=cloud.queue_arn(queue))
    topics = {"SuccessTopic": topic, "ErrorTopic": topic}
    output = {"S3OutputPath": f"s3://{bucket}/out", "S3FailurePath": f"s3://{bucket}/failed"}
    config = {"OutputConfig": {**output, "NotificationConfig": topics}}
    endpoint = deployed_endpoint(cloud, model(cloud, "weights"), AsyncInferenceConfig=config)
    cloud.s3.put_object(Bucket=bucket, Key="good", Body=b"1,2")
    cloud.s3.put_object(Bucket=bucket, Key="bad", Body=b"fail")
    for key in ("good", "bad"):
        answer = runtime(cloud).invoke_endpoint_async(
            EndpointName=endpoint, InputLocation=f"s3://{bucket}/{key}", ContentType="text/csv"
        )
        message = json.loads(cloud.receive(queue)["Message"])
        assert message["inferenceId"] == answer["InferenceId"]
        if key == "good":
            assert json.loads(read(cloud, answer["OutputLocation"]))["given"] == "1,2"
            assert message["responseParameters"]["outputLocation"] == answer["OutputLocation"]
        else:
            assert read(cloud, answer["FailureLocation"]) == b"no good"
            assert message["failureReason"].startswith("ClientError: Received server error (500) from model.")
    with refused("ValidationError", "does not support this inference type"):
        invoke(cloud, endpoint, "1")


def serial_model(cloud: Cloud, *names: str, **members: Any) -> str:
    """Make a model of containers, each told its name."""
    described = cloud.sagemaker.describe_model(ModelName=model(cloud, "weights"))["PrimaryContainer"]
    name = unique("model")
    cloud.sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn=ROLE,
        Containers=[{**described, "ContainerHostname": one, "Environment": {"AS": one}} for one in names],
        **members,
    )
    return name


def test_containers_of_a_model_answer_one_after_the_other_and_are_replaced(cloud: Cloud) -> None:
    endpoint = deployed_endpoint(cloud, serial_model(cloud, "echo", "second", "third"))
    answer = predict(cloud, endpoint, "1,2")
    assert answer["as"] == "third"
    inner = json.loads(answer["given"])
    assert (inner["as"], inner["given"]) == ("second", "1,2")
    with pytest.raises(ClientError, match=r"server error \(500\) from second with message .no good"):
        invoke(cloud, endpoint, "fail")
    with pytest.raises(ClientError, match=r"server error \(0\) from second with message"):
        invoke(cloud, endpoint, "die")
    eventually(lambda: answers(cloud, endpoint))
    group = f"/aws/sagemaker/Endpoints/{endpoint}"
    streams = cloud.logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert {item["logStreamName"].rpartition("/")[2] for item in streams} == {"echo", "second", "third"}


def answers(cloud: Cloud, endpoint: str) -> bool:
    """Tell whether an endpoint has a server."""
    try:
        return bool(predict(cloud, endpoint, "1"))
    except ClientError:
        return False


def test_a_container_of_a_model_is_asked_by_its_name(cloud: Cloud) -> None:
    direct = {"InferenceExecutionConfig": {"Mode": "Direct"}}
    endpoint = deployed_endpoint(cloud, serial_model(cloud, "first", "second", **direct))
    for name in ("first", "second"):
        assert json.loads(invoke(cloud, endpoint, "1", TargetContainerHostname=name)["Body"])["as"] == name
    with refused("ValidationError", "TargetContainerHostname must be given"):
        invoke(cloud, endpoint, "1")
    with refused("ValidationError", "no container with the host name third"):
        invoke(cloud, endpoint, "1", TargetContainerHostname="third")


def test_two_inference_components_share_an_endpoint(cloud: Cloud) -> None:
    endpoint, components = make_components(cloud, "one", "two")
    for name, component in components.items():
        told = json.loads(invoke(cloud, endpoint, "1", InferenceComponentName=component)["Body"])
        assert (told["model"], told["as"]) == (name, name)
    with refused("ValidationError", "Inference Component Name header is required"):
        invoke(cloud, endpoint, "1")
    cloud.sagemaker.update_inference_component_runtime_config(
        InferenceComponentName=components["two"], DesiredRuntimeConfig={"CopyCount": 0}
    )
    eventually(lambda: copies(cloud, components["two"]), (0).__eq__, 60)
    with refused("ValidationError", "has no capacity to process this request"):
        invoke(cloud, endpoint, "1", InferenceComponentName=components["two"])
    with refused("ValidationException", "Delete its inference components first"):
        cloud.sagemaker.delete_endpoint(EndpointName=endpoint)
    for component in components.values():
        cloud.sagemaker.delete_inference_component(InferenceComponentName=component)
    listed = cloud.sagemaker.list_inference_components
    eventually(lambda: not listed(EndpointNameEquals=endpoint)["InferenceComponents"], seconds=60)
    cloud.sagemaker.delete_endpoint(EndpointName=endpoint)


def test_a_serverless_endpoint_answers(cloud: Cloud) -> None:
    config, endpoint = unique("config"), unique("endpoint")
    serverless: Any = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    variant: Any = {
        "VariantName": "all",
        "ModelName": model(cloud, "weights"),
        "ServerlessConfig": serverless,
    }
    cloud.sagemaker.create_endpoint_config(EndpointConfigName=config, ProductionVariants=[variant])
    cloud.sagemaker.create_endpoint(EndpointName=endpoint, EndpointConfigName=config)
    assert settled_endpoint(cloud, endpoint) == "InService"
    assert predict(cloud, endpoint, "1,2")["given"] == "1,2"
    [described] = cloud.sagemaker.describe_endpoint(EndpointName=endpoint)["ProductionVariants"]
    assert described["CurrentServerlessConfig"] == serverless


def test_the_sdk_deploys_a_pipeline_model_and_asynchronous_and_serverless_endpoints(
    cloud: Cloud, tmp_path: Path
) -> None:
    container = cloud.sagemaker.describe_model(ModelName=model(cloud, "weights"))["PrimaryContainer"]
    found = tmp_path / "found.json"
    variables = {"PROGRAM_IMAGE": container["Image"], "PROGRAM_MODEL": container["ModelDataUrl"]}
    done = subprocess.run(
        [str(SDKS_PYTHON), "-m", "tests.sdks.endpoints", str(found)],
        cwd=ROOT,
        env=surroundings(cloud) | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    answers = {name: json.loads(text) for name, text in json.loads(found.read_text()).items()}
    assert {name: (one["as"], one["given"]) for name, one in answers.items()} == {
        "serial": ("second", "1,2"),
        "late": ("late", "1,2"),
        "small": ("small", "1,2"),
    }


def test_requests_are_captured(cloud: Cloud) -> None:
    bucket = cloud.bucket()
    capture = {
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{bucket}/captured",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
    }
    endpoint = deployed_endpoint(cloud, model(cloud, "weights"), DataCaptureConfig=capture)
    invoke(cloud, endpoint, "1,2")
    (found,) = eventually(lambda: cloud.s3.list_objects_v2(Bucket=bucket).get("Contents", []))
    assert found["Key"].startswith(f"captured/{endpoint}/all/")
    line = json.loads(read(cloud, f"s3://{bucket}/{found['Key']}"))
    assert line["captureData"]["endpointInput"]["data"] == "1,2"


def test_what_cannot_be_invoked_is_refused(cloud: Cloud, endpoint: str) -> None:
    with refused("ValidationError", "Endpoint nobody of account 000000000000 not found."):
        invoke(cloud, "nobody", "1")
    with refused("ValidationError", "Variant other not found"):
        invoke(cloud, endpoint, "1", TargetVariant="other")


def test_the_servers_output_is_logged(cloud: Cloud, endpoint: str) -> None:
    group = f"/aws/sagemaker/Endpoints/{endpoint}"

    def messages() -> list[str]:
        return [event["message"] for event in cloud.logs.filter_log_events(logGroupName=group)["events"]]

    eventually(messages, ["serving"].__eq__)


def test_an_image_that_is_nowhere_fails_the_endpoint(cloud: Cloud) -> None:
    name, config = unique("endpoint"), endpoint_config(cloud, model(cloud, "weights", image=NO_IMAGE))
    cloud.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
    assert settled_endpoint(cloud, name) == "Failed"
    reason = cloud.sagemaker.describe_endpoint(EndpointName=name)["FailureReason"]
    assert NO_IMAGE in reason
    cloud.sagemaker.delete_endpoint(EndpointName=name)


def test_an_update_under_load_loses_no_request(cloud: Cloud) -> None:
    name = deployed_endpoint(cloud, model(cloud, "old"))
    seen: list[str] = []
    failed: list[Exception] = []
    over = threading.Event()

    def load() -> None:
        while not over.is_set():
            try:
                seen.append(predict(cloud, name, "1")["model"])
            except Exception as error:
                failed.append(error)

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        config = endpoint_config(cloud, model(cloud, "new"))
        cloud.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config)
        assert settled_endpoint(cloud, name) == "InService"
        count = len(seen)
        eventually(lambda: len(seen) > count + 20)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert failed == []
    assert seen[0] == "old"
    assert set(seen[count:]) == {"new"}
    cloud.sagemaker.delete_endpoint(EndpointName=name)


def test_an_archive_that_would_write_elsewhere_fails_the_endpoint(cloud: Cloud) -> None:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as opened:
        link = tarfile.TarInfo("inside")
        link.type, link.linkname = tarfile.SYMTYPE, "../../.."
        opened.addfile(link)
        opened.addfile(tarfile.TarInfo("inside/escaped"), io.BytesIO())
    bucket, name = cloud.bucket(), unique("model")
    cloud.s3.put_object(Bucket=bucket, Key="model.tar.gz", Body=archive.getvalue())
    container: ContainerDefinitionTypeDef = {"Image": IMAGE, "ModelDataUrl": f"s3://{bucket}/model.tar.gz"}
    cloud.sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)
    config = endpoint_config(cloud, name)
    cloud.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
    assert settled_endpoint(cloud, name) == "Failed"
    reason = cloud.sagemaker.describe_endpoint(EndpointName=name)["FailureReason"]
    assert reason.startswith("Failed to extract model data archive for container")
    assert reason.endswith("Its member 'inside' is a symbolic link.")
    # Folders of containers that end meanwhile may go while they are looked through.
    assert not any("escaped" in files for _, _, files in os.walk(cloud.folder))
    cloud.sagemaker.delete_endpoint(EndpointName=name)


def another_server(cloud: Cloud, endpoint: str, first: str) -> str:
    """Ask until another server answers than the one with this home; give the home of that."""

    def home() -> str | None:
        try:
            home: str = predict(cloud, endpoint, "1")["home"]
        except cloud.sagemaker.exceptions.ClientError:
            return None
        return home

    return str(eventually(home, lambda home: home not in {None, first}, seconds=40))


@linux
def test_a_server_that_dies_is_replaced_and_deleting_ends_it(cloud: Cloud) -> None:
    name = deployed_endpoint(cloud, model(cloud, "weights"))
    first = predict(cloud, name, "1")["home"]
    [server] = programs(first)
    os.kill(server, signal.SIGKILL)
    second = another_server(cloud, name, first)
    assert cloud.sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "InService"
    cloud.sagemaker.delete_endpoint(EndpointName=name)
    eventually(lambda: not processes(Path(second)))
    with refused("ValidationError", "not found"):
        invoke(cloud, name, "1")


@linux
def test_a_server_that_is_stopped_is_replaced_while_requests_wait(cloud: Cloud) -> None:
    name = deployed_endpoint(cloud, model(cloud, "weights"))
    first = predict(cloud, name, "1")["home"]
    [server] = programs(first)
    os.kill(server, signal.SIGSTOP)
    watch = Stopwatch.start()
    with ThreadPoolExecutor(2) as threads:
        waiting = [threads.submit(predict, cloud, name, "1") for _ in range(2)]
        errors = [each.exception() for each in waiting]
    assert watch.seconds() < 40, "they waited until their own time was over"
    assert all("ModelError" in str(error) for error in errors), errors
    another_server(cloud, name, first)
    assert cloud.sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "InService"
    cloud.sagemaker.delete_endpoint(EndpointName=name)


@linux
def test_nobody_but_the_local_cloud_reaches_a_server(cloud: Cloud, endpoint: str) -> None:
    """Neither another user nor a web page: nothing listens in the network of the machine."""
    [server] = programs(predict(cloud, endpoint, "1")["home"])
    network, ours = (Path(f"/proc/{pid}/ns/net").readlink() for pid in (server, os.getpid()))
    if network == ours:
        pytest.skip("this system has no network namespaces; docs/local-cloud.md says what this means")
    assert "127.0.0.1" in listeners(server)
