"""Programs as containers: real processes."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from localcloud.containers.container import ContainerError, Run
from localcloud.containers.isolation import Isolation, find_isolation
from localcloud.containers.program import ProgramImage
from localcloud.containers.registry import Entry
from localcloud.containers.supervised import SupervisedProcess
from localcloud.containers.supervisor.specification import Specification

MINUTE = 60.0
SHOW = """
import json, os, sys
print(json.dumps({"environment": dict(os.environ), "arguments": sys.argv[1:], "folder": os.getcwd(),
                  "input": sys.stdin.read(), "group": os.getpgid(0) == os.getpid()}))
open(os.path.join(os.environ["SM_MODEL_DIR"], "model"), "w").write("made")
"""
PARENT = """
import sys
from pathlib import Path
from localcloud.containers.supervised import SupervisedProcess
from localcloud.containers.supervisor.specification import Specification
folder = Path(sys.argv[1])
command = ["/bin/sh", "-c", sys.argv[2]]
SupervisedProcess(Specification(command=command, directory=str(folder)), {}, folder / "log").wait()
"""
Starter = Callable[..., SupervisedProcess]


def entry(folder: Path, **commands: tuple[str, ...]) -> Entry:
    """Write an entry of the registry, whose folder is below this one."""
    image = folder / "image"
    image.mkdir(exist_ok=True)
    return Entry("*", image, sys.executable, commands, {"MINE": "image", "OTHER": "image"})


def run(folder: Path, *command: str, **more: object) -> Run:
    (folder / "ml" / "model").mkdir(parents=True, exist_ok=True)
    values: dict[str, object] = {
        "command": command,
        "environment": {"SM_MODEL_DIR": "/opt/ml/model", "MINE": "job", "X": "/opt/ml2 /opt/ml"},
        "ml_root": folder / "ml",
        "log": folder / "log",
    }
    return Run(**(values | more))  # type: ignore[arg-type]


@pytest.fixture
def start(tmp_path: Path) -> Starter:
    """Start a shell line as a supervised process."""

    def start(line: str) -> SupervisedProcess:
        specification = Specification(command=["/bin/sh", "-c", line], directory=str(tmp_path))
        return SupervisedProcess(specification, {"PATH": os.environ["PATH"]}, tmp_path / "log")

    return start


def skip_unless(isolation: Isolation) -> None:
    if find_isolation() < isolation:
        pytest.skip(f"this system does not offer {isolation.name}")


@pytest.mark.parametrize("isolation", Isolation)
def test_a_program_runs_in_a_clean_place(tmp_path: Path, isolation: Isolation) -> None:
    skip_unless(isolation)
    has_namespaces = isolation is not Isolation.NONE
    image = ProgramImage(entry(tmp_path, train=("python", "show.py")), isolation=isolation)
    (tmp_path / "image" / "show.py").write_text(SHOW, "utf-8")
    assert image.start(run(tmp_path, "train", "--in", "/opt/ml/x")).wait(MINUTE) == 0
    assert (tmp_path / "ml/model/model").read_text("utf-8") == "made"
    seen = json.loads((tmp_path / "log").read_text("utf-8"))
    ml = "/opt/ml" if has_namespaces else str(tmp_path / "ml")
    assert seen["arguments"] == ["--in", f"{ml}/x"]
    assert (seen["input"], seen["group"]) == ("", True)
    assert (seen["folder"] == str(tmp_path / "image")) is has_namespaces
    environment = seen["environment"]
    assert environment["SM_MODEL_DIR"] == f"{ml}/model"
    assert environment["X"] == f"/opt/ml2 {ml}"
    assert (environment["MINE"], environment["OTHER"]) == ("job", "image")
    assert Path(environment["HOME"]).is_relative_to(tmp_path)
    assert environment.get("SAGEMAKER_BASE_DIR") == (None if has_namespaces else ml)
    unexpected = set(environment) & {"VIRTUAL_ENV", "PYTHONPATH", "AWS_PROFILE", "PYTEST_CURRENT_TEST"}
    assert not unexpected


def test_opt_ml_is_seen_by_the_program_alone(tmp_path: Path) -> None:
    skip_unless(Isolation.FOLDERS)
    before = sorted(item.name for item in Path("/opt").iterdir())
    image = ProgramImage(entry(tmp_path, train=("ls", "/opt")), isolation=Isolation.FOLDERS)
    assert image.start(run(tmp_path, "train")).wait(MINUTE) == 0
    assert (tmp_path / "log").read_text("utf-8").split() == sorted({*before, "ml"})
    assert sorted(item.name for item in Path("/opt").iterdir()) == before


def test_a_server_is_told_its_port(tmp_path: Path) -> None:
    image = ProgramImage(
        entry(tmp_path, serve=("sh", "-c", "echo $SAGEMAKER_BIND_TO_PORT")), isolation=Isolation.NONE
    )
    assert image.start(run(tmp_path, "serve", serves=True)).wait(MINUTE) == 0
    assert 1024 < int((tmp_path / "log").read_text("utf-8")) < 65536


def test_an_entry_point_of_the_callers(tmp_path: Path) -> None:
    image = ProgramImage(entry(tmp_path, entrypoint=("echo", "image")), isolation=Isolation.NONE)
    assert image.start(run(tmp_path, "echo", "mine", replaces_entrypoint=True)).wait(MINUTE) == 0
    assert image.start(run(tmp_path, "--all")).wait(MINUTE) == 0
    assert (tmp_path / "log").read_text("utf-8") == "mine\nimage --all\n"


def test_what_cannot_start_says_why(tmp_path: Path) -> None:
    image = ProgramImage(entry(tmp_path), isolation=Isolation.NONE)
    with pytest.raises(ContainerError, match=r"The program of \* has no command 'train'"):
        image.start(run(tmp_path, "train"))
    with pytest.raises(ContainerError, match="cannot show a program /data"):
        ProgramImage(entry(tmp_path, train=("true",)), isolation=Isolation.NONE).start(
            run(tmp_path, "train", mounts={"/data": tmp_path})
        )
    nowhere = Entry("*", tmp_path / "nowhere", None, {}, {})
    with pytest.raises(ContainerError, match="nowhere of the program does not exist"):
        ProgramImage(nowhere, isolation=Isolation.NONE).start(run(tmp_path, "train"))
    with pytest.raises(ContainerError, match="cannot be started: embedded null byte"):
        ProgramImage(entry(tmp_path, train=("true",)), isolation=Isolation.NONE).start(
            run(tmp_path, "train", environment={"A": "\0"})
        )


def test_a_command_that_is_not_there_is_told_in_the_log(tmp_path: Path) -> None:
    image = ProgramImage(entry(tmp_path, train=("nonsense",)), isolation=Isolation.NONE)
    assert image.start(run(tmp_path, "train")).wait(MINUTE) == 127
    assert "cannot run nonsense: No such file or directory" in (tmp_path / "log").read_text("utf-8")


@pytest.mark.parametrize(("line", "code"), [("exit 3", 3), ("kill -9 $$", 137), ("true", 0)])
def test_exit_codes(start: Starter, line: str, code: int) -> None:
    process = start(line)
    assert process.wait() == code
    assert process.wait(0) == code
    process.terminate()
    process.kill()
    process.stop(1)


def await_line(file: Path, line: str) -> None:
    """Wait until a log holds a line, without asking it again and again."""
    with subprocess.Popen(
        ["/usr/bin/env", "tail", "-F", "-n", "+1", file], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as tail:
        assert tail.stdout is not None
        while tail.stdout.readline().decode().strip() != line:
            pass
        tail.kill()


def test_sigterm_reaches_all_processes_of_a_group(start: Starter, tmp_path: Path) -> None:
    process = start(
        "trap 'echo parent; wait; exit 5' TERM; "
        "(trap 'echo child; exit' TERM; echo ready; while :; do sleep 0.05; done) & wait"
    )
    await_line(tmp_path / "log", "ready")
    assert process.wait(0) is None
    process.stop(MINUTE)
    assert process.wait() == 5
    assert {"ready", "parent", "child"} <= set((tmp_path / "log").read_text("utf-8").split())


def test_what_ignores_sigterm_is_killed(start: Starter, tmp_path: Path) -> None:
    process = start("trap '' TERM; echo ready; while :; do sleep 1; done")
    await_line(tmp_path / "log", "ready")
    process.stop(0.05)
    assert process.wait() == 137


def test_what_a_program_leaves_behind_ends_with_it(start: Starter, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    process = start(f"exec 3> {tmp_path}/pipe; sleep 600 &")
    with (tmp_path / "pipe").open("rb") as pipe:
        assert process.wait(MINUTE) == 0
        assert pipe.read() == b""  # the end of the last process that holds the pipe open


def test_a_program_ends_when_whoever_started_it_is_killed(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    command = [sys.executable, "-c", PARENT, str(tmp_path), f"cat {pipe} & wait"]
    with subprocess.Popen(command, cwd=Path(__file__).parents[4]) as parent:
        writing = os.open(pipe, os.O_WRONLY)  # Opens as soon as the program opens the other end.
        parent.kill()
    try:
        ends = select.poll()
        ends.register(writing, select.POLLERR)
        assert ends.poll(60_000) == [(writing, select.POLLERR)], "the program still holds the pipe"
    finally:
        os.close(writing)
