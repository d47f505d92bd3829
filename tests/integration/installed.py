"""sagestep as a user installs it: a wheel, in an environment of its own, with no checkout beside it.

The environment sees the packages of the checkout's, so that nothing is downloaded; the driver is the wheel's.
SAGESTEP_CLOUD_PYTHON names the checkout's local cloud, so that it is not installed again.
"""

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.integration.stack import CLOUD_PYTHON, ROOT

_SOURCES = ("driver", "lambda_src", "localcloud", "resources", "terraform")
_FILES = ("LICENSE", "README.md", "pyproject.toml", "setup.py", "requirements-build.lock")
_NOT_SOURCES = shutil.ignore_patterns(".venv", "__pycache__", "*.egg-info", ".terraform", "build")
_QUIET = ("--quiet", "--no-index", "--no-deps")


def build_wheel(folder: Path) -> Path:
    """Build the wheel of a copy of the sources."""
    for name in _SOURCES:
        shutil.copytree(ROOT / name, folder / "sources" / name, ignore=_NOT_SOURCES)
    for name in _FILES:
        shutil.copy(ROOT / name, folder / "sources")
    pip = [sys.executable, "-m", "pip", "wheel", *_QUIET, "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", str(folder / "wheel"), str(folder / "sources")], check=True)
    (found,) = (folder / "wheel").glob("*.whl")
    return found


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel.

    - `folder`: of the environment.
    - `port`: of the local cloud that commands start.
    """

    folder: Path
    port: int

    @classmethod
    def make(cls, wheel: Path, folder: Path, port: int) -> "Installed":
        """Make the environment."""
        venv.create(folder, with_pip=False)
        python = str(folder / "bin/python")
        subprocess.run(
            [sys.executable, "-m", "pip", "--python", python, "install", *_QUIET, str(wheel)], check=True
        )
        own = sysconfig.get_path("purelib", vars={"base": str(folder)})
        Path(own, "packages-of-the-checkout.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
        return cls(folder, port)

    @property
    def python(self) -> Path:
        return self.folder / "bin/python"

    @contextmanager
    def running(self, line: str, folder: Path, **environ: str) -> Iterator["subprocess.Popen[str]"]:
        """Run a command line, such as `invoke up`, that is killed at the end of the block."""
        word, *words = shlex.split(line)
        modules = {"invoke": [str(self.python), "-m", "invoke"], "python": [str(self.python)]}
        foreign = ("AWS_", "SAGESTEP_", "PYTEST_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        mirror = os.environ.get("SAGESTEP_PROVIDER_MIRROR")
        kept |= {"SAGESTEP_PROVIDER_MIRROR": mirror} if mirror else {}
        with subprocess.Popen(
            [*modules.get(word, [str(self.folder / "bin" / word)]), *words],
            cwd=folder,
            env=kept
            | {"SAGESTEP_CLOUD_PYTHON": str(CLOUD_PYTHON), "SAGESTEP_PORT": str(self.port), "COLUMNS": "160"}
            | environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def run(self, line: str, folder: Path, expect: int = 0) -> str:
        """Run a command line to its end; returns all that it printed."""
        with self.running(line, folder) as process:
            printed, _ = process.communicate(timeout=300)
        assert process.returncode == expect, f"{line}\n{printed}"
        assert "Traceback" not in printed
        return printed
