"""Each container is fresh: nothing that a program writes or installs is there for the next one."""

import socket
import sys
import zipfile
from pathlib import Path

import pytest

from localcloud.containers.container import Run
from localcloud.containers.isolation import Isolation
from localcloud.containers.program import ProgramImage
from localcloud.containers.python import find_python
from localcloud.containers.registry import Entry
from localcloud.containers.supervisor.layers import copy
from tests.unit.localcloud.containers.places import MINUTE, skip_unless

HOST = "algo-1"
WRITES = """
import pathlib, tempfile
for folder in (pathlib.Path(), pathlib.Path(tempfile.gettempdir())):
    (folder / "scratch").mkdir()
    (folder / "scratch" / "file").write_text("written")
data = pathlib.Path("data/numbers")
assert data.read_text() == "1 2 3"
data.write_text("4")
pathlib.Path("program.py").unlink()
print(sorted(str(path) for path in pathlib.Path().rglob("*") if path.parts[0] != "jobs"))
print(*pathlib.Path().glob("jobs/other"))
"""
WRITES_EVERYWHERE = """
import os
for folder in ("/tmp", "/var/tmp"):
    os.mkdir(folder + "/sagestep-scratch")
"""
INSTALLS = """
import importlib.util, subprocess, sys
assert importlib.util.find_spec("sagestep_wheel") is None
command = [sys.executable, "-m", "pip"] if sys.argv[1] == "module" else ["pip"]
subprocess.run([*command, "install", "--no-index", "--quiet", sys.argv[2]], check=True)
import pytest, sagestep_wheel  # what the image has is still there
subprocess.run(["wheel-tool"], check=True)
"""
RESOLVES = """
import os, socket
name = os.environ["HOSTNAME"]
print(name, socket.gethostname(), socket.gethostbyname(name), socket.gethostbyname("localhost"))
with socket.create_server((name, 0)) as listener:
    socket.create_connection((name, listener.getsockname()[1])).close()
"""


@pytest.fixture(params=Isolation, ids=lambda isolation: isolation.name)
def isolation(request: pytest.FixtureRequest) -> Isolation:
    wanted: Isolation = request.param
    skip_unless(wanted)
    return wanted


def container(folder: Path, isolation: Isolation, source: str, *arguments: str) -> str:
    """Run a program to its end in a container of its own; give its log."""
    image, place = folder / "image", folder / f"job-{len(list(folder.glob('job-*')))}"
    image.mkdir(exist_ok=True)
    (image / "program.py").write_text(source, "utf-8")
    (place / "ml").mkdir(parents=True)
    entry = Entry("*", image, sys.executable, {"train": ("python", "program.py")}, {})
    run = Run(
        command=("train", *arguments),
        environment={},
        ml_root=place / "ml",
        log=place / "log",
        host_name=HOST,
    )
    code = ProgramImage(entry, isolation=isolation).start(run).wait(MINUTE)
    log = (place / "log").read_text("utf-8")
    assert code == 0, log
    return log


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def image_with_data(folder: Path) -> Path:
    data = folder / "image" / "data"
    data.mkdir(parents=True)
    (data / "numbers").write_text("1 2 3", "utf-8")
    return data


def test_what_a_program_writes_ends_with_it(tmp_path: Path, isolation: Isolation) -> None:
    data = image_with_data(tmp_path)
    for _ in range(2):
        log = container(tmp_path, isolation, WRITES)
        assert log == "['data', 'data/numbers', 'scratch', 'scratch/file']\n\n"
    assert files(tmp_path / "image") == ["data", "data/numbers", "program.py"]
    assert (data / "numbers").read_text("utf-8") == "1 2 3"


def test_tmp_is_private(tmp_path: Path) -> None:
    skip_unless(Isolation.FOLDERS)
    for isolation in (Isolation.FOLDERS, Isolation.FULL, Isolation.FULL):
        container(tmp_path, isolation, WRITES_EVERYWHERE)


