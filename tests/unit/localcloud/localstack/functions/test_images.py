"""Functions of container images: what the registry says of them, and what is made before the first use."""

from pathlib import Path

import pytest

from localcloud.localstack.functions.images import Configuration, ImageError, find_image, make_ready

WANTED = Configuration("r/mine:1", ("app.handler",))
ENTRY = """
[[image]]
uri = "*/mine:*"
folder = "mine"
python = "bin/python"
environment = {{ A = "1" }}
prepare = {{ command = ["sh", "-c", "{command}"], ready = "ready" }}
"""


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    file = tmp_path / "images.toml"
    file.write_text(ENTRY.format(command="echo no network; exit 3"))
    (tmp_path / "mine").mkdir()
    return file


def test_an_image_is_served_by_the_python_of_its_environment(registry: Path) -> None:
    image = find_image(registry, WANTED)
    assert image.handler == "app.handler"
    assert image.program[0] == str(registry.parent / "bin/python")
    assert image.variables == {"PYTHONDONTWRITEBYTECODE": "1", "A": "1"}
    client = Configuration("r/mine:1", ("app.handler",), ("python", "-m", "awslambdaric"), "/var/task")
    assert find_image(registry, client) == image


def test_an_environment_that_cannot_be_made_says_why(registry: Path) -> None:
    with pytest.raises(ImageError, match="no network"):
        make_ready(find_image(registry, WANTED), WANTED.uri)
    (registry.parent / "ready").touch()
    make_ready(find_image(registry, WANTED), WANTED.uri)


def test_what_is_wrong_with_the_registry_is_said(registry: Path) -> None:
    with pytest.raises(ImageError, match=r"no image\.yaml of the project"):
        find_image(None, WANTED)
    (registry.parent / "mine").rmdir()
    with pytest.raises(ImageError, match="does not exist"):
        find_image(registry, WANTED)
    registry.write_text("[[image]]\n")
    with pytest.raises(ImageError, match="must name uri and folder"):
        find_image(registry, WANTED)
