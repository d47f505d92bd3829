"""Kills in the middle of `up` and `down`: the same command again goes on."""

import json
import os
import signal
from collections.abc import Callable

import pytest

from tests.integration.processes import linux, processes
from tests.integration.stack import Stack
from tests.integration.wire import eventually

pytestmark = pytest.mark.integration


def kill_once_it_says(stack: Stack, words: str, *command: str) -> None:
    """Kill a command, and nothing that it started, at a certain point."""
    process = stack.start(*command)
    assert process.stdout
    for line in process.stdout:
        if words in line:
            break
    process.send_signal(signal.SIGKILL)
    process.communicate()


def left_by_terraform(stack: Stack) -> dict[int, str]:
    """Find Terraform, its supervisor and its providers: each has the stack's folder in its environment."""
    return {pid: words for pid, words in processes(stack.home).items() if "terraform" in words}


def stop_and_go_on(stack: Stack) -> None:
    """Stop the cloud's process: commands say so and wait for it, and nothing of it is lost."""
    before = stack.cloud()
    os.kill(before["pid"], signal.SIGSTOP)
    try:
        said = stack.invoke("status").output
        assert f"process {before['pid']} is there, but does not answer (state: stopped)" in said
        up = stack.start("up", "--yes")
        assert up.stdout
        assert any("waiting for it" in line for line in up.stdout)
    finally:
        os.kill(before["pid"], signal.SIGCONT)
    said, _ = up.communicate(timeout=200)
    assert "nothing changed" in said
    assert stack.cloud() == before


@linux
def test_after_a_kill_the_same_command_goes_on(new_stack: Callable[..., Stack]) -> None:
    """In an environment with a name, whose resources have names of their own."""
    stack = new_stack(env="live")
    kill_once_it_says(stack, "creating module.queue", "up")
    assert processes(stack.state / "cloud")
    # It writes its state before its provider goes, and nobody has to end it.
    eventually(lambda: left_by_terraform(stack), lambda left: not left, seconds=60)
    assert json.loads((stack.state / "terraform.tfstate").read_text(encoding="utf-8"))["resources"]
    assert "the local cloud begins anew" in stack.invoke("up").output
    stop_and_go_on(stack)
    assert stack.output("pipeline_name").startswith("sagestep-live-")
    assert stack.output("bucket_name").startswith("sagestep-live-")
    kill_once_it_says(stack, "destroyed", "down", "--yes")
    # At once, while Terraform still ends: the next command waits for that.
    stack.invoke("down", "--yes")
    assert left_by_terraform(stack) == {}
    assert processes(stack.state / "cloud") == {}
    assert not stack.state.exists()
