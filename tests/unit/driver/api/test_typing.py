"""The types of the classes, as a user's mypy sees them in an environment where the package is installed."""

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import driver

PACKAGE = Path(driver.__file__).resolve().parent
PROGRAM = Path(__file__).parent / "typed_program.py"


def test_a_users_program_is_checked_strictly(tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=False)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(tmp_path / "venv")}))
    (packages / "driver").symlink_to(PACKAGE)
    (tmp_path / "program.py").write_text(PROGRAM.read_text(encoding="utf-8"), encoding="utf-8")
    checked = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-incremental"),
            *("--python-executable", str(tmp_path / "venv/bin/python"), "program.py"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.stdout == "Success: no issues found in 1 source file\n", checked.stdout + checked.stderr
