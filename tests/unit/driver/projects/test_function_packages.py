"""requirements.txt of functions: installed for the place where they run, and zipped."""

import io
import sys
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from driver.host.environments import Environments, Recipe
from driver.images.environments import ImageEnvironments
from driver.model.exceptions import EnvironmentNotReadyError, ManifestError
from driver.projects.function_packages import FunctionPackages, files_to_pack
from driver.terraform.packages import pack_installed
from tests.wheels import write_wheel

ENVIRON = {"PATH": "/usr/bin:/bin"}


@contextmanager
def working(_: str) -> Iterator[None]:
    yield


def zip_of(folder: Path) -> bytes:
    return pack_installed(files_to_pack(folder))


def this_python() -> Path:
    return Path(sys.executable)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "lambda_src/score"
    write_wheel(folder, "greeting", 'WORD = "hello"\n')
    (folder / "logging.py").write_text("raise SystemExit('pip must not import this')")
    (folder / "requirements.txt").write_text("--no-index\n./greeting-1.0-py3-none-any.whl\n")
    return folder


def packages(folder: Path, python: Callable[[], Path] | None = this_python) -> FunctionPackages:
    environments = Environments(folder.parents[1] / "environments", ENVIRON)
    return FunctionPackages(environments, ENVIRON, working, python)


def test_packages_are_installed_once_and_the_zip_is_the_same_each_time(folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    functions = {"score": folder, "without": folder.parent}
    assert packages(folder).archives(functions, zip_of, install=False) == {"score": None}
    with ThreadPoolExecutor() as pool:  # two commands at once make it once
        made = [pool.submit(packages(folder).archives, functions, zip_of, install=True) for _ in range(2)]
    found, same = (one.result()["score"] for one in made)
    assert found
    assert found == same
    content = found.read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == [
            "greeting-1.0.dist-info/METADATA",
            "greeting-1.0.dist-info/WHEEL",
            "greeting.py",
        ]
    assert sorted(folder.rglob("*")) == before  # nothing is written into the user's folder
    assert packages(folder).archives(functions, zip_of, install=False) == {"score": found}
    write_wheel(folder, "greeting", 'WORD = "bye"\n')
    assert packages(folder).archives(functions, zip_of, install=False) == {"score": None}
    images = ImageEnvironments(packages(folder).environments, ENVIRON)
    assert images.remove_unused() == []
    (folder / "requirements.txt").unlink()
    images.remove_unused()
    assert not found.exists()


class NoWheel(Environments):
    """An index that has no wheel of what is asked for."""

    words = ""

    def make(self, recipe: Recipe, user: str = "") -> Path:
        self.words = " ".join(recipe.installs[0])
        raise EnvironmentNotReadyError(
            "It cannot be made.", "ERROR: No matching distribution found for x", ""
        )


def test_on_aws_wheels_of_lambdas_linux_and_the_functions_python_are_asked_for(folder: Path) -> None:
    (folder / "function.yaml").write_text("runtime: python3.11\n")
    index = NoWheel(folder, ENVIRON)
    with pytest.raises(EnvironmentNotReadyError, match="function score cannot be installed") as raised:
        FunctionPackages(index, ENVIRON, working, None).archives({"score": folder}, zip_of, install=True)
    assert "no wheel of it for Lambda's python3.11 on Linux x86-64" in raised.value.next_step
    assert "--only-binary=:all:" in index.words
    assert "--python-version 3.11 --platform manylinux_2_26_x86_64" in index.words
    assert index.words.endswith("--platform manylinux2014_x86_64 --requirement requirements.txt")


NPM = """#!/bin/sh
if [ "$1" = --version ]; then echo "$VERSION"; exit; fi
echo "$@" >> "{said}"
mkdir -p node_modules/.bin node_modules/leftpad
cp package.json node_modules/leftpad/index.js
touch node_modules/.package-lock.json node_modules/.bin/leftpad
"""


@pytest.mark.parametrize(("place", "version"), [("local", ""), ("aws", "10.3.0"), ("aws", "9.9.9")])
def test_npm_installs_what_the_lock_says_for_where_a_function_in_node_js_runs(
    tmp_path: Path, place: str, version: str
) -> None:
    folder, said = tmp_path / "lambda_src/greet", tmp_path / "said"
    folder.mkdir(parents=True)
    (folder / "function.yaml").write_text("runtime: nodejs22.x\n")
    (folder / "package.json").write_text('{"dependencies": {"leftpad": "1"}}')
    (folder / "package-lock.json").write_text('{"packages": {"node_modules/leftpad": {"version": "1.0.0"}}}')
    (tmp_path / "npm").write_text(NPM.replace("$VERSION", version).replace("{said}", str(said)))
    (tmp_path / "npm").chmod(0o755)
    environ = {"PATH": f"{tmp_path}:{ENVIRON['PATH']}"}
    environments = Environments(tmp_path / "environments", environ)
    functions = FunctionPackages(environments, environ, working, this_python if place == "local" else None)
    if version == "9.9.9":
        with pytest.raises(EnvironmentNotReadyError, match=r"npm 9\.9\.9 cannot install for another system"):
            functions.archives({"greet": folder}, zip_of, install=True)
        return
    found = functions.archives({"greet": folder}, zip_of, install=True)["greet"]
    assert found
    with zipfile.ZipFile(found) as archive:
        assert archive.namelist() == ["node_modules/leftpad/index.js"]
    options = " --os=linux --cpu=x64 --libc=glibc" if place == "aws" else ""
    assert said.read_text().startswith("ci --omit=dev --ignore-scripts")
    assert said.read_text().strip().endswith(f"--no-update-notifier{options}")
    images = ImageEnvironments(environments, environ)
    assert images.remove_unused() == []
    (folder / "package-lock.json").unlink()
    images.remove_unused()
    assert not found.exists()


def test_without_npm_it_is_said_what_needs_it(tmp_path: Path) -> None:
    (tmp_path / "function.yaml").write_text("runtime: nodejs22.x\n")
    for name in ("package.json", "package-lock.json"):
        (tmp_path / name).write_text("{}")
    functions = FunctionPackages(Environments(tmp_path, {}), {"PATH": str(tmp_path)}, working, None)
    with pytest.raises(EnvironmentNotReadyError, match="needs the program npm"):
        functions.archives({"greet": tmp_path}, zip_of, install=True)


def test_what_would_be_built_here_is_refused_before_pip_runs(folder: Path) -> None:
    (folder / "requirements.txt").write_text("-e .\n")
    with pytest.raises(ManifestError, match=r"requirements\.txt:1: it would be built"):
        packages(folder).archives({"score": folder}, zip_of, install=True)
    assert packages(folder).archives({"score": folder}, zip_of, install=False) == {"score": None}
