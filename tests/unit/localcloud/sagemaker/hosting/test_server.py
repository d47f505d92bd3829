"""One server with a real process: how it ends, and what it says of that."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from localcloud.containers.container import Container, ContainerError, Image, Run
from localcloud.containers.http import Request
from localcloud.sagemaker.hosting.health import Timing, image_missing, ping_failed
from localcloud.sagemaker.hosting.server import (
    Images,
    LaunchSpecification,
    Server,
    ServerGoneError,
    ServerSettings,
    ThrottledError,
)
from localcloud.sagemaker.hosting.state import RoutingStrategy, Serverless, Variant
from localcloud.sagemaker.hosting.turn import (
    Event,
    InstanceCrashed,
    InstanceFailed,
    InstanceReady,
    InstanceStopped,
)
from localcloud.sagemaker.wire.model_container import ModelContainer
from localcloud.watch import WATCH
from tests.unit.localcloud.containers.places import eventually
from tests.unit.localcloud.sagemaker.cloud import CALLER, FakeHost
from tests.unit.localcloud.sagemaker.hosting.archive import archive
from tests.unit.localcloud.sagemaker.hosting.programs import images

ENDPOINT = "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/endpoint"


class Stage:
    """Starts servers, and hears what they report."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.images: Images = images(folder)
        self.host = FakeHost()
        self.host.objects["bucket", "model.tar.gz"] = archive({"version": b"v1"})
        self.events: list[Event] = []
        self.changed = threading.Condition()
        self.servers: list[Server] = []

    def start(
        self,
        program: str,
        *,
        startup_timeout: float = 60.0,
        url: str | None = None,
        serverless: Serverless | None = None,
    ) -> Server:
        container = ModelContainer(f"registry/{program}", url, {"GREETING": "hello"})
        variant = Variant("A", container, 1.0, 1, RoutingStrategy.RANDOM, 60.0, startup_timeout, serverless)
        settings = ServerSettings(
            self.images,
            self.folder,
            lambda: datetime.now(UTC),
            timing=Timing(starting=0.02, looking=0.05, pinging=0.1, grace=5.0, idle=0.2),
        )
        order = LaunchSpecification("i-1", variant, CALLER, "group", ENDPOINT)
        self.servers.append(Server(order, self.host.ports(CALLER), settings, self.report))
        return self.servers[-1]

    def report(self, event: Event) -> None:
        with self.changed:
            self.events.append(event)
            self.changed.notify_all()

    def wait_for(self, *events: Event) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.events) >= len(events), 20)
        assert self.events == list(events)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    yield stage
    for server in stage.servers:
        server.end(grace=1.0)


def test_a_server_that_never_answers_ping_fails_when_its_time_is_over(stage: Stage) -> None:
    stage.start("deaf", startup_timeout=0.2)
    stage.wait_for(InstanceFailed("i-1", ping_failed("A")))


def test_a_server_that_ends_by_itself_has_crashed(stage: Stage) -> None:
    stage.start("crash")
    stage.wait_for(InstanceCrashed("i-1"))
    assert stage.host.logs["group", "A/i-1"] == ["boom"]


def test_a_server_that_is_stopped_while_it_starts_says_so(stage: Stage) -> None:
    stage.start("deaf").stop()
    stage.wait_for(InstanceStopped("i-1"))


def test_a_server_that_is_stopped_takes_no_more_requests(stage: Stage) -> None:
    server = stage.start("serve", url="s3://bucket/model.tar.gz")
    stage.wait_for(InstanceReady("i-1"))
    assert server.send(Request("POST", "/invocations", 10.0, 1000, body=b"1")).status == 200
    server.stop()
    server.stop()
    with pytest.raises(ServerGoneError):
        server.send(Request("POST", "/invocations", 10.0, 1000, body=b"1"))
    stage.wait_for(InstanceReady("i-1"), InstanceStopped("i-1"))
    assert server.outstanding == 0


class BrokenImages:
    """Images that cannot be found, or not be started."""

    def __init__(
        self, *, not_found: BaseException | None = None, not_started: Exception | None = None
    ) -> None:
        self._not_found = not_found
        self._not_started = not_started

    def require(self, image_uri: str, is_wanted: Callable[[], bool]) -> Image:
        if self._not_found:
            raise self._not_found
        return self

    def start(self, run: Run) -> Container:
        assert self._not_started
        raise self._not_started


def test_an_image_that_is_not_there_fails_with_the_reason(stage: Stage) -> None:
    stage.images = BrokenImages(not_found=ContainerError("Nobody has it."))
    stage.start("serve")
    stage.wait_for(InstanceFailed("i-1", f"{image_missing('A')} Nobody has it."))


def test_a_container_that_cannot_be_started_fails_with_the_reason(stage: Stage) -> None:
    stage.images = BrokenImages(not_started=ContainerError("It has no command 'serve'."))
    stage.start("serve")
    stage.wait_for(InstanceFailed("i-1", f"{ping_failed('A')} It has no command 'serve'."))


def test_an_error_of_ours_is_reported_and_leaves_nobody_waiting(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    stage.images = BrokenImages(not_found=RuntimeError("a defect"))
    stage.start("serve")
    stage.wait_for(InstanceFailed("i-1", "An internal error occurred; see the local cloud's log."))
    assert "a defect" in caplog.text


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_server_whose_thread_ends_too_early_has_crashed(stage: Stage) -> None:
    """Its endpoint would wait for ever."""
    stage.images = BrokenImages(not_found=SystemExit())
    thread = stage.start("serve")._thread
    thread.join(20)
    assert stage.events == []
    WATCH.look()
    stage.wait_for(InstanceCrashed("i-1"))
    WATCH.look()
    assert not [row for row in WATCH.rows() if row["name"] == "server-i-1"]


URL = "s3://bucket/model.tar.gz"
ASKED = Request("POST", "/invocations", 20.0, 1000, {}, b"1")


def test_a_serverless_server_ends_its_container_when_it_is_idle_and_starts_it_again(stage: Stage) -> None:
    server = stage.start("serve", url=URL, serverless=Serverless(5, is_kept_warm=False, members={}))
    stage.wait_for(InstanceReady("i-1"))
    assert server.send(ASKED).status == 200
    eventually(lambda: server._containers is None)
    eventually(lambda: not list(stage.folder.glob("i-1-*/*")))  # no model of each start is left
    answer = server.send(ASKED)
    assert answer.status == 200
    assert stage.events == [InstanceReady("i-1")] * 2
    eventually(lambda: stage.host.logs["group", "A/i-1"] == ["serving v1 hello eu-west-1"] * 2)
    eventually(lambda: server._containers is None)
    server.stop()
    stage.wait_for(*[InstanceReady("i-1")] * 2, InstanceStopped("i-1"))


def test_a_serverless_server_takes_no_more_requests_than_it_may(stage: Stage) -> None:
    server = stage.start("serve", url=URL, serverless=Serverless(1, is_kept_warm=True, members={}))
    stage.wait_for(InstanceReady("i-1"))
    with server._serving(), pytest.raises(ThrottledError):
        server.send(ASKED)
    assert server.send(ASKED).status == 200


def test_a_serverless_server_that_is_kept_warm_keeps_its_container(stage: Stage) -> None:
    server = stage.start("serve", url=URL, serverless=Serverless(1, is_kept_warm=True, members={}))
    stage.wait_for(InstanceReady("i-1"))
    time.sleep(0.5)
    assert server._containers is not None