def test_a_folder_that_holds_the_jobs_is_copied_without_them(tmp_path: Path, isolation: Isolation) -> None:
    data = image_with_data(tmp_path)
    jobs = tmp_path / "image" / "jobs"
    (jobs / "ml").mkdir(parents=True)
    (jobs / "other").write_text("another job's", "utf-8")
    (tmp_path / "image" / "program.py").write_text(WRITES, "utf-8")
    entry = Entry("*", tmp_path / "image", sys.executable, {"train": ("python", "program.py")}, {})
    run = Run(command=("train",), environment={}, ml_root=jobs / "ml", log=jobs / "log")
    assert ProgramImage(entry, isolation=isolation).start(run).wait(MINUTE) == 0
    expected = "['data', 'data/numbers', 'scratch', 'scratch/file']\n\n"
    assert (jobs / "log").read_text("utf-8") == expected
    assert (data / "numbers").read_text("utf-8") == "1 2 3"


def wheel(folder: Path) -> Path:
    """Make a package of one module and one script, as pip installs it."""
    file = folder / "sagestep_wheel-1.0-py3-none-any.whl"
    script = "[console_scripts]\nwheel-tool = sagestep_wheel:main\n"
    information = {
        "METADATA": "Metadata-Version: 2.1\nName: sagestep-wheel\nVersion: 1.0\n",
        "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "entry_points.txt": script,
        "RECORD": "",
    }
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("sagestep_wheel.py", "def main():\n    print('the tool runs')\n")
        for name, text in information.items():
            archive.writestr(f"sagestep_wheel-1.0.dist-info/{name}", text)
    return file


def test_what_a_program_installs_ends_with_it(tmp_path: Path, isolation: Isolation) -> None:
    (tmp_path / "image").mkdir()
    wheel(tmp_path / "image")
    for how in ("module", "script"):  # python -m pip, and pip
        log = container(tmp_path, isolation, INSTALLS, how, "sagestep_wheel-1.0-py3-none-any.whl")
        assert log.endswith("the tool runs\n")


def test_a_script_of_the_images_environment_runs_in_the_containers(
    tmp_path: Path, isolation: Isolation
) -> None:
    (tmp_path / "image").mkdir()
    (tmp_path / "ml").mkdir()
    command = (str(Path(sys.executable).parent / "pip"), "--version")
    entry = Entry("*", tmp_path / "image", None, {"train": command}, {})
    run = Run(command=("train",), environment={}, ml_root=tmp_path / "ml", log=tmp_path / "log")
    assert ProgramImage(entry, isolation=isolation).start(run).wait(MINUTE) == 0
    assert f"(python {sys.version_info.major}.{sys.version_info.minor})" in (tmp_path / "log").read_text(
        "utf-8"
    )
    found = find_python(str(Path(sys.executable).parent / "python"))
    assert found is not None
    programs = found.environment(tmp_path / "environment")
    assert (programs / "pip").read_text("utf-8").startswith(f"#!{programs}/python")


def test_a_program_finds_itself_by_its_host_name(tmp_path: Path, isolation: Isolation) -> None:
    assert container(tmp_path, isolation, RESOLVES) == f"{HOST} {HOST} 127.0.0.1 127.0.0.1\n"
    with pytest.raises(socket.gaierror):
        socket.gethostbyname(HOST)


def test_a_copy_leaves_out_what_no_image_holds(tmp_path: Path) -> None:
    folder = tmp_path / "image"
    for name in (".git", "__pycache__", "environment", "inner/__pycache__", "inner/environment"):
        (folder / name).mkdir(parents=True)
    for name in ("environment", "inner/environment"):
        (folder / name / "pyvenv.cfg").touch()
    (tmp_path / "outside").write_text("outside", "utf-8")
    (folder / "inner" / "far").symlink_to("../../outside")
    (folder / "inner" / "near").symlink_to("../file")
    (folder / "file").write_text("inside", "utf-8")
    (folder / "file").chmod(0o755)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket"))
        copied = copy(folder, folder / "jobs" / "work")
    assert files(copied) == ["environment", "file", "inner", "inner/environment", "inner/far", "inner/near"]
    assert (copied / "environment").readlink() == folder / "environment"
    assert (copied / "inner" / "far").read_text("utf-8") == "outside"
    assert (copied / "inner" / "near").resolve() == copied / "file"
    assert (copied / "file").stat().st_mode & 0o777 == 0o755


def test_what_is_no_python_gives_no_environment() -> None:
    assert find_python("/bin/true") is None
    assert find_python("/nonexistent/python") is None
