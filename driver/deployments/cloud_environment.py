"""The Python environment of the local cloud: where it lies, and how it is made.

A checkout has it at localcloud/.venv, made by `make install`. Where sagestep is installed as a package it is
made at the first `invoke up`, in the user's cache folder; a new version of the local cloud gets a new one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from hashlib import sha256
from pathlib import Path
from shutil import copytree, ignore_patterns
from tempfile import TemporaryDirectory

from driver.host.environments import Environments, Recipe
from driver.host.interpreters import Interpreter
from driver.model.exceptions import LocalCloudError

_NAME = "localcloud"
_MAKING = "Installing the local cloud and its packages into the user's cache folder: once, some minutes"


class CloudEnvironment:
    """Finds the Python of the local cloud.

    - `installation`: the folder that holds `localcloud`.
    - `interpreter`: gives the Python that an environment is made of.
    - `working`: shows that something goes on.
    - `is_checkout`: whether that is the repository, whose user installs it with `make install`.
    - `named`: the Python that the setting `cloud_python` names.
    """

    def __init__(
        self,
        installation: Path,
        environments: Environments,
        interpreter: Callable[[], Interpreter],
        working: Callable[[str], AbstractContextManager[None]],
        *,
        is_checkout: bool = False,
        named: Path | None = None,
    ) -> None:
        self._folder = installation / "localcloud"
        self._build_lock = installation / "requirements-build.lock"
        self._environments = environments
        self._interpreter = interpreter
        self._working = working
        self._is_checkout = is_checkout
        self._named = named

    def find(self) -> Path | None:
        """Return its Python; None if it has to be made, or installed, first."""
        if self._named or self._is_checkout:
            python = self._named or self._folder / ".venv/bin/python"
            return python if python.is_file() else None
        recipe = self._recipe(self._folder)
        return self._environments.python(recipe) if self._environments.is_ready(recipe) else None

    def make(self) -> Path:
        """Return its Python; one of the cache folder is made where it is not there.

        Raises `LocalCloudError` if one that the user has to make is not there, and what
        `Environments.make` raises.
        """
        found = self.find()
        if found:
            return found
        if self._named:
            raise LocalCloudError(
                "The local cloud is not installed.",
                f"There is no {self._named}, which the setting cloud_python names.",
                "Correct it, or leave it out: then the environment is made for you.",
            )
        if self._is_checkout:
            raise LocalCloudError(
                "The local cloud is not installed.",
                f"There is no {self._folder / '.venv/bin/python'}.",
                "Run `make install`.",
            )
        with TemporaryDirectory() as folder:  # pip writes into the sources that it builds from
            copy = Path(folder) / self._folder.name
            copytree(self._folder, copy, ignore=ignore_patterns("__pycache__"))
            with self._working(_MAKING):
                return self._environments.make(self._recipe(copy))

    def _recipe(self, sources: Path) -> Recipe:
        """Do what the Makefile does in a checkout."""
        build, lock = str(self._build_lock), str(self._folder / "requirements.lock")
        return Recipe(
            _NAME,
            self._interpreter(),
            (
                ("--require-hashes", "--requirement", build),
                (
                    *("--build-constraint", lock, "--build-constraint", build),
                    *("--require-hashes", "--requirement", lock),
                ),
                ("--build-constraint", build, "--no-deps", str(sources)),
            ),
            self._content(),
            (("-m", "localcloud.localstack.prepare"),),
        )

    def _content(self) -> bytes:
        digest = sha256(sys.platform.encode())
        for path in (self._build_lock, *sorted(self._folder.rglob("*"))):
            if path.is_file() and path.parent.name != "__pycache__":
                digest.update(str(path.relative_to(self._folder.parent)).encode() + path.read_bytes())
        return digest.digest()
