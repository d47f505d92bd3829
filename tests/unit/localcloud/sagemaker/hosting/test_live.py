"""Hosting with real processes, from CreateEndpoint to the end of its process."""

import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from localcloud.errors import ServiceError
from localcloud.sagemaker.hosting.health import Timing, image_missing, ping_failed
from localcloud.sagemaker.hosting.hosting import create
from tests.unit.localcloud.sagemaker.cloud import Document
from tests.unit.localcloud.sagemaker.hosting.account import Account
from tests.unit.localcloud.sagemaker.hosting.archive import archive
from tests.unit.localcloud.sagemaker.hosting.programs import images

TIMING = Timing(starting=0.02, looking=0.05, pinging=0.1, failures=2, grace=5.0)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Account]:
    work = tmp_path / "work"
    work.mkdir()
    hosting = create(
        images(tmp_path),
        work,
        lambda: datetime.now(UTC),
        timing=TIMING,
    )
    account = Account(hosting)
    for version in ("v1", "v2"):
        account.host.objects["bucket", f"{version}.tar.gz"] = archive({"version": version.encode()})
    try:
        yield account
    finally:
        hosting.close()
        assert not list(work.iterdir()), "a server has left its directory behind"


def define(account: Account, name: str, program: str = "serve", **variant: object) -> None:
    """Create a model and a configuration of the same name."""
    data = {"ModelDataUrl": f"s3://bucket/{name}.tar.gz"} if program == "serve" else {}
    container = {"Image": f"registry/{program}", "Environment": {"GREETING": f"hello {name}"}, **data}
    account.call("CreateModel", ModelName=name, PrimaryContainer=container)
    account.create_config(name, {"ModelName": name, **variant})


def deploy(account: Account, name: str, status: str = "IN_SERVICE") -> None:
    account.call("CreateEndpoint", EndpointName="endpoint", EndpointConfigName=name)
    account.wait_for_status(status)


def predict(account: Account, body: bytes = b"1") -> Document:
    answer = json.loads(account.invoke(body)["Body"])  # type: ignore[arg-type]
    assert isinstance(answer, dict)
    return answer


def predict_again(account: Account, is_right: Callable[[Document], bool]) -> Document:
    """Ask until a server answers, as a client does that tries again, and the answer is right."""
    pause = threading.Event()
    for _ in range(500):
        try:
            answer = predict(account)
        except ServiceError as error:
            assert error.code in {"ServiceUnavailable", "ModelError"}  # noqa: PT017
        else:
            if is_right(answer):
                return answer
        pause.wait(0.02)
    raise AssertionError("asked in vain")


def has_ended(pid: object) -> bool:
    try:
        os.kill(int(str(pid)), 0)
    except ProcessLookupError:
        return True
    return False


def test_an_endpoint_serves_is_updated_under_load_and_its_processes_end(live: Account) -> None:
    define(live, "v1")
    define(live, "v2", InitialInstanceCount=2)
    deploy(live, "v1")
    first = predict(live)
    assert first["version"] == "v1"
    answers: Counter[object] = Counter()
    over = threading.Event()

    def load() -> None:
        while not over.is_set():
            try:
                answers[predict(live)["version"]] += 1
            except ServiceError as error:
                answers[str(error)] += 1

    threads = [threading.Thread(target=load) for _ in range(3)]
    for thread in threads:
        thread.start()
    live.update("v2")
    live.wait_for_status("IN_SERVICE", times=2)
    over.set()
    for thread in threads:
        thread.join()
    assert set(answers) <= {"v1", "v2"}
    assert predict(live)["version"] == "v2"
    assert has_ended(first["pid"])
    second = predict(live)
    live.delete()
    live.wait_until_gone()
    assert has_ended(second["pid"])


def test_a_server_that_is_killed_is_started_again(live: Account) -> None:
    define(live, "v1")
    deploy(live, "v1")
    pid = predict(live)["pid"]
    os.kill(int(str(pid)), signal.SIGKILL)
    assert predict_again(live, lambda answer: answer["pid"] != pid)["version"] == "v1"
    assert live.describe()["EndpointStatus"] == "InService"


def test_a_server_that_becomes_unhealthy_is_replaced(live: Account) -> None:
    define(live, "v1")
    deploy(live, "v1")
    pid = predict(live, b"sicken")["pid"]
    predict_again(live, lambda answer: answer["pid"] != pid)
    assert has_ended(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, which only Linux has")
def test_a_server_that_hangs_is_replaced_while_requests_wait_for_it(live: Account) -> None:
    define(live, "v1")
    deploy(live, "v1")
    pid = predict(live)["pid"]
    began = time.monotonic()
    error = live.invocation_error(b"hang")
    assert (error.code, error.status) == ("ModelError", 424)
    assert time.monotonic() - began < 15, "it has waited for the time-out of the request"
    assert predict_again(live, lambda answer: answer["pid"] != pid)["version"] == "v1"
    assert has_ended(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, which only Linux has")
def test_a_server_that_computes_may_leave_pings_unanswered(live: Account) -> None:
    define(live, "v1")
    deploy(live, "v1")
    pid = predict(live)["pid"]
    assert predict(live, b"compute")["pid"] == pid
    assert predict(live)["pid"] == pid


def test_a_request_over_which_the_server_dies_is_a_model_error(live: Account) -> None:
    define(live, "v1")
    deploy(live, "v1")
    error = live.invocation_error(b"die")
    assert (error.code, error.status) == ("ModelError", 424)


def test_an_update_to_an_image_that_does_not_exist_rolls_back(live: Account) -> None:
    define(live, "v1")
    define(live, "bad", "unknown", InitialInstanceCount=2)
    deploy(live, "v1")
    live.update("bad")
    live.wait_for_status("IN_SERVICE", times=2)
    reason = str(live.describe()["FailureReason"])
    assert reason.startswith(f"{image_missing('A')} Requested image registry/unknown not found")
    assert predict(live)["version"] == "v1"


def test_a_server_that_crashes_again_and_again_fails_the_endpoint(live: Account) -> None:
    define(live, "bad", "crash")
    deploy(live, "bad", "FAILED")
    assert live.describe()["FailureReason"] == ping_failed("A")


def test_an_endpoint_that_is_being_created_ends_with_the_local_cloud(live: Account) -> None:
    define(live, "bad", "deaf")
    deploy(live, "bad", "CREATING")
    live.hosting.close()
    assert live.describe()["EndpointStatus"] == "Creating"


def test_model_data_that_is_missing_fails_the_endpoint(live: Account) -> None:
    define(live, "v9")
    deploy(live, "v9", "FAILED")
    reason = str(live.describe()["FailureReason"])
    assert reason.startswith('Failed to download model data for container "container_1"')


def test_what_a_server_prints_goes_to_cloudwatch(live: Account) -> None:
    define(live, "v1")
    deploy(live, "v1")
    (instance,) = live.endpoint.state.live.instances  # type: ignore[union-attr]
    live.delete()
    live.wait_until_gone()
    stream = ("/aws/sagemaker/Endpoints/endpoint", f"A/{instance.id}")
    assert "serving v1 hello v1 eu-west-1" in live.host.logs[stream]
