"""The image of this project: what runs without Docker and what its Dockerfile builds are the same."""

import re

import pytest

from driver.images.image import Image, read_image

from .conftest import CONTAINER, ROOT


@pytest.fixture
def image() -> Image:
    return read_image(CONTAINER)


def test_it_has_all_programs(image: Image) -> None:
    assert set(image.programs) == {"train", "serve", "process"}
    for python, program in image.programs.values():
        assert python == "python"
        assert (image.working_directory / program).is_file()


@pytest.mark.parametrize("package", ["numpy", "scipy", "reverse[-_]geocoder"])
def test_it_has_what_the_local_cloud_has(package: str, image: Image) -> None:
    """Otherwise a processing job might find other places than a geospatial job."""
    pin = re.compile(rf"^{package}==([\d.]+)", re.MULTILINE)
    assert image.requirements == CONTAINER / "requirements.lock"
    files = (image.requirements, ROOT / "localcloud" / "requirements.lock")
    own, local = (pin.findall(file.read_text(encoding="utf-8")) for file in files)
    assert len(own) == 1
    assert own == local


def test_the_dockerfile_has_every_program_and_what_it_copies_is_in_its_context(image: Image) -> None:
    dockerfile = image.dockerfile.read_text(encoding="utf-8")
    for name in ("train", "serve"):
        program = image.programs[name][1]
        assert f"ln -s /opt/program/{program} /usr/local/bin/{name}" in dockerfile
        assert (CONTAINER / program).read_text(encoding="utf-8").startswith("#!")
    copied = re.findall(r"^COPY (\S+) ", dockerfile, re.MULTILINE)
    context = (CONTAINER / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert copied == ["requirements.lock", "*.py"]
    assert context[0] == "*"
    assert {line.removeprefix("!") for line in context[1:]} == set(copied)
