"""Fill gaps, scale numbers, encode the sex; write train, validation and test sets with the rings first."""

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

FOLDER = Path("/opt/ml/processing")
NUMBERS = ["length", "diameter", "height", "whole", "shucked", "viscera", "shell"]

if __name__ == "__main__":
    [source] = (FOLDER / "input").glob("*.csv")
    table = pd.read_csv(source, header=None, names=["sex", *NUMBERS, "rings"])
    numeric = Pipeline([("imputer", SimpleImputer(strategy="median")), ("scaler", StandardScaler())])
    category = Pipeline(
        [
            ("imputer", SimpleImputer(strategy="constant", fill_value="missing")),
            ("onehot", OneHotEncoder(handle_unknown="ignore")),
        ]
    )
    columns = ColumnTransformer([("num", numeric, NUMBERS), ("cat", category, ["sex"])])
    rings = table.pop("rings").to_numpy().reshape(-1, 1)
    rows = np.concatenate((rings, columns.fit_transform(table)), axis=1)
    np.random.default_rng(7).shuffle(rows)
    parts = np.split(rows, [int(0.7 * len(rows)), int(0.85 * len(rows))])
    for name, part in zip(("train", "validation", "test"), parts, strict=True):
        pd.DataFrame(part).to_csv(FOLDER / name / f"{name}.csv", header=False, index=False)
