"""A local cloud that is stopped, as the driver meets it: with real processes and signals."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from driver.deployments.local_cloud import LocalCloud
from driver.host.processes import HostProcesses
from driver.model.exceptions import CloudBusyError
from driver.model.values import RunningCloud
from driver.settings.project import Project
from tests.integration.processes import linux
from tests.integration.stack import ROOT, free_port, installed_cloud

pytestmark = [pytest.mark.integration, linux]


class Folder:
    """A target's folder, and commands that come there one after the other."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.waits: list[str] = []

    def cloud(self, patience: float = 60) -> LocalCloud:
        processes = HostProcesses()
        return LocalCloud(
            self.directory,
            Project(ROOT),
            installed_cloud(),
            os.environ,
            processes,
            patience=patience,
            working=self._working,
        )

    @contextmanager
    def _working(self, text: str) -> Iterator[None]:
        self.waits.append(text)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    folder = Folder(tmp_path_factory.mktemp("local"))
    yield folder
    folder.cloud().stop()


@pytest.fixture
def running(folder: Folder) -> Iterator[RunningCloud]:
    """The cloud, which a test may leave stopped or ended."""
    folder.waits.clear()
    running = folder.cloud().find() or folder.cloud().start(free_port())
    yield running
    if not HostProcesses().has_ended(running.pid):
        os.kill(running.pid, signal.SIGCONT)


def test_one_that_is_stopped_for_a_while_is_waited_for(folder: Folder, running: RunningCloud) -> None:
    os.kill(running.pid, signal.SIGSTOP)
    threading.Timer(10, os.kill, (running.pid, signal.SIGCONT)).start()
    began = time.monotonic()
    assert folder.cloud().find() == running
    assert 9 < time.monotonic() - began < 50
    assert f"Process {running.pid} of the local cloud does not answer (state: stopped)" in folder.waits[0]


def test_one_that_stays_stopped_is_named_and_left_alone_until_it_is_to_be_ended(
    folder: Folder, running: RunningCloud
) -> None:
    os.kill(running.pid, signal.SIGSTOP)
    with pytest.raises(CloudBusyError, match="state: stopped"):
        folder.cloud(patience=1).find()
    with pytest.raises(CloudBusyError):
        folder.cloud().start(free_port())
    assert folder.cloud().find_process() == running.pid
    began = time.monotonic()
    folder.cloud().stop()
    assert HostProcesses().group(running.pid) == {}
    assert HostProcesses().is_port_free(running.port)
    assert folder.cloud().find() is None
    assert (
        time.monotonic() - began < 14
    )  # it was let go on to end cleanly, not killed after the time for that


def test_another_process_with_its_id_is_not_ended(folder: Folder, running: RunningCloud) -> None:
    record = folder.directory / "cloud.json"
    written = record.read_text()
    start = HostProcesses().start_time(running.pid)
    record.write_text(written.replace(f'"{start}"', '"1"'))
    folder.cloud().stop()
    assert not record.exists()
    assert not HostProcesses().has_ended(running.pid)
    record.write_text(written)
    assert folder.cloud().find() == running
