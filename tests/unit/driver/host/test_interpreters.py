import sys
from pathlib import Path

import pytest

from driver.host.interpreters import ask_interpreter, find_interpreter, fits, is_condition
from driver.model.exceptions import EnvironmentNotReadyError

OWN = f"{sys.version_info[0]}.{sys.version_info[1]}"


def python(folder: Path, name: str, version: str, code: int = 0) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\necho {version} linux-x86_64\nexit {code}\n", "utf-8")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("version", "wanted", "is_fit"),
    [
        ("3.12.4", "3.12", True),
        ("3.12.4", "3.1", False),
        ("3.12.4", ">=3.11", True),
        ("3.12.4", ">=3.11,<3.12", False),
        ("3.12.4", ">=3.11, <=3.12", True),
        ("3.12.4", ">3.12", False),
        ("2.7.18", ">=3.0", False),
    ],
)
def test_a_version_fits_what_is_wanted(version: str, wanted: str, *, is_fit: bool) -> None:
    assert is_condition(wanted)
    assert fits(version, wanted) is is_fit


@pytest.mark.parametrize("text", ["", "3", "~=3.11", "3.12.1", "3.11 or 3.12", ">=3.11,"])
def test_what_is_no_condition(text: str) -> None:
    assert not is_condition(text)


def test_the_drivers_own_comes_first(tmp_path: Path) -> None:
    python(tmp_path, "python3.30", "3.30.0")
    assert find_interpreter(f">={OWN}", {"PATH": str(tmp_path)}).path == Path(sys.executable)


def test_others_are_found_on_path_and_where_pyenv_and_uv_keep_theirs(tmp_path: Path) -> None:
    broken = python(tmp_path / "bin", "python3.26", "3.26.0", code=127)  # such as a shim of pyenv
    good = python(tmp_path / "bin", "python3.27", "3.27.1")
    pyenv = python(tmp_path / ".pyenv/versions/3.28.2/bin", "python3", "3.28.2")
    uv = python(tmp_path / ".local/share/uv/python/cpython-3.29.0-linux/bin", "python3", "3.29.0")
    environ = {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)}
    assert find_interpreter("3.27", environ).path == good
    assert find_interpreter("3.28", environ).path == pyenv
    assert find_interpreter("3.29", environ).path == uv
    assert ask_interpreter(broken) is None
    with pytest.raises(EnvironmentNotReadyError, match=r"no Python 3\.26") as raised:
        find_interpreter("3.26", environ)
    assert "3.27.1, 3.28.2" in raised.value.why
