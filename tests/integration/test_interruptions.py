"""Kills in the middle of `up` and `down`: the same command again goes on."""

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


def go_on(stack: Stack, *command: str) -> str:
    """Run a command again as soon as the Terraform of the killed one has ended."""

    def attempt() -> str:
        result = stack.invoke(*command, expect=None)
        if result.code == 0:
            return result.output
        assert result.code == 3, result.output
        assert "kill -INT" in result.output
        return ""

    return eventually(attempt, bool)


@linux
def test_after_a_kill_the_same_command_goes_on(new_stack: Callable[..., Stack]) -> None:
    """In an environment with a name, whose resources have names of their own."""
    stack = new_stack(env="live")
    kill_once_it_says(stack, "creating module.queue", "up")
    assert processes(stack.state / "cloud")
    assert "the local cloud begins anew" in go_on(stack, "up")
    assert stack.output("pipeline_name").startswith("sagestep-live-")
    assert stack.output("bucket_name").startswith("sagestep-live-")
    kill_once_it_says(stack, "destroyed", "down", "--yes")
    go_on(stack, "down", "--yes")
    assert processes(stack.state / "cloud") == {}
    assert not stack.state.exists()
