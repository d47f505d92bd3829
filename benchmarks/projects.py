"""A project outside of the repository: checked, deployed with one pipeline and with ten, and synced."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks.table import Goal, Row, seconds
from tests.integration.stack import ROOT, Stack, free_port

_PROJECT = ROOT / "tests/projects/churn"
_SYNCS = 3


def measure(folder: Path) -> Iterator[Row]:
    """Deploy a project and the same with ten pipelines; sync a changed script in the second."""
    alone, many = (_copy(folder / name) for name in ("alone", "many"))
    pipelines = many.project / "resources/pipelines"
    for number in range(1, 10):
        shutil.copytree(pipelines / "churn", pipelines / f"churn-{number}")
    many.invoke("validate")  # compiles the modules
    yield Row(
        "invoke validate, ten pipelines (s)",
        [seconds(lambda: many.invoke("validate")) for _ in range(3)],
        goal=Goal(1),
    )
    one = seconds(lambda: alone.invoke("up", "--yes", timeout=600))
    alone.invoke("down", "--yes")
    ten = seconds(lambda: many.invoke("up", "--yes", timeout=600))
    yield Row("invoke up, ten pipelines (s)", [ten], ("with one", [one]), Goal(1.3))
    synced = []
    for number in range(_SYNCS):
        script = pipelines / "churn/code/train.py"
        script.write_text(f"{script.read_text(encoding='utf-8')}# {number}\n", encoding="utf-8")
        synced.append(seconds(lambda: many.invoke("sync", "--yes")))
    many.invoke("down", "--yes")
    yield Row("invoke sync of a changed script, ten pipelines (s)", synced, goal=Goal(2))


def _copy(folder: Path) -> Stack:
    shutil.copytree(_PROJECT, folder / "churn")
    return Stack(folder / "home", free_port(), project=folder / "churn")
