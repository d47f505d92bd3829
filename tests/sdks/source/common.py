"""What both training scripts share: the data, and what a fresh container has and lacks."""

import argparse
import csv
import os
from pathlib import Path

import sagestep_greeting  # what requirements.txt installs


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--depth", type=int, required=True)
    parser.add_argument("--model-dir", type=Path, default=os.environ["SM_MODEL_DIR"])
    parser.add_argument("--training", type=Path, default=os.environ["SM_CHANNEL_TRAINING"])
    return parser.parse_known_args()[0]  # a tuning job adds _tuning_objective_metric


def data(folder: Path) -> tuple[list[list[float]], list[int]]:
    """Read rows of 13 numbers and a class, below a header."""
    rows = list(csv.reader((folder / "wine.csv").read_text(encoding="utf-8").splitlines()))[1:]
    return [[float(cell) for cell in row[:-1]] for row in rows], [int(row[-1]) for row in rows]


def report(accuracy: float) -> None:
    Path("scratch").mkdir()  # fails where another job has left one
    print(f"accuracy={accuracy:.6f} {sagestep_greeting.GREETING}", flush=True)  # noqa: T201 - the log of the job
