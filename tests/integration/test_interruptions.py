"""`up` and `down` that are ended, killed or held up: the same command again goes on.

One deployment, in an environment with a name, whose resources have names of their own.
"""

import json
import os
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from tests.integration.executions import status, unanswered
from tests.integration.processes import linux, processes
from tests.integration.stack import Stack, read_until
from tests.integration.wire import eventually

pytestmark = pytest.mark.integration

# The provider works 25 s on it, after all else is created.
QUEUE = "creating module.queue"


@linux
def test_what_was_cut_off_goes_on_with_the_same_command(new_stack: Callable[..., Stack]) -> None:
    stack = new_stack(env="live")
    end_up_in_the_background(stack)
    kill_up(stack)
    said = stack.invoke("up").output
    assert "the local cloud is started again" in said, said
    for output in ("state_machine_name", "bucket_name"):
        assert stack.output(output).startswith("sagestep-live-")
    hold_the_cloud_up(stack)
    assert "Anchorage" in stack.invoke("run-pipeline").output
    kill_down_after_an_execution(stack)
    # At once, while Terraform still ends: the next command waits for that.
    kept = stack.invoke("down", "--yes", "--keep", "bucket").output
    assert "the local cloud keeps running" in kept
    assert left_by_terraform(stack) == {}
    stack.invoke("down", "--yes")
    assert processes(stack.state / "cloud") == {}
    assert {path.relative_to(stack.state).parts[0] for path in stack.state.rglob("*")} == {"runs"}


def end_up_in_the_background(stack: Stack) -> None:
    """Begin `up` as a shell begins a job with `&`, out of Ctrl-C's reach; end it by SIGTERM."""
    shell = ("/bin/sh", "-c", "trap '' INT; exec \"$@\"", "sh")
    with stack.running("up", by=shell) as process:
        read_until(process, QUEUE)
        assert left_by_terraform(stack)
        process.send_signal(signal.SIGINT)  # it was told to ignore this
        time.sleep(0.5)
        assert process.poll() is None
        process.terminate()
        said, _ = process.communicate(timeout=120)
    assert process.returncode == 143, said
    assert "Terraform was interrupted" in said
    assert "the local cloud was stopped" in said
    assert "Traceback" not in said
    assert left_by_terraform(stack) == {}
    assert processes(stack.state / "cloud") == {}
    assert "No deployment was finished" in stack.invoke("run-pipeline", expect=3).output


def kill_up(stack: Stack) -> None:
    """Kill `up`, and nothing that it started, which forgets what an earlier cloud held."""
    with stack.running("up") as process:
        assert "was started again and is empty" in read_until(process, QUEUE)
        # What Terraform is told to end before its provider begins, the provider creates to its end.
        sqs = stack.client("sqs")
        eventually(
            lambda: sqs.list_queues(QueueNamePrefix="sagestep-live-callback").get("QueueUrls"),
            bool,
            seconds=60,
        )
        process.kill()
    assert processes(stack.state / "cloud")
    # Terraform writes its state before its provider ends, and nobody has to end either.
    eventually(lambda: left_by_terraform(stack), lambda left: not left, seconds=60)
    assert json.loads((stack.state / "terraform.tfstate").read_text(encoding="utf-8"))["resources"]


def hold_the_cloud_up(stack: Stack) -> None:
    """Stop the cloud's process: commands say so and wait for it, and nothing of it is lost."""
    pipeline = stack.one_of("pipelines", "geospatial")["name"]
    before, made = stack.cloud(), stack.sagemaker.describe_pipeline(PipelineName=pipeline)
    os.kill(before["pid"], signal.SIGSTOP)
    try:
        said = stack.invoke("status").output
        assert f"process {before['pid']} is there, but does not answer (state: stopped)" in said
        up = stack.start("up", "--yes")
        read_until(up, "waiting for it")
    finally:
        os.kill(before["pid"], signal.SIGCONT)
    said, _ = up.communicate(timeout=200)
    assert "nothing changed" in said
    assert stack.cloud() == before
    found = stack.sagemaker.describe_pipeline(PipelineName=pipeline)
    assert found["LastModifiedTime"] == made["LastModifiedTime"]


def kill_down_after_an_execution(stack: Stack) -> None:
    """Kill `down` at its work, once it has waited for the end of an execution."""
    with ExitStack() as waiting:
        execution = waiting.enter_context(unanswered(stack))
        with stack.running("down", "--yes", "--keep", "bucket") as process:
            eventually(lambda: status(stack, execution), "Stopping".__eq__)
            waiting.close()  # the execution is answered
            said = read_until(process, "destroyed module")
            process.kill()
    assert said.index(f"{execution.rpartition('/')[2]} is Stopped") < said.index("destroying module")


def left_by_terraform(stack: Stack) -> dict[int, str]:
    """Find Terraform, its supervisor and its providers: each has the stack's folder in its environment."""
    return {pid: words for pid, words in processes(stack.home).items() if "terraform" in words}
