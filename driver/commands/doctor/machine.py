"""What this machine has: Python, the driver's packages, room on the disk, the local cloud's packages."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path

from driver.commands.doctor.checkup import Finding, failed, passed, warned
from driver.host.disk_space import FOR_PROVIDER, FOR_WORK, Free, free_bytes

_OLDEST_PYTHON = (3, 11)
_PACKAGES = ("boto3", "botocore", "invoke", "jsonschema", "localstack-client", "python-terraform", "rich")
_GIB = 1024**3
_ENOUGH = 2 * _GIB  # holds the provider and a few deployments
# Without those that a marker keeps for other systems: `name==1 ; sys_platform == 'win32'`.
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)(?: \\)?$", re.MULTILINE)
_INSTALL = "Run `make install`."


def check_python(version: tuple[int, ...] = sys.version_info[:3]) -> Finding:
    """Look at the Python that runs the driver."""
    text = ".".join(map(str, version))
    if version < _OLDEST_PYTHON:
        return failed(f"{text} is too old.", "Use Python 3.11 or newer: `make PYTHON=python3.12 install`.")
    return passed(f"{text}, {sys.executable}")


def check_packages(version_of: Callable[[str], str] = metadata.version) -> Finding:
    """Look at the packages that the driver is made of."""
    found, missing = [], []
    for name in ("sagestep", *_PACKAGES):
        try:
            found.append(f"{name} {version_of(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return failed(f"Not installed: {', '.join(missing)}.", _INSTALL)
    return passed(", ".join(found))


def check_folder(home: Path, free: Free = free_bytes, needed: int = FOR_WORK + FOR_PROVIDER) -> Finding:
    """Look whether states and downloads can be written, as far as `invoke up` will ask for room."""
    exists = next(path for path in (home, *home.parents) if path.exists())
    if not (exists.is_dir() and os.access(exists, os.W_OK | os.X_OK)):
        return failed(f"{home} cannot be written.", "Make it yours, or name another with SAGESTEP_HOME.")
    room = free(exists)
    text = f"{room / _GIB:.1f} GiB free in {home}"
    if room < needed:
        return failed(
            f"only {text}: a deployment needs {needed:,} bytes, {room:,} are free",
            "Make room, or name a folder on another disk with SAGESTEP_HOME.",
        )
    if room < _ENOUGH:
        return warned(f"only {text}", "Make room: 2 GiB hold the provider and a few deployments.")
    return passed(text)


def check_configuration(path: Path | None, variables: Mapping[str, object]) -> Finding:
    """Say which configuration file counts; one that cannot be read ends every command at once."""
    if path is None:
        return passed("no sagestep.toml; flags, variables and defaults count")
    more = f", {len(variables)} of them Terraform's own" if variables else ""
    return passed(f"{path}: settings read{more}; `invoke config` shows them")


def check_cloud_packages(installation: Path, python: Path | None, *, is_checkout: bool) -> Finding:
    """Look whether the local cloud's environment has what its lock file names.

    `python`: that environment's, which is made at the first `invoke up` unless this `is_checkout`.
    """
    folder = installation / "localcloud"
    if python is None:
        if is_checkout:
            return failed("It is not installed.", _INSTALL)
        return warned(
            "The local cloud is not installed yet.", "`invoke up` installs it when it first needs it."
        )
    wanted = {
        _normal(name): version
        for name, version in _PINNED.findall((folder / "requirements.lock").read_text(encoding="utf-8"))
    }
    installed = {}
    for path in python.parents[1].glob("lib/python*/site-packages/*.dist-info"):
        name, _, version = path.name.removesuffix(".dist-info").rpartition("-")
        installed[_normal(name)] = version
    wrong = [name for name, version in wanted.items() if installed.get(name) != version]
    if wrong:
        shown = ", ".join(
            f"{name} is {installed.get(name, 'missing')}, not {wanted[name]}" for name in wrong[:3]
        )
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        return warned(f"Not as locked: {shown}{more}.", _INSTALL)
    return passed(f"{len(wanted)} packages, all as locked")


def _normal(name: str) -> str:
    """Write a package's name as all its spellings are compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
