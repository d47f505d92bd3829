"""Tell how far the model is off, in the format of a model quality report."""

import json
import pickle
import tarfile
from pathlib import Path

import numpy as np
import pandas as pd
import xgboost
from sklearn.metrics import mean_squared_error

FOLDER = Path("/opt/ml/processing")

if __name__ == "__main__":
    with tarfile.open(FOLDER / "model" / "model.tar.gz") as archive:
        archive.extractall(path=".", filter="data")
    model = pickle.loads(Path("xgboost-model").read_bytes())  # noqa: S301 - the job's own
    table = pd.read_csv(FOLDER / "test" / "test.csv", header=None)
    rings = table.iloc[:, 0].to_numpy()
    predictions = model.predict(xgboost.DMatrix(table.iloc[:, 1:].to_numpy()))
    errors = {
        "value": mean_squared_error(rings, predictions),
        "standard_deviation": float(np.std(rings - predictions)),
    }
    target = FOLDER / "evaluation" / "evaluation.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps({"regression_metrics": {"mse": errors}}), encoding="utf-8")
