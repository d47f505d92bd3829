import os
import shlex
import sys
from pathlib import Path

import driver.terraform.library
from driver.terraform.binary import find_terraform


def test_the_program_on_the_path_is_taken(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "terraform"
    program.parent.mkdir()
    program.write_text("")
    program.chmod(0o755)
    assert find_terraform(tmp_path / "shim", str(program.parent)) == program
    assert not (tmp_path / "shim").exists()


def test_without_one_a_program_is_made_of_the_library(tmp_path: Path) -> None:
    shim = find_terraform(tmp_path / "a folder", str(tmp_path))
    assert os.access(shim, os.X_OK)
    first, command = shim.read_text().splitlines()
    assert first == "#!/bin/sh"
    assert shlex.split(command) == [
        "exec",
        sys.executable,
        "-I",
        driver.terraform.library.__file__,
        "$@",
    ]
