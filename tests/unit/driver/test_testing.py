"""The plugin of pytest, without a cloud; tests/integration/test_own_work.py has one."""

from pathlib import Path

import pytest

from tests.plugin import run_pytest

USES = "def test_it(local_cloud):\n    pass\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/sagestep.toml").write_text('name_prefix = "mine"\n')
    (tmp_path / "mine/pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    (tmp_path / "mine/test_mine.py").write_text(USES)
    return tmp_path / "mine"


def test_pytest_finds_the_fixtures_and_the_option_by_the_entry_point(project: Path, tmp_path: Path) -> None:
    said = run_pytest(project, tmp_path / "installed", "--fixtures", "--help").stdout
    assert "--sagestep-project=FOLDER" in said
    said = run_pytest(project, tmp_path / "again", "--fixtures").stdout
    for fixture in ("local_cloud", "deployed"):
        assert f"{fixture} [session scope] -- " in said


def test_whoever_uses_no_fixture_pays_for_no_import(project: Path, tmp_path: Path) -> None:
    (project / "test_mine.py").write_text(
        "import sys\n\ndef test_it():\n    assert not {'boto3', 'rich', 'driver.api'} & set(sys.modules)\n"
    )
    done = run_pytest(project, tmp_path / "installed")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("words", "environ", "why"),
    [
        (("--sagestep-project", "none"), {}, "There is no project here."),
        (
            (),
            {"SAGESTEP_CLOUD_PYTHON": "/none/python"},
            "There is no /none/python, which the setting cloud_p",
        ),
    ],
)
def test_a_cloud_that_cannot_be_had_is_told_without_a_traceback(
    project: Path, tmp_path: Path, words: tuple[str, ...], environ: dict[str, str], why: str
) -> None:
    done = run_pytest(project, tmp_path / "installed", *words, environ=environ)
    assert why in done.stdout
    assert "1 error" in done.stdout
    assert "Traceback" not in done.stdout
    assert "driver/" not in done.stdout


TASKS = """
from pathlib import Path
from invoke import task

@task
def up(_, yes=False):
    write("up")
    if Path("broken").exists():
        print("✗ It cannot be deployed.")
        raise SystemExit(1)

@task
def greet(_, name):
    print(f"Good day, {name}.")

def write(word):
    with Path("log").open("a") as log:
        log.write(f"{word}\\n")
"""
WITHOUT_A_CLOUD = """
import os
from types import SimpleNamespace
import pytest
from driver.testing import LocalCloud

class Running:
    def find_process(self):
        return 1

@pytest.fixture(scope="session")
def _sagestep(pytestconfig):
    context = SimpleNamespace(local_cloud=Running())
    yield LocalCloud(pytestconfig.rootpath, os.environ, context), context
    with (pytestconfig.rootpath / "log").open("a") as log:
        log.write("stopped\\n")
"""


@pytest.fixture
def deploying(project: Path) -> Path:
    (project / "tasks.py").write_text(TASKS)
    (project / "conftest.py").write_text(WITHOUT_A_CLOUD)
    return project


def test_a_project_is_deployed_once_and_its_cloud_stops_at_the_end(deploying: Path, tmp_path: Path) -> None:
    (deploying / "test_mine.py").write_text(
        "def test_it(deployed, request):\n"
        "    assert deployed.project.folder == request.config.rootpath\n"
        "    assert deployed.invoke('greet', '--name', 'Ada') == 'Good day, Ada.\\n'\n"
        "def test_wrong(deployed):\n"
        "    deployed.invoke('greet', expect=0)\n"
        "def test_expected(deployed):\n"
        "    deployed.invoke('greet', expect=1)\n"
    )
    done = run_pytest(deploying, tmp_path / "installed")
    assert "1 failed, 2 passed" in done.stdout
    assert "`invoke greet` ended with exit code 1, not 0:" in done.stdout
    assert "did not receive required positional arguments" in done.stdout
    assert (deploying / "log").read_text() == "up\nstopped\n"


def test_a_cloud_in_which_up_failed_is_stopped_and_the_error_is_told(deploying: Path, tmp_path: Path) -> None:
    (deploying / "broken").touch()
    (deploying / "test_mine.py").write_text("def test_it(deployed):\n    pass\n")
    done = run_pytest(deploying, tmp_path / "installed")
    assert "✗ It cannot be deployed." in done.stdout
    assert "Traceback" not in done.stdout
    assert (deploying / "log").read_text() == "up\nstopped\n"
