"""Stands in for AWS's XGBoost image in algorithm mode: CSV without header, what is predicted first."""

import json
import pickle
from pathlib import Path

import numpy
import xgboost

FOLDER = Path("/opt/ml")


def matrix(channel: str) -> xgboost.DMatrix:
    """Read the files of a channel."""
    files = sorted((FOLDER / "input" / "data" / channel).glob("*.csv"))
    rows = numpy.concatenate([numpy.loadtxt(file, delimiter=",") for file in files])
    return xgboost.DMatrix(rows[:, 1:], label=rows[:, 0])


if __name__ == "__main__":
    given = json.loads((FOLDER / "input" / "config" / "hyperparameters.json").read_text(encoding="utf-8"))
    rounds = int(given.pop("num_round"))
    sets = [(matrix(channel), channel) for channel in ("train", "validation")]
    booster = xgboost.train(given | {"nthread": 1}, sets[0][0], rounds, evals=sets)
    (FOLDER / "model" / "xgboost-model").write_bytes(pickle.dumps(booster))
