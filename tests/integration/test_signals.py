"""A command that a shell runs in the background, where Ctrl-C does not reach it, ends cleanly by SIGTERM."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.processes import linux, processes
from tests.integration.stack import ROOT, Stack

pytestmark = [pytest.mark.integration, linux]


@pytest.fixture
def job(new_stack: Callable[[], Stack]) -> Iterator[tuple[Stack, subprocess.Popen[str]]]:
    """`invoke up`, begun as a shell begins a job with `&`."""
    stack = new_stack()
    script = "trap '' INT; exec \"$0\" -m invoke up"
    process = subprocess.Popen(
        ["/bin/sh", "-c", script, sys.executable],
        cwd=ROOT,
        env=stack.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    yield stack, process
    if process.poll() is None:
        process.kill()
    process.communicate()


def terraforms(folder: Path) -> list[str]:
    return [command for command in processes(folder).values() if "terraform" in command]


def test_up_in_the_background_ends_with_its_terraform(job: tuple[Stack, subprocess.Popen[str]]) -> None:
    stack, process = job
    assert process.stdout is not None
    seen = ""
    while "creating module" not in seen:
        line = process.stdout.readline()
        assert line, seen
        seen += line
    assert terraforms(stack.home)
    process.send_signal(signal.SIGINT)  # it was told to ignore this
    time.sleep(0.5)
    assert process.poll() is None
    process.terminate()
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 143, output
    assert "Terraform was interrupted" in output
    assert "Traceback" not in output
    assert terraforms(stack.home) == []
    stack.invoke("up")
