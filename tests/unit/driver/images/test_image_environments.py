import subprocess
import sys
import time
import tomllib
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from driver.images.environments import ImageEnvironments
from driver.images.image import read_image, read_images
from driver.model.exceptions import EnvironmentNotReadyError
from driver.settings.project import INSTALLATION
from tests.unit.driver.images.conftest import IMAGE, MakeImage


def test_an_environment_is_made_of_the_python_and_the_packages(
    make_image: MakeImage, environments: ImageEnvironments
) -> None:
    image = read_image(make_image())
    assert environments.find(image) is None
    python = environments.make(image)
    builders, packages = Path(f"{python}.calls").read_text("utf-8").splitlines()
    assert builders.endswith("--require-hashes -r " + str(INSTALLATION / "requirements-build.lock"))
    assert "--require-hashes --build-constraint" in packages
    assert packages.endswith(f"--no-compile -r {image.requirements}")
    found = environments.find(image)
    assert found
    assert (found.version, found.users) == ("3.27.1", (str(image.folder),))


def test_packages_without_hashes_are_installed_all_the_same(
    make_image: MakeImage, environments: ImageEnvironments
) -> None:
    python = environments.make(read_image(make_image(requirements="numpy")))
    assert "--require-hashes" not in Path(f"{python}.calls").read_text("utf-8")


def test_other_packages_are_another_environment_and_the_old_one_can_be_removed(
    make_image: MakeImage, environments: ImageEnvironments
) -> None:
    old = environments.make(read_image(make_image()))
    new = environments.make(read_image(make_image(requirements="numpy==3")))
    assert old != new
    assert [kept.path for kept in environments.remove_unused()] == [old.parents[1]]
    assert new.exists()


def test_where_it_cannot_be_made_the_help_of_the_image_is_told(
    make_image: MakeImage, environments: ImageEnvironments, environ: dict[str, str]
) -> None:
    program = Path(environ["PATH"].partition(":")[0], "python3.27")
    program.write_text(program.read_text("utf-8").replace("*) mkdir", "*) exit 1; mkdir"), "utf-8")
    image = read_image(make_image(manifest=f"{IMAGE}help: Use the other index.\n"))
    with pytest.raises(EnvironmentNotReadyError) as raised:
        environments.make(image)
    assert raised.value.next_step.startswith("Use the other index.")


def test_of_a_removed_image_nothing_is_kept_and_of_a_broken_one_all(
    make_image: MakeImage, environments: ImageEnvironments
) -> None:
    folder = make_image()
    python = environments.make(read_image(folder))
    (folder / "image.yaml").write_text("title: [", "utf-8")
    assert environments.remove_unused() == []
    (folder / "image.yaml").unlink()
    environments.remove_unused()
    assert not python.exists()


def test_what_a_program_of_a_pipeline_runs_in_is_kept_as_long_as_it_is_asked_for(
    make_image: MakeImage, environments: ImageEnvironments, tmp_path: Path
) -> None:
    recipe = replace(environments.recipe(read_image(make_image())), name="count", content=b"sagemaker")
    for name in ("pipeline.py", "requirements.txt"):
        (tmp_path / name).touch()
    python = environments.environments.make(recipe, str(tmp_path))
    assert environments.remove_unused() == []
    (tmp_path / "requirements.txt").unlink()
    environments.remove_unused()
    assert not python.exists()


def test_the_local_cloud_is_told_all_of_an_image(
    make_image: MakeImage, environments: ImageEnvironments, tmp_path: Path
) -> None:
    image = read_image(make_image(manifest=IMAGE.replace('"1"', '"a \\"b\\" \\\\ ü\\x7f"')))
    file = tmp_path / "images.toml"
    environments.write_file(file, [image])
    assert file.stat().st_mode & 0o777 == 0o600
    first, second = tomllib.loads(file.read_text("utf-8"))["image"]
    assert (first["uri"], second["uri"]) == image.uris
    assert first["folder"] == str(image.folder)
    assert first["train"] == ["python", "train.py"]
    assert first["entrypoint"] == ["python"]
    assert "serve" not in first
    assert first["environment"] == {"A": 'a "b" \\ ü\x7f'}
    prepare = first["prepare"]
    assert prepare["command"] == [sys.executable, "-m", "driver.images", str(image.folder)]
    assert set(prepare["environment"]) == {"PATH", "HOME"}
    assert not Path(prepare["ready"]).exists()
    environments.make(image)
    assert Path(prepare["ready"]).exists()
    assert Path(first["python"]).exists()


def test_the_command_that_the_local_cloud_runs_makes_the_environment(
    make_image: MakeImage, environ: dict[str, str]
) -> None:
    folder = make_image()
    command = [sys.executable, "-m", "driver.images", str(folder)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Making a virtual environment of Python 3.27.1" in done.stdout
    assert list(Path(environ["HOME"], ".cache/sagestep/environments").glob("mine-*/sagestep.json"))


def test_it_ends_with_pip_when_it_is_terminated(make_image: MakeImage, environ: dict[str, str]) -> None:
    program = Path(environ["PATH"].partition(":")[0], "python3.27")
    program.write_text(program.read_text("utf-8").replace('"$0.calls"', '"$0.calls"; sleep 62.25'), "utf-8")
    folder = make_image()
    with subprocess.Popen([sys.executable, "-m", "driver.images", str(folder)], env=environ) as process:
        made = Path(environ["HOME"], ".cache/sagestep/environments")
        deadline = time.monotonic() + 30
        while not list(made.glob("mine-*/bin/python.calls")) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.terminate()
        assert process.wait(30) == 143
    assert list(made.glob("mine-*/")) == []
    commands = [running.info["cmdline"] for running in psutil.process_iter(["cmdline"])]
    assert ["sleep", "62.25"] not in commands


def test_its_errors_say_what_to_do(make_image: MakeImage, environ: dict[str, str]) -> None:
    folder = make_image(manifest=IMAGE.replace("3.27", "3.26"))
    command = [sys.executable, "-m", "driver.images", str(folder)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stderr.startswith("There is no Python 3.26 on this machine.\nInstall one")


def test_an_image_whose_python_is_missing_is_told_to_the_cloud_which_then_hears_why(
    make_image: MakeImage, environments: ImageEnvironments, tmp_path: Path
) -> None:
    image = read_image(make_image(manifest=IMAGE.replace("3.27", "3.26")))
    environments.write_file(tmp_path / "images.toml", [image])
    first, _ = tomllib.loads((tmp_path / "images.toml").read_text("utf-8"))["image"]
    assert not Path(first["prepare"]["ready"]).exists()
    with pytest.raises(EnvironmentNotReadyError):
        environments.make(image)


def test_every_image_of_ours_can_be_told(environments: ImageEnvironments, tmp_path: Path) -> None:
    images = read_images(Path(__file__).resolve().parents[4] / "resources" / "images")
    environments.write_file(tmp_path / "images.toml", images)
    tables = tomllib.loads((tmp_path / "images.toml").read_text("utf-8"))["image"]
    assert len(tables) == sum(len(image.uris) for image in images)
