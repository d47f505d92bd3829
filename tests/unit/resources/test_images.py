"""The registry of the programs that stand for images on the local cloud."""

import re
from pathlib import Path

import pytest

from localcloud.containers.registry import Entry, find_entry

from .conftest import CONTAINER, ROOT

REGISTRY = ROOT / "resources" / "images.toml"
REGISTRY_HOST = "123456789012.dkr.ecr.us-west-2.amazonaws.com"


@pytest.fixture
def entry() -> Entry:
    found = find_entry(REGISTRY, f"{REGISTRY_HOST}/sagestep-scikit:latest")
    assert found
    return found


def test_image_of_any_deployment_is_the_container_of_this_project(entry: Entry) -> None:
    assert entry.folder.resolve() == CONTAINER
    assert find_entry(REGISTRY, f"{REGISTRY_HOST}/my-own-prefix-scikit:2026-11") == entry


def test_other_images_are_not() -> None:
    assert find_entry(REGISTRY, f"{REGISTRY_HOST}/sagemaker-scikit-learn:1.2-1-cpu-py3") is None


def test_programs_exist_and_run_on_the_local_clouds_python(entry: Entry) -> None:
    assert set(entry.commands) == {"train", "serve", "entrypoint"}
    for python, program in entry.commands.values():
        assert python == "python"
        assert (entry.folder / program).is_file()
    assert entry.python
    assert Path(entry.python).parent.resolve() == ROOT / "localcloud" / ".venv" / "bin"


@pytest.mark.parametrize("package", ["scikit-learn", "reverse[-_]geocoder"])
def test_image_has_what_the_local_cloud_has(package: str) -> None:
    """A model that was trained by one release is not sure to be read by another, and places may differ."""
    pin = re.compile(rf"^{package}==([\d.]+)", re.MULTILINE)
    files = (CONTAINER / "requirements.txt", ROOT / "localcloud" / "requirements.lock")
    image, local = (pin.findall(file.read_text(encoding="utf-8")) for file in files)
    assert len(image) == 1
    assert image == local


def test_image_has_every_program(entry: Entry) -> None:
    dockerfile = (CONTAINER / "Dockerfile").read_text(encoding="utf-8")
    assert "COPY *.py ./" in dockerfile
    for name in ("train", "serve"):
        assert f"ln -s /opt/program/{entry.commands[name][1]} /usr/local/bin/{name}" in dockerfile
        assert (CONTAINER / entry.commands[name][1]).read_text(encoding="utf-8").startswith("#!")
