from contextlib import nullcontext
from pathlib import Path

import pytest

from driver.deployments.cloud_environment import CloudEnvironment
from driver.host.environments import Environments, Recipe
from driver.host.interpreters import Interpreter
from driver.model.exceptions import LocalCloudError

NAMES = ("localcloud/requirements.lock", "localcloud/server.py", "requirements-build.lock")


class Cache(Environments):
    """Environments that are made at once."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, {})
        self.made: list[Recipe] = []

    def is_ready(self, recipe: Recipe) -> bool:
        return recipe.key in {made.key for made in self.made}

    def make(self, recipe: Recipe, user: str = "") -> Path:
        self.made.append(recipe)
        assert Path(recipe.installs[-1][-1], "server.py").is_file()
        return self.python(recipe)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.fixture
def installation(tmp_path: Path) -> Path:
    for name in NAMES:
        path = tmp_path / "installation" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "installation"


def environment_of(
    installation: Path, cache: Cache, *, is_checkout: bool = False, named: Path | None = None
) -> CloudEnvironment:
    interpreter = Interpreter(Path("python3.12"), "3.12.1", "linux-x86_64")
    return CloudEnvironment(
        installation,
        cache,
        lambda: interpreter,
        lambda _: nullcontext(),
        is_checkout=is_checkout,
        named=named,
    )


def test_an_installed_package_makes_it_once_from_locks_with_hashes(installation: Path, cache: Cache) -> None:
    environment = environment_of(installation, cache)
    assert environment.find() is None
    assert environment.make() == environment.make() == environment.find()
    (recipe,) = cache.made
    build, packages, cloud = recipe.installs
    assert "--require-hashes" in build
    assert "--require-hashes" in packages
    assert "--no-deps" in cloud
    assert not Path(cloud[-1]).exists()  # a copy: pip writes into the sources that it builds from


@pytest.mark.parametrize("name", NAMES)
def test_another_version_gets_another_one(installation: Path, cache: Cache, name: str) -> None:
    first = environment_of(installation, cache).make()
    (installation / name).write_text("changed")
    assert environment_of(installation, cache).make() != first


def test_what_python_compiles_makes_no_difference(installation: Path, cache: Cache) -> None:
    environment_of(installation, cache).make()
    (installation / "localcloud/__pycache__").mkdir()
    (installation / "localcloud/__pycache__/server.pyc").touch()
    assert environment_of(installation, cache).find()


def test_a_checkout_has_its_own_which_its_user_installs(installation: Path, cache: Cache) -> None:
    environment = environment_of(installation, cache, is_checkout=True)
    with pytest.raises(LocalCloudError, match="make install"):
        environment.make()
    python = installation / "localcloud/.venv/bin/python"
    python.parent.mkdir(parents=True)
    python.touch()
    assert environment.make() == python


def test_the_one_that_a_setting_names_is_used_as_it_is(
    installation: Path, cache: Cache, tmp_path: Path
) -> None:
    environment = environment_of(installation, cache, named=tmp_path / "python")
    with pytest.raises(LocalCloudError, match="cloud_python"):
        environment.make()
    (tmp_path / "python").touch()
    assert environment.make() == tmp_path / "python"
    assert cache.made == []
