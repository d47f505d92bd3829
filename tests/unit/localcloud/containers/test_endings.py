"""The end of a container: nothing outlives it, whatever was started and whatever is killed."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from localcloud.containers.isolation import Isolation
from tests.unit.localcloud.containers.places import (
    MINUTE,
    command,
    eventually,
    log,
    marked,
    skip_unless,
    start,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, which only Linux has")

ROOT = Path(__file__).parents[4]
NOBODY = 65534
DAEMON = """
import os, subprocess, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.closerange(0, 3)
        while True:
            time.sleep(1)
    os._exit(0)
os.wait()
subprocess.Popen(["setsid", "sleep", "600"])
print("ready", flush=True)
time.sleep(float(os.environ["SECONDS"]))
"""
PARENT = """
import sys
import tempfile
from pathlib import Path
from localcloud.containers.isolation import Isolation
from tests.unit.localcloud.containers.places import start
start(Path(sys.argv[1]), sys.argv[2], Isolation(int(sys.argv[3])), MARK=sys.argv[1], SECONDS="600").wait()
"""
UNPRIVILEGED = """
import sys
import tempfile
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from localcloud.containers.container import Run
from localcloud.containers.isolation import find_isolation
from localcloud.containers.program import ProgramImage
from localcloud.containers.registry import Entry
folder = Path(sys.argv[2])
(folder / "ml").mkdir()
train = "import os; print(os.getuid(), os.getpid(), os.listdir('/opt/ml'), flush=True)"
serve = "import os; print('it is', os.environ['SAGEMAKER_BIND_TO_PORT'])"
commands = {"train": ("python3", "-c", train), "serve": ("python3", "-c", serve)}
image = ProgramImage(Entry("*", folder, None, commands, {}), isolation=find_isolation())
for name in commands:
    places = {"ml_root": folder / "ml", "log": folder / "log"}
    run = Run(command=(name,), environment={}, serves=name == "serve", **places)
    assert image.start(run).wait(30) == 0, (folder / "log").read_text()
"""


@pytest.mark.parametrize("isolation", Isolation)
def test_daemons_end_with_their_program(tmp_path: Path, isolation: Isolation) -> None:
    container = start(tmp_path, DAEMON, isolation, MARK=str(tmp_path), SECONDS="0.2")
    eventually(lambda: len(marked(str(tmp_path))) > 3)
    assert container.wait(MINUTE) == 0
    assert marked(str(tmp_path)) == []


@pytest.mark.parametrize("isolation", Isolation)
@pytest.mark.parametrize("how", ["stop", "kill"])
def test_daemons_end_with_their_container(tmp_path: Path, isolation: Isolation, how: str) -> None:
    container = start(tmp_path, DAEMON, isolation, MARK=str(tmp_path), SECONDS="600")
    eventually(lambda: "ready" in log(tmp_path))
    container.stop(1) if how == "stop" else container.kill()
    assert container.wait(MINUTE) == (143 if how == "stop" else 137)
    assert marked(str(tmp_path)) == []


@pytest.mark.parametrize("isolation", Isolation)
@pytest.mark.parametrize("which", [0, 1], ids=["the supervisor", "the first process"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["SIGKILL", "SIGTERM"])
def test_nothing_is_left_when_a_process_of_ours_is_killed(
    tmp_path: Path, isolation: Isolation, which: int, number: signal.Signals
) -> None:
    container = start(tmp_path, DAEMON, isolation, MARK=str(tmp_path), SECONDS="600")
    eventually(lambda: "ready" in log(tmp_path))
    ours = sorted(pid for pid in marked(str(tmp_path)) if "supervisor" in command(pid))
    os.kill(ours[which], number)
    assert container.wait(MINUTE) == 128 + number
    eventually(lambda: not marked(str(tmp_path)), 5)


@pytest.mark.parametrize("isolation", Isolation)
def test_nothing_is_left_when_the_local_cloud_is_killed(tmp_path: Path, isolation: Isolation) -> None:
    skip_unless(isolation)
    arguments = [sys.executable, "-c", PARENT, str(tmp_path), DAEMON, str(int(isolation))]
    with subprocess.Popen(arguments, cwd=ROOT) as parent:
        eventually(lambda: (tmp_path / "log").exists() and "ready" in log(tmp_path))
        parent.kill()
    eventually(lambda: not marked(str(tmp_path)), 5)


def test_a_container_whose_first_process_was_stopped_ends_all_the_same(tmp_path: Path) -> None:
    container = start(tmp_path, DAEMON, MARK=str(tmp_path), SECONDS="600")
    eventually(lambda: "ready" in log(tmp_path))
    for pid in marked(str(tmp_path)):
        if "supervisor" in command(pid):
            os.kill(pid, signal.SIGSTOP)
    container.stop(0.1)
    eventually(lambda: not marked(str(tmp_path)), 5)


def test_a_program_sees_its_own_processes_alone_and_gets_the_umask_of_a_container(tmp_path: Path) -> None:
    source = (
        "import os\n"
        "print(sorted(int(name) for name in os.listdir('/proc') if name.isdigit()))\n"
        "print(oct(os.umask(0)))\n"
    )
    before = os.umask(0o077)
    try:
        assert start(tmp_path, source).wait(MINUTE) == 0
    finally:
        os.umask(before)
    assert log(tmp_path).splitlines() == ["[1, 2]", "0o22"]


def test_another_user_has_namespaces_as_well(tmp_path: Path) -> None:
    """Who has no privileges gets them by a user namespace, and stays who they are."""
    skip_unless(Isolation.FULL)
    python = shutil.which("python3", path=os.defpath)
    if os.geteuid() != 0 or python is None or not _reaches_the_code(python):
        pytest.skip("needs root, who becomes another user, and Python and code that this one can reach")
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders are for their owner alone
        home = Path(folder)
        os.chown(home, NOBODY, NOBODY)
        _run_as_nobody([python, "-B", "-c", UNPRIVILEGED, str(ROOT), str(home)])
        assert log(home).splitlines() == ["65534 2 []", "it is 8080"]


def _run_as_nobody(arguments: list[str]) -> None:
    subprocess.run(arguments, cwd="/", user=NOBODY, group=NOBODY, extra_groups=[], check=True, timeout=60)


def _reaches_the_code(python: str) -> bool:
    try:
        _run_as_nobody([python, "-B", "-c", "import sys, tomllib; open(sys.argv[1])", __file__])
    except subprocess.CalledProcessError:
        return False
    return True
