"""How long a user waits before anything is said: the list of tasks, and the status of a deployment."""

import subprocess
import sys
from collections.abc import Iterator

from benchmarks.table import Goal, Row, repeated, seconds
from tests.integration.stack import ROOT, Stack

RUNS = 5


def measure(stack: Stack) -> Iterator[Row]:
    """Time them on a deployment, and Python's own start beside them."""
    bare = repeated(RUNS, lambda: seconds(lambda: _run("-c", "pass")))
    listing = repeated(RUNS, lambda: seconds(lambda: _run("-m", "invoke", "--list")))
    status = repeated(RUNS, lambda: seconds(lambda: stack.invoke("status")))
    yield Row("invoke --list (s)", listing, ("Python's start", bare), goal=Goal(0.3))
    yield Row("invoke status (s)", status, goal=Goal(2))


def _run(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
