#!/usr/bin/env python
"""Training: a random forest on the channel ``training``, tested on rows that it has not seen.

Prints its metrics as ``accuracy=0.97``, for MetricDefinitions to find, and leaves the forest and the names of
its columns in the model directory.
"""

import json
import logging
import sys
from collections.abc import Callable, Mapping
from typing import Any

import joblib
import numpy as np
import sklearn
from opt_ml import (
    channel_directory,
    hyperparameters,
    log_to_stdout,
    model_directory,
    output_data_directory,
    report_failure,
)
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, f1_score, log_loss
from sklearn.model_selection import train_test_split
from table import TARGET, Table, TableError, read_tables

LOG = logging.getLogger(__name__)

_FOREST: Mapping[str, Callable[[str], object]] = {
    "n-estimators": int,
    "max-depth": int,
    "min-samples-leaf": int,
    "max-features": float,
}
_OF_TUNING = "_tuning_objective_metric"  # what a tuning job adds: the name of its objective
_KNOWN: Mapping[str, Callable[[str], object]] = {**_FOREST, "test-fraction": float, "random-state": int}


class HyperparameterError(ValueError):
    """A hyperparameter is unknown or cannot be."""


def main() -> int:
    """Train; the exit code decides on the job."""
    try:
        train(read_hyperparameters(hyperparameters()), read_tables(channel_directory("training")))
    except (HyperparameterError, TableError, ValueError) as error:  # scikit-learn refuses with ValueError
        report_failure(f"{type(error).__name__}: {error}")
        LOG.error("Training failed: %s", error)  # noqa: TRY400 - whoever reads it wrote the input
        return 1
    return 0


def read_hyperparameters(given: Mapping[str, str]) -> dict[str, Any]:
    """Turn the texts into numbers.

    Raises `HyperparameterError` if one is unknown, or not the number it must be.
    """
    given = {name: text for name, text in given.items() if name != _OF_TUNING}
    if unknown := sorted(set(given) - set(_KNOWN)):
        raise HyperparameterError(f"Unknown: {', '.join(unknown)}. There are {', '.join(_KNOWN)}.")
    numbers = {}
    for name, text in given.items():
        try:
            numbers[name] = _KNOWN[name](text)
        except ValueError as error:
            raise HyperparameterError(f"{name}: '{text}' is not a number as it must be.") from error
    return numbers


def train(settings: Mapping[str, Any], table: Table) -> None:
    """Train, test, print the metrics and write the model."""
    names = [name for name in table.columns if name != TARGET]
    features = np.asarray(table.select(names))
    labels = np.asarray([int(row[0]) for row in table.select([TARGET])])
    state = settings.get("random-state", 42)
    train_x, test_x, train_y, test_y = train_test_split(
        features, labels, test_size=settings.get("test-fraction", 0.25), random_state=state, stratify=labels
    )
    forest = RandomForestClassifier(
        random_state=state,
        **{name.replace("-", "_"): settings[name] for name in _FOREST if name in settings},
    )
    forest.fit(train_x, train_y)
    predicted = forest.predict(test_x)
    metrics = {
        "accuracy": float(accuracy_score(test_y, predicted)),
        "f1": float(f1_score(test_y, predicted, average="macro")),
        "log_loss": float(log_loss(test_y, forest.predict_proba(test_x), labels=forest.classes_)),
    }
    LOG.info("Trained on %d rows with %d columns, tested on %d:", len(train_x), len(names), len(test_x))
    for name, value in metrics.items():
        LOG.info("%s=%.6f", name, value)
    _write(forest, names, metrics)


def _write(forest: RandomForestClassifier, names: list[str], metrics: Mapping[str, float]) -> None:
    folder = model_directory()
    folder.mkdir(parents=True, exist_ok=True)
    joblib.dump(forest, folder / "model.joblib")
    about = {"columns": names, "classes": forest.classes_.tolist(), "scikit_learn": sklearn.__version__}
    (folder / "model.json").write_text(json.dumps(about, indent=1), "utf-8")
    output = output_data_directory()
    output.mkdir(parents=True, exist_ok=True)
    (output / "metrics.json").write_text(json.dumps(metrics, indent=1), "utf-8")


if __name__ == "__main__":
    log_to_stdout()
    sys.exit(main())
