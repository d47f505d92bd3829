"""What is installed is pinned and checked: packages and the provider by hash, the base image by digest."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCKS = (
    "requirements-build.lock",
    "requirements.lock",
    "requirements-dev.lock",
    "localcloud/requirements.lock",
    "tests/sdks/requirements.lock",
    "tests/sdks/v3/requirements.lock",
    "resources/images/scikit/requirements.lock",
    "driver/images/aws/pytorch/requirements.lock",
    "driver/images/aws/scikit-learn/requirements.lock",
    "driver/images/aws/xgboost/requirements.lock",
)


def _pinned(lock: str) -> dict[str, str]:
    """Read a lock: the version of each package; every entry must be one version with a hash."""
    text = re.sub(r"\s*#.*", "", (ROOT / lock).read_text())
    entries = [entry for entry in re.split(r"\n(?=\S)", text.strip()) if entry]
    versions: dict[str, str] = {}
    for entry in entries:
        match = re.match(r"([\w.\[\],-]+)==([\w.+!-]+)", entry)
        assert match, f"{entry.splitlines()[0]} has no version"
        assert "--hash=sha256:" in entry, f"{match[0]} has no hash"
        versions[canonicalize_name(match[1].partition("[")[0])] = match[2]
    return versions


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_of_a_lock_has_one_version_and_hashes(lock: str) -> None:
    assert _pinned(lock)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_registry(lock: str) -> None:
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links", (ROOT / lock).read_text())


@pytest.mark.parametrize(
    ("lock", "extras"),
    [("requirements.lock", ()), ("requirements-dev.lock", ("dev",))],
    ids=["driver", "dev"],
)
def test_locks_hold_what_the_package_asks_for(lock: str, extras: tuple[str, ...]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *(line for extra in extras for line in project["optional-dependencies"][extra]),
    ]
    pinned = _pinned(lock)
    for requirement in map(Requirement, wanted):
        version = pinned.get(canonicalize_name(requirement.name))
        assert version, f"{requirement} is not in {lock}: make it anew (CONTRIBUTING.md)"
        assert requirement.specifier.contains(version, prereleases=True), f"{requirement} is not {version}"


def test_tools_and_tests_use_the_releases_that_the_driver_runs_on() -> None:
    driver, tools = _pinned("requirements.lock"), _pinned("requirements-dev.lock")
    assert {name: tools.get(name) for name in driver} == driver


def test_what_builds_the_packages_of_images_is_pinned_once() -> None:
    builders = _pinned("requirements-build.lock")
    for lock in LOCKS:
        if lock.startswith("driver/images/"):
            pinned = _pinned(lock)
            assert {name: pinned.get(name, version) for name, version in builders.items()} == builders


def test_every_installation_of_the_makefile_is_checked_against_hashes() -> None:
    makefile = (ROOT / "Makefile").read_text()
    installations = re.findall(r"\$\(PIP_INSTALL\)(.*)", makefile)
    assert len(installations) >= 6
    for arguments in installations:
        assert re.search(r"\$\((LOCKED|BUILDERS|OURS)\)", arguments), arguments
    assert makefile.count("-m pip") == 1, "PIP_INSTALL is the one way to install"


def test_the_provider_is_known_by_the_hashes_of_all_platforms() -> None:
    lock = (ROOT / "terraform/.terraform.lock.hcl").read_text()
    assert 'provider "registry.terraform.io/hashicorp/aws"' in lock
    assert re.search(r'version\s+= "5\.100\.0"', lock)
    assert len(re.findall(r'"zh:[0-9a-f]{64}"', lock)) >= 4
    assert re.search(r'"h1:[\w+/]{43}="', lock)


def test_the_base_image_is_known_by_its_digest() -> None:
    dockerfiles = [path for path in ROOT.rglob("Dockerfile") if ".venv" not in path.parts]
    assert dockerfiles
    for dockerfile in dockerfiles:
        bases = re.findall(r"^FROM (\S+)", dockerfile.read_text(), re.MULTILINE)
        assert bases
        assert all(re.fullmatch(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}", base) for base in bases)
