from collections.abc import Callable
from pathlib import Path

import pytest

from driver.host.environments import Environments
from driver.images.environments import ImageEnvironments

# Stands for a Python 3.27, its module venv, and pip within what that makes.
PYTHON = """#!/bin/sh
case "$*" in
  *-I*) echo 3.27.1 linux-x86_64 ;;
  *) mkdir -p "$3/bin"
     printf '#!/bin/sh\\necho "$@" >> "$0.calls"\\n' > "$3/bin/python"
     chmod +x "$3/bin/python" ;;
esac
"""
IMAGE = """title: Mine
uris: ["*/mine:*", "*/other:1"]
python: "3.27"
programs:
  train: [python, train.py]
  process: [python]
environment:
  A: "1"
"""

MakeImage = Callable[..., Path]


@pytest.fixture
def make_image(tmp_path: Path) -> MakeImage:
    """Write an image folder of a project."""

    def make(
        name: str = "mine", manifest: str = IMAGE, requirements: str = "numpy==2.0 --hash=sha256:00"
    ) -> Path:
        folder = tmp_path / "resources" / "images" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "image.yaml").write_text(manifest, "utf-8")
        (folder / "requirements.txt").write_text(requirements, "utf-8")
        (folder / "train.py").touch()
        return folder

    return make


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    program = tmp_path / "bin" / "python3.27"
    program.parent.mkdir()
    program.write_text(PYTHON, "utf-8")
    program.chmod(0o755)
    return {"PATH": f"{program.parent}:/usr/bin:/bin", "HOME": str(tmp_path), "AWS_PROFILE": "me"}


@pytest.fixture
def environments(tmp_path: Path, environ: dict[str, str]) -> ImageEnvironments:
    return ImageEnvironments(Environments(tmp_path / "environments", environ), environ)
