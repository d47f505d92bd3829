"""The worker as a real process."""

import os
import select
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from localcloud.geospatial.process import WorkerError, WorkerProcess
from localcloud.geospatial.task import Report, Task
from localcloud.geospatial.worker import work

PARENT = """
import sys
from localcloud.geospatial.process import WorkerProcess
from localcloud.geospatial.task import Task
WorkerProcess(Task(*sys.argv[1:])).wait()
"""


@pytest.fixture(scope="module")
def gazetteer_folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("gazetteer"))


def task(folder: Path, gazetteer_folder: str, content: str) -> Task:
    (folder / "input.csv").write_text(content, "utf-8")
    return Task(
        input_path=str(folder / "input.csv"),
        output_path=str(folder / "results_0.csv"),
        gazetteer_folder=gazetteer_folder,
        x_name="Longitude",
        y_name="Latitude",
    )


def test_a_process_geocodes_a_file(tmp_path: Path, gazetteer_folder: str) -> None:
    worker = WorkerProcess(task(tmp_path, gazetteer_folder, "Longitude,Latitude\n-149.89,61.21\n"))
    assert worker.wait() == Report(rows=1)
    header, row = (tmp_path / "results_0.csv").read_text("utf-8").splitlines()
    assert header.startswith("Longitude,Latitude,reverse_geo.address_number,")
    assert row == '-149.89,61.21,,USA,"Anchorage, Alaska, USA",Anchorage,,,Alaska,Valid Data'


def test_what_is_wrong_with_a_file_is_reported(tmp_path: Path, gazetteer_folder: str) -> None:
    report = work(task(tmp_path, gazetteer_folder, "lon,lat\n1,2\n"))
    assert report == Report(complaint="The file has no column 'Longitude'. Its columns are: lon, lat.")


def test_a_process_that_dies_is_no_report(tmp_path: Path, gazetteer_folder: str) -> None:
    worker = WorkerProcess(task(tmp_path, gazetteer_folder, "Longitude,Latitude\n"))
    worker.kill()
    with pytest.raises(WorkerError, match=f"code -{signal.SIGKILL.value}"):
        worker.wait()


def test_a_process_that_breaks_leaves_its_last_words(tmp_path: Path, gazetteer_folder: str) -> None:
    broken = task(tmp_path, gazetteer_folder, "Longitude,Latitude\n")
    Path(broken.input_path).unlink()
    with pytest.raises(WorkerError, match=r"code 1: FileNotFoundError: .*input\.csv"):
        WorkerProcess(broken).wait()


def test_a_process_ends_when_whoever_started_it_is_killed(tmp_path: Path, gazetteer_folder: str) -> None:
    """Its input is a pipe in which nothing ever comes: left alone, it would wait forever."""
    waiting = task(tmp_path, gazetteer_folder, "")
    pipe = Path(waiting.input_path)
    pipe.unlink()
    os.mkfifo(pipe)
    with subprocess.Popen([sys.executable, "-c", PARENT, *asdict(waiting).values()]) as parent:
        writing = os.open(pipe, os.O_WRONLY)  # Opens as soon as the worker opens the other end.
        parent.kill()
    try:
        ends = select.poll()
        ends.register(writing, select.POLLERR)
        assert ends.poll(60_000) == [(writing, select.POLLERR)], "the worker still holds the pipe"
    finally:
        os.close(writing)
