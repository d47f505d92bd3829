"""Builds the wheel: the driver, and in it, at driver/installation, what it deploys and runs.

All else of the package is said in pyproject.toml. A checkout that is installed with --editable uses its own
folders in their place.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
INSTALLATION = "driver/installation"
FOLDERS = ("lambda_src", "localcloud", "resources", "terraform")
LOCKS = ("requirements-build.lock",)  # with it the local cloud's environment is made
LEFT_OUT = {"__pycache__", "build", "dist", "examples", "tests"}
HIDDEN = {".terraform.lock.hcl", ".dockerignore"}  # all other hidden files are those of tools


def installation() -> Iterator[Path]:
    """List the files that every project uses, as seen from here."""
    yield from map(Path, LOCKS)
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            name = path.relative_to(ROOT)
            parts = [part for part in name.parts if part not in HIDDEN]
            is_left_out = any(
                part in LEFT_OUT or part.startswith(".") or part.endswith(".egg-info") for part in parts
            )
            if path.is_file() and not is_left_out and ".tfstate" not in path.name:
                yield name


class BuildWithInstallation(build_py):
    """Builds the driver as setuptools does, and adds the installation."""

    def run(self) -> None:
        """Build into the folder that becomes the wheel; what an earlier build left there is no part of it."""
        if self.editable_mode:
            super().run()
            return
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()
        for name in installation():
            target = Path(self.build_lib, INSTALLATION, name)
            self.mkpath(str(target.parent))
            self.copy_file(str(ROOT / name), str(target))

    def get_source_files(self) -> list[str]:
        """List what a source distribution needs besides the driver itself."""
        return [*super().get_source_files(), *map(str, installation())]

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """List what is built."""
        added = (
            []
            if self.editable_mode
            else [f"{self.build_lib}/{INSTALLATION}/{name}" for name in installation()]
        )
        return [*super().get_outputs(include_bytecode), *added]


setup(cmdclass={"build_py": BuildWithInstallation})
