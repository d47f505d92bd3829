"""Installs packages of a function in Node.js beside the Python that runs this: `FOLDER [OPTION OF NPM …]`.

No scripts of packages are run: what they would build here could not run on Lambda.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

_OLDEST = (10, 3)  # of npm that takes --os, --cpu and --libc (npm's changelog: 10.1.0, 10.3.0)
_OPTIONS = ("--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier")


def main(folder: Path, options: list[str]) -> None:
    """Become npm."""
    npm = shutil.which("npm") or sys.exit("There is no program npm on PATH.")
    if options:
        said = subprocess.run([npm, "--version"], capture_output=True, text=True, check=True).stdout.strip()
        if tuple(int(part) for part in said.split(".")[:2]) < _OLDEST:
            sys.exit(f"npm {said} cannot install for another system; 10.3 and newer can.")
    installed = Path(sys.prefix) / "installed"
    installed.mkdir()
    for name in ("package.json", "package-lock.json", ".npmrc"):
        if (folder / name).is_file():
            shutil.copy(folder / name, installed)
    os.chdir(installed)
    os.execv(npm, ["npm", "ci", *_OPTIONS, *options])  # noqa: S606 - no shell is needed


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
