import time
from pathlib import Path

import pytest

from localcloud.containers.container import ContainerError
from localcloud.containers.images import Images
from localcloud.containers.isolation import Isolation

REGISTRY = """
[[image]]
uri = "host/mine:*"
folder = "."
[image.prepare]
command = ["/bin/sh", "-c", '''{script}''']
ready = "ready"
environment = {{ PATH = "/bin:/usr/bin", WORD = "x" }}
"""


def images(folder: Path, script: str) -> Images:
    registry = folder / "images.toml"
    registry.write_text(REGISTRY.format(script=script), "utf-8")
    return Images(registry, isolation=Isolation.NONE)


def test_it_is_prepared_once_before_its_first_use(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    found = images(tmp_path, f"echo $WORD >> {tmp_path}/calls; touch {ready}")
    found.require("host/mine:1")
    found.require("host/mine:2")
    assert (tmp_path / "calls").read_text("utf-8") == "x\n"


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ("echo first; echo The network is needed once.; exit 3", "The network is needed once."),
        ("exit 3", "the command ended with 3"),
        ("echo done", "cannot be prepared: done"),  # and yet there is no file
    ],
)
def test_where_that_fails_the_reason_has_the_last_lines(tmp_path: Path, script: str, text: str) -> None:
    with pytest.raises(ContainerError, match="The image host/mine:1 cannot be prepared") as raised:
        images(tmp_path, script).require("host/mine:1")
    assert text in str(raised.value)


def test_a_job_that_is_stopped_meanwhile_ends_it(tmp_path: Path) -> None:
    start = time.monotonic()
    with pytest.raises(ContainerError, match="not wanted any more"):
        images(tmp_path, "exec sleep 60").require("host/mine:1", lambda: time.monotonic() < start + 0.5)
    assert time.monotonic() < start + 20


def test_a_command_that_is_not_there(tmp_path: Path) -> None:
    registry = tmp_path / "images.toml"
    text = REGISTRY.format(script="").replace("/bin/sh", "/no/such/program")
    registry.write_text(text, "utf-8")
    with pytest.raises(ContainerError, match="No such file"):
        Images(registry, isolation=Isolation.NONE).require("host/mine:1")


@pytest.mark.parametrize(
    "prepare", ["1", "{}", "{ command = ['x'] }", "{ command = ['x'], ready = 'r', more = 1 }"]
)
def test_what_is_no_preparation_is_refused(tmp_path: Path, prepare: str) -> None:
    registry = tmp_path / "images.toml"
    registry.write_text(f"[[image]]\nuri = 'a'\nfolder = ''\nprepare = {prepare}\n", "utf-8")
    with pytest.raises(ContainerError, match="prepare must be a table"):
        Images(registry, isolation=Isolation.NONE).require("a")
