"""sagestep as a user installs it: a wheel in an environment of its own, and a project in another folder.

SAGESTEP_CLOUD_PYTHON names the checkout's environment of the local cloud, so that it is not installed again.
Of the checkout's packages it has those that the driver needs.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.stack import CLOUD_PYTHON, ROOT, free_port

pytestmark = pytest.mark.integration
_SOURCES = ("driver", "lambda_src", "localcloud", "resources", "terraform")
_FILES = ("LICENSE", "README.md", "pyproject.toml", "setup.py", "requirements-build.lock")
_NOT_SOURCES = shutil.ignore_patterns(".venv", "__pycache__", "*.egg-info", ".terraform", "build")


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel, and a folder with projects."""

    python: Path
    folder: Path
    port: int

    def run(self, *words: str, folder: str = "", expect: int = 0) -> str:
        """Run a program of the environment in a folder; returns all that it said."""
        environ = {
            name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAGESTEP_"))
        }
        for name in ("SAGESTEP_PROVIDER_MIRROR",):
            environ |= {name: os.environ[name]} if name in os.environ else {}
        environ |= {
            "SAGESTEP_CLOUD_PYTHON": str(CLOUD_PYTHON),
            "SAGESTEP_PORT": str(self.port),
            "COLUMNS": "160",
        }
        done = subprocess.run(
            words,
            cwd=self.folder / folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == expect, done.stdout
        assert "Traceback" not in done.stdout
        return done.stdout

    def invoke(self, *words: str, expect: int = 0) -> str:
        """Run a command in the project's folder."""
        return self.run(str(self.python), "-m", "invoke", *words, folder="churn", expect=expect)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sources, built = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("wheel")
    for name in _SOURCES:
        shutil.copytree(ROOT / name, sources / name, ignore=_NOT_SOURCES)
    for name in _FILES:
        shutil.copy(ROOT / name, sources)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", str(built), str(sources)], check=True)
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv/bin/python"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
    ]
    subprocess.run([*pip, str(wheel)], check=True)
    own = sysconfig.get_path("purelib", vars={"base": str(folder / "venv")})
    Path(own, "packages-of-the-checkout.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    found = Installed(python, folder, free_port())
    found.run(str(folder / "venv/bin/sagestep"), "new", "--project", "churn")
    return found


def test_the_wheel_carries_what_is_deployed_and_nothing_of_a_users(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    carried = {name.removeprefix("driver/installation/") for name in names}
    assert {
        "terraform/main.tf",
        "terraform/.terraform.lock.hcl",
        "terraform/modules/queue/main.tf",
        "lambda_src/start_pipeline/handler.py",
        "localcloud/requirements.lock",
        "localcloud/localstack/check.py",
        "requirements-build.lock",
        "driver/projects/scaffold/project/github/workflows/test.yml.in",
        "driver/manifests/schemas/pipeline.schema.json",
    } <= carried
    assert [name for name in names if ".venv" in name or "tfstate" in name or "__pycache__" in name] == []
    assert {name.partition("/")[0] for name in names if ".dist-info" not in name} == {"driver"}


def test_it_works_where_there_is_no_checkout(installed: Installed) -> None:
    said = installed.run(str(installed.python), "-c", "import driver.cli.command as it; print(it.__file__)")
    assert Path(said.strip()).is_relative_to(installed.folder)
    said = installed.run(str(installed.folder / "venv/bin/sagestep"), "status", expect=2)
    assert "There is no project here" in said


def test_a_new_project_has_all_tasks_and_no_mistake(installed: Installed) -> None:
    assert "run-pipeline" in installed.invoke("--list")
    assert "1 pipeline, 1 workflow, 1 function, 1 image: no mistake" in installed.invoke("validate")
    installed.invoke("new", "--function", "score")
    document = json.loads(installed.invoke("validate", "--json"))
    assert [one["file"] for one in document["warnings"]] == ["lambda_src/score/function.yaml"]
    said = installed.invoke("config")
    assert str(installed.folder / "churn/sagestep.toml") in said
