"""A script as users write it for SageMaker's scikit-learn image."""

from pathlib import Path
from typing import Any

import joblib
from common import arguments, data, report
from sklearn.ensemble import RandomForestClassifier


def model_fn(folder: str) -> Any:
    return joblib.load(Path(folder, "model.joblib"))


if __name__ == "__main__":
    given = arguments()
    rows, classes = data(given.training)
    forest = RandomForestClassifier(max_depth=given.depth, random_state=0).fit(rows, classes)
    joblib.dump(forest, given.model_dir / "model.joblib")
    report(forest.score(rows, classes))
