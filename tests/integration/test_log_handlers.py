"""What functions have printed is in their logs before a stop saves them, in a process of its own."""

import subprocess

import pytest

from tests.integration.stack import CLOUD_PYTHON, ROOT

pytestmark = pytest.mark.integration

PROGRAM = """
import os
import threading
import time
from types import SimpleNamespace

os.environ["SERVICES"] = "logs,lambda"

from localcloud.localstack import runtime
runtime._import_what_needs_python_3_13()
from localstack.services.lambda_.invocation.logs import LogHandler, LogItem
from localcloud.localstack.patches import functions, loops

written = []
is_open = threading.Event()
is_open.set()

class Writer:
    def __init__(self, client):
        pass

    def write(self, group, stream, lines):
        time.sleep(0.05)
        is_open.wait()
        written.extend(text for _, text in lines)

functions.CloudWatchLogs = Writer
functions.connect_to = SimpleNamespace(with_assumed_role=lambda **_: SimpleNamespace(logs=None))
loops.let_log_handlers_be_watched()
functions.write_logs_in_batches()
expected = [f"{number}\\n" for number in range(10)]

def printing():
    handler = LogHandler("arn:aws:iam::000000000000:role/one", "us-west-2")
    handler.start_subscriber()
    for number in range(10):
        handler.add_logs(LogItem("group", "stream", str(number)))
    return handler

# When the cloud stops.
handler = printing()
loops.await_logs(60)
assert written == expected, written

# When a function is updated or deleted.
handler.stop()
written.clear()
printing().stop()
assert written == expected, written

# What blocks does not block a stop.
is_open.clear()
handler = printing()
loops.await_logs(0.1)
assert written == expected, written
is_open.set()
"""


def test_what_was_printed_is_written_before_a_stop() -> None:
    done = subprocess.run(
        [CLOUD_PYTHON, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
