"""Runs pytest on a project as where sagestep is installed: its plugin is found by the entry point."""

import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def run_pytest(
    folder: Path, installed: Path, *words: str, environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run pytest in a folder.

    `installed`: an empty folder for what pip writes of the package; a checkout that was installed before
    pyproject.toml changed has an old one.
    """
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    points = tomllib.loads(text)["project"]["entry-points"]["pytest11"]
    facts = installed / "sagestep_of_the_test-1.dist-info"
    facts.mkdir(parents=True)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: sagestep-of-the-test\nVersion: 1\n")
    lines = [f"{name} = {module}" for name, module in points.items()]
    (facts / "entry_points.txt").write_text("\n".join(["[pytest11]", *lines, ""]))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "AWS_"))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words],
        cwd=folder,
        env=kept | {"PYTHONPATH": f"{installed}{os.pathsep}{ROOT}", "COLUMNS": "160"} | dict(environ or {}),
        capture_output=True,
        text=True,
        check=False,
    )
