import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import psutil
import pytest

from driver.host.environments import Environments, Recipe, environments_folder, makers_environment
from driver.host.interpreters import Interpreter, ask_interpreter
from driver.model.exceptions import EnvironmentNotReadyError
from tests.wheels import write_wheel

# Stands for `python -m venv FOLDER`; what it makes stands for `python -m pip install WORDS`.
MAKER = """#!/bin/sh
mkdir -p "$3/bin"
printf '%s' '#!/bin/sh
echo "Collecting numpy"; echo "$@" >> "$0.calls"; {pip}' > "$3/bin/python"
chmod +x "$3/bin/python"
"""

Maker = Callable[[str], Interpreter]


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    def make(pip: str) -> Interpreter:
        program = tmp_path / "maker"
        program.write_text(MAKER.format(pip=pip), "utf-8")
        program.chmod(0o755)
        return Interpreter(program, "3.12.1", "linux-x86_64")

    return make


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def environments(tmp_path: Path, said: list[str]) -> Environments:
    return Environments(tmp_path / "environments", {"PATH": "/usr/bin:/bin"}, said.append)


def recipe(interpreter: Interpreter, content: str = "numpy==2") -> Recipe:
    return Recipe("scikit", interpreter, (("numpy",),), content.encode())


def test_a_real_environment_has_what_was_installed(tmp_path: Path, said: list[str]) -> None:
    wheel = write_wheel(tmp_path, "greeting", "WORD = 'hello'\n")
    interpreter = ask_interpreter(Path(sys.executable))
    assert interpreter
    environments = Environments(tmp_path / "environments", {"PATH": "/usr/bin:/bin"}, said.append)
    wanted = Recipe("some", interpreter, (("--no-index", str(wheel)),), wheel.read_bytes())
    assert not environments.is_ready(wanted)
    python = environments.make(wanted)
    assert subprocess.check_output([python, "-c", "import greeting; print(greeting.WORD)"]) == b"hello\n"
    assert environments.is_ready(wanted)
    assert any("Installing" in line for line in said)
    (kept,) = environments.kept()
    assert kept.size > 1_000_000
    assert kept.version == interpreter.version


def test_it_is_made_once_and_again_for_other_content(environments: Environments, maker: Maker) -> None:
    interpreter = maker("exit 0")
    first = environments.make(recipe(interpreter), "/project/a")
    environments.make(recipe(interpreter), "/project/a")
    assert Path(f"{first}.calls").read_text("utf-8").count("install") == 1
    environments.make(recipe(interpreter), "/project/b")
    assert environments.kept()[0].users == ("/project/a", "/project/b")
    assert environments.make(recipe(interpreter, "numpy==3")) != first
    assert recipe(interpreter).key != recipe(Interpreter(interpreter.path, "3.13.1", "linux-x86_64")).key
    assert recipe(interpreter).key == recipe(Interpreter(interpreter.path, "3.12.9", "linux-x86_64")).key


def test_two_commands_that_want_it_make_it_once(
    environments: Environments, maker: Maker, said: list[str]
) -> None:
    wanted = recipe(maker("sleep 0.5"))
    threads = [Thread(target=environments.make, args=(wanted,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    calls = Path(f"{environments.python(wanted)}.calls").read_text("utf-8")
    assert calls.count("install") == 1
    assert "Waiting for another command that makes scikit" in said


def test_what_was_left_half_made_is_made_anew(environments: Environments, maker: Maker) -> None:
    wanted = recipe(maker("exit 0"))
    half = environments.path(wanted)
    half.joinpath("lib").mkdir(parents=True)
    assert not environments.is_ready(wanted)
    environments.make(wanted)
    assert environments.is_ready(wanted)
    assert not half.joinpath("lib").exists()


def test_one_whose_interpreter_was_removed_is_made_anew(environments: Environments, maker: Maker) -> None:
    wanted = recipe(maker("exit 0"))
    environments.make(wanted).unlink()
    assert not environments.is_ready(wanted)
    environments.make(wanted)
    assert environments.is_ready(wanted)


def test_an_interruption_leaves_nothing(tmp_path: Path, maker: Maker) -> None:
    def interrupt(text: str) -> None:
        if "numpy" in text:
            signal.raise_signal(signal.SIGINT)

    environments = Environments(tmp_path / "environments", {"PATH": "/usr/bin:/bin"}, interrupt)
    wanted = recipe(maker("sleep 61.25 & wait"))
    with pytest.raises(KeyboardInterrupt):
        environments.make(wanted)
    assert not environments.path(wanted).exists()
    commands = [process.info["cmdline"] for process in psutil.process_iter(["cmdline"])]
    assert ["sleep", "61.25"] not in commands


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("ERROR: Failed to establish a new connection", "The network is needed once"),
        ("ERROR: No matching distribution found for numpy", "correct the name or the version"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "those of the lock"),
        ("error: command \\047/usr/bin/gcc\\047 failed", "install a C compiler"),
        ("No module named ensurepip", "python3-venv"),
        ("OSError: [Errno 28] No space left on device", "Make room on the disk"),
        ("something else", "Correct what it says"),
    ],
)
def test_where_pip_fails_its_last_lines_and_what_to_do_are_told(
    environments: Environments, maker: Maker, text: str, cure: str
) -> None:
    lines = "".join(f"echo line {number}; " for number in range(30))
    wanted = recipe(maker(f'{lines} echo "{text}"; exit 3'.replace('\\"', '"').replace('"gcc"', "gcc")))
    with pytest.raises(EnvironmentNotReadyError, match="environment of scikit cannot be made") as raised:
        environments.make(wanted)
    assert raised.value.why.splitlines()[0] == "line 19"
    assert cure in raised.value.next_step
    assert not environments.path(wanted).exists()
    log = Path(raised.value.next_step.rsplit(" is in ", 1)[1].removesuffix("."))
    assert "line 0\n" in log.read_text("utf-8")


def test_what_nobody_uses_is_removed(environments: Environments, maker: Maker) -> None:
    interpreter = maker("exit 0")
    environments.make(recipe(interpreter, "a"), "/project/a")
    environments.make(recipe(interpreter, "b"), "/project/b")
    environments.path(recipe(interpreter, "c")).mkdir()  # of one that was killed
    environments.make(recipe(interpreter, "d"))
    removed = environments.remove_unused(lambda _, user: user == "/project/a")
    assert sorted(kept.users for kept in removed) == [(), ("/project/b",)]
    assert sorted(kept.users for kept in environments.kept()) == [(), ("/project/a",)]
    assert len([*environments.folder.glob("*-*/")]) == 2


def test_the_folder_is_in_the_users_cache() -> None:
    assert environments_folder({"HOME": "/home/me"}) == Path("/home/me/.cache/sagestep/environments")
    found = environments_folder({"HOME": "/home/me", "XDG_CACHE_HOME": "/var/cache/me"})
    assert found == Path("/var/cache/me/sagestep/environments")
    assert environments_folder({"HOME": "/h", "XDG_CACHE_HOME": "relative"}).is_relative_to("/h")


def test_pip_gets_the_users_proxy_and_index_and_no_credentials() -> None:
    environ = {
        "PATH": "/bin",
        "HOME": "/h",
        "PIP_INDEX_URL": "x",
        "https_proxy": "p",
        "NO_PROXY": "n",
        "AWS_SECRET_ACCESS_KEY": "s",
        "PYTHONPATH": "/x",
    }
    assert set(makers_environment(environ)) == {"PATH", "HOME", "PIP_INDEX_URL", "https_proxy", "NO_PROXY"}
