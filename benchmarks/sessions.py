"""A session of a project's tests with the fixture `deployed`: until its first test begins."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.table import Goal, Row, repeated
from tests.environments import own_cache
from tests.integration.stack import ROOT
from tests.plugin import run_pytest

_PROJECT = ROOT / "tests/projects/churn"
_WARM = 5
_TEST = """
import time
from pathlib import Path


def test_it(deployed):
    Path("began").write_text(repr(time.time()))
"""


def measure(folder: Path) -> Iterator[Row]:
    """Deploy it once, then begin from the snapshot of that."""
    project = folder / "churn"
    shutil.copytree(_PROJECT, project)
    (project / "tests").mkdir(exist_ok=True)
    (project / "tests/test_began.py").write_text(_TEST, encoding="utf-8")
    cache = own_cache(folder / "cache")
    sessions = iter(range(_WARM + 1))

    def session() -> float:
        started = time.time()
        done = run_pytest(
            project, folder / f"installed-{next(sessions)}", "tests/test_began.py", environ=cache
        )
        assert done.returncode == 0, done.stdout
        return float((project / "began").read_text(encoding="utf-8")) - started

    cold = session()
    yield Row(
        "session of tests until the first begins, from a snapshot (s)",
        repeated(_WARM, session),
        ("deployed anew", [cold]),
        goal=Goal(5),
    )
