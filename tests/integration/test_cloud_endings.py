"""How a local cloud ends: nothing that it runs outlives it, and the next one starts in the same folder."""

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.images import (
    deployed_endpoint,
    folder_for_programs,
    launched,
    model,
    predict,
    put_data,
    training,
)
from tests.integration.machines import Stopwatch
from tests.integration.processes import fork_server, linux, processes, programs
from tests.integration.stack import Keys
from tests.integration.wire import Cloud, eventually, unique

pytestmark = [pytest.mark.integration, linux]

# Each invocation leaves three: a child, one in a session of its own, and one whose parents have gone.
INVOCATIONS, LEFT = 3, 9
FUNCTION = """
import os, subprocess, time

def note(folder, pid):
    open(os.path.join(folder, str(pid)), "x").close()

def handler(event, context):
    if "folder" not in event:
        return "idle"
    for session in (False, True):
        note(event["folder"], subprocess.Popen(["sleep", "300"], start_new_session=session).pid)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.setsid()
            note(event["folder"], os.getpid())
            os.execvp("sleep", ["sleep", "300"])
        os._exit(0)
    time.sleep(60)
"""


def terminate(process: subprocess.Popen[bytes], _: Path) -> None:
    process.terminate()
    assert process.wait(30) == 0


def kill(process: subprocess.Popen[bytes], _: Path) -> None:
    process.kill()
    process.wait(30)


def kill_after_its_fork_server(process: subprocess.Popen[bytes], folder: Path) -> None:
    os.kill(fork_server(process.pid, folder), signal.SIGKILL)
    kill(process, folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one folder of all the clouds here, one after the other."""
    return tmp_path_factory.mktemp("endings")


@pytest.fixture(scope="module")
def earlier_keys() -> set[Keys]:
    """The keys of the clouds that have run there: each start makes its own."""
    return set()


@pytest.mark.parametrize("end", [kill, kill_after_its_fork_server, terminate])
def test_nothing_outlives_it(
    folder: Path, earlier_keys: set[Keys], end: Callable[[subprocess.Popen[bytes], Path], None]
) -> None:
    with launched(folder) as (process, cloud):
        assert cloud.stack.keys not in earlier_keys
        earlier_keys.add(cloud.stack.keys)
        children, homes = start_functions(cloud), start_programs(cloud)
        running = processes(folder)
        assert children < running.keys()
        assert all(programs(home) for home in homes)
        watch = Stopwatch.start()
        end(process, folder)
        eventually(lambda: processes(folder), lambda left: not left)
        assert not any(processes(Path(home)) for home in homes)
        assert watch.seconds() < 20


def start_functions(cloud: Cloud) -> set[int]:
    """Run a function that is idle, and one that is busy and leaves processes; give these."""
    meeting = cloud.folder / unique("meeting")
    meeting.mkdir()
    idle, busy = cloud.function(FUNCTION), cloud.function(FUNCTION, timeout=60)
    assert cloud.invoke(idle).payload == "idle"
    for _ in range(INVOCATIONS):
        event = json.dumps({"folder": str(meeting)})
        cloud.functions.invoke(FunctionName=busy, InvocationType="Event", Payload=event)
    eventually(lambda: len(list(meeting.iterdir())) == LEFT, seconds=60)
    return {int(path.name) for path in meeting.iterdir()}


def start_programs(cloud: Cloud) -> list[str]:
    """Run a training job, which leaves a daemon, and a model's server; give the homes of their containers."""
    with folder_for_programs() as folder:
        began = folder / "began"
        request = training(put_data(cloud, "1"), started=str(began), seconds="60", daemon="yes")
        cloud.sagemaker.create_training_job(**request)
        endpoint = deployed_endpoint(cloud, model(cloud, "weights"))
        home = str(eventually(lambda: began.exists() and began.read_text()))
    return [home, str(predict(cloud, endpoint, "1")["home"])]
