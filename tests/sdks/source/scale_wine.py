"""A script of SageMaker's scikit-learn image that learns the scale of 13 columns, and scales rows."""

import argparse
import io
import os
from pathlib import Path
from typing import Any

import joblib
import numpy
from sklearn.preprocessing import StandardScaler

FEATURES = 13


def read(text: str) -> numpy.ndarray:
    return numpy.loadtxt(io.StringIO(text), delimiter=",", ndmin=2)


def model_fn(folder: str) -> Any:
    return joblib.load(Path(folder, "scaler.joblib"))


def input_fn(body: str, content_type: str) -> numpy.ndarray:
    assert content_type == "text/csv"
    return read(body)


def predict_fn(rows: numpy.ndarray, scaler: Any) -> numpy.ndarray:
    """Scale the features; the class stays, where rows have one."""
    return numpy.hstack([scaler.transform(rows[:, :FEATURES]), rows[:, FEATURES:]])


def output_fn(rows: numpy.ndarray, _accept: str) -> tuple[str, str]:
    text = io.StringIO()
    numpy.savetxt(text, rows, delimiter=",", fmt="%.6f")
    return text.getvalue(), "text/csv"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--model-dir", type=Path, default=os.environ["SM_MODEL_DIR"])
    parser.add_argument("--train", type=Path, default=os.environ["SM_CHANNEL_TRAIN"])
    given = parser.parse_known_args()[0]
    rows = numpy.vstack([read(file.read_text(encoding="utf-8")) for file in given.train.iterdir()])
    joblib.dump(StandardScaler().fit(rows[:, :FEATURES]), given.model_dir / "scaler.joblib")
