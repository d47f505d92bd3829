"""AWS's XGBoost image as an algorithm: what it does in a training job without a script.

The contract is that of the developer guide, "XGBoost algorithm with Amazon SageMaker AI": channels `train`
and `validation`, CSV without header whose first column is the label, or LIBSVM; a line of metrics after each
round; the model is the file `xgboost-model`, pickled where the image is older than 1.3.
"""

import csv
import json
import os
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import xgboost
from hyperparameters import validated

LIBSVM, CSV = "libsvm", "csv"
_CONTENT_TYPES = {
    "text/libsvm": LIBSVM,
    "text/x-libsvm": LIBSVM,
    "libsvm": LIBSVM,
    "text/csv": CSV,
    "csv": CSV,
}
_MODEL = "xgboost-model"


class DataError(ValueError):
    """The data of a channel cannot be used."""


class PrintRound(xgboost.callback.TrainingCallback):
    """Prints the metrics after each round as AWS's logs show them: a tab is `#011` there."""

    def after_iteration(self, model: Any, epoch: int, evals_log: Mapping[str, Any]) -> bool:
        """Print; the training goes on."""
        del model
        metrics = (
            f"#011{data}-{metric}:{values[-1]:.5f}"
            for data, of_data in evals_log.items()
            for metric, values in of_data.items()
        )
        print(f"[{epoch}]{''.join(metrics)}", flush=True)  # noqa: T201 - the log of the job
        return False


def train(ml: Path) -> None:
    """Train on the channels below a directory, and leave the model there.

    Raises `HyperparameterError` or `DataError`, whose texts are for who wrote the job.
    """
    config = ml / "input" / "config"
    settings = validated(json.loads((config / "hyperparameters.json").read_text("utf-8")))
    channels = json.loads((config / "inputdataconfig.json").read_text("utf-8"))
    if "train" not in channels:
        raise DataError("Missing required channel: train")
    if unknown := sorted(set(channels) - {"train", "validation"}):
        raise DataError(f"Extraneous channels found: {unknown}")
    weights = settings.pop("csv_weights", 0)
    kind = _kind(channels["train"].get("ContentType"))
    sets = [
        (_matrix(ml / "input" / "data" / name, kind, name, weights), name)
        for name in ("train", "validation")
        if name in channels
    ]
    rounds, patience = settings.pop("num_round"), settings.pop("early_stopping_rounds", None)
    settings.pop("save_model_on_termination", None)
    tuned = settings.pop("_tuning_objective_metric", None)
    if tuned is not None:
        settings["eval_metric"] = [*settings.get("eval_metric", []), tuned.partition(":")[2]]
    for matrix, name in sets:
        print(f"{name.capitalize()} matrix has {matrix.num_row()} rows", flush=True)  # noqa: T201
    booster = xgboost.train(
        {"nthread": int(os.environ.get("OMP_NUM_THREADS", "1"))} | settings,
        sets[0][0],
        rounds,
        evals=sets,
        early_stopping_rounds=patience,
        callbacks=[PrintRound()],
        verbose_eval=False,
    )
    file = ml / "model" / _MODEL
    if os.environ.get("XGBOOST_MODEL_FORMAT") == "pickle":
        file.write_bytes(pickle.dumps(booster))
    else:
        file.write_bytes(booster.save_raw("ubj"))


def load(folder: Path) -> Any:
    """Load a model in either format: the only file of its folder."""
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith(".")]
    if len(files) != 1:
        raise DataError(f"Unable to load model: one file is expected, not {[path.name for path in files]}")
    content = files[0].read_bytes()
    if content.startswith(b"\x80"):  # pickle's first byte from protocol 2 on
        return pickle.loads(content)  # noqa: S301 - a model is code of who deploys it
    booster = xgboost.Booster()
    booster.load_model(bytearray(content))
    return booster


def csv_rows(text: str) -> list[list[float]]:
    """Read rows of numbers; an empty cell is a missing value."""
    lines = text.strip().splitlines()
    delimiter = _delimiter(lines[0]) if lines else ","
    return [[float(cell or "nan") for cell in row] for row in csv.reader(lines, delimiter=delimiter)]


def _kind(content_type: str | None) -> str:
    name = (content_type or "text/libsvm").partition(";")[0].strip().lower()
    if name not in _CONTENT_TYPES:
        raise DataError(
            f"{content_type} is not an accepted ContentType on the local cloud: text/csv, text/libsvm"
        )
    return _CONTENT_TYPES[name]


def _matrix(folder: Path, kind: str, channel: str, weights: int) -> Any:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith(".")]
    if not any(path.stat().st_size for path in files):
        raise DataError(f"No data in {'training' if channel == 'train' else channel} channel path {folder}")
    if kind == LIBSVM:
        text = folder.parent / f".{channel}.libsvm"  # XGBoost reads one file
        text.write_bytes(b"".join(path.read_bytes().rstrip(b"\n") + b"\n" for path in files))
        return xgboost.DMatrix(f"{text}?format=libsvm")
    try:
        tables = [_table(path) for path in files]
        rows = pd.concat(tables, ignore_index=True).to_numpy(dtype="float32")
    except ValueError as error:
        raise DataError(f"Failed to load csv data with exception:\n{error}") from error
    first = 2 if weights and channel == "train" else 1
    given = {"weight": rows[:, 1]} if first == 2 else {}
    return xgboost.DMatrix(rows[:, first:], label=rows[:, 0], **given)


def _table(path: Path) -> pd.DataFrame:
    with path.open(encoding="utf-8") as stream:
        delimiter = _delimiter(stream.readline())
    return pd.read_csv(path, header=None, sep=delimiter)


def _delimiter(line: str) -> str:
    try:
        delimiter = csv.Sniffer().sniff(line[:512]).delimiter
    except csv.Error:  # one column
        return ","
    return "," if delimiter.isalnum() or delimiter == "." else delimiter
