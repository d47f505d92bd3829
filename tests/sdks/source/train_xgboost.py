"""A script as users write it for SageMaker's XGBoost image."""

import json
from pathlib import Path

import numpy
import xgboost
from common import arguments, data, report


def model_fn(folder: str) -> xgboost.Booster:
    booster = xgboost.Booster()
    booster.load_model(Path(folder, "xgboost-model.json"))
    return booster


def input_fn(body: str, content_type: str) -> xgboost.DMatrix:
    assert content_type == "application/json"
    return xgboost.DMatrix(numpy.array(json.loads(body)["rows"]))


def predict_fn(matrix: xgboost.DMatrix, booster: xgboost.Booster) -> numpy.ndarray:
    return booster.predict(matrix)


def output_fn(prediction: numpy.ndarray, accept: str) -> tuple[str, str]:
    return json.dumps({"classes": prediction.tolist(), "accept": accept}), "application/json"


if __name__ == "__main__":
    given = arguments()
    rows, classes = data(given.training)
    matrix = xgboost.DMatrix(numpy.array(rows), label=numpy.array(classes))
    parameters = {"objective": "multi:softmax", "num_class": 3, "max_depth": given.depth, "nthread": 1}
    booster = xgboost.train(parameters, matrix, num_boost_round=10)
    booster.save_model(given.model_dir / "xgboost-model.json")
    report(float((booster.predict(matrix) == numpy.array(classes)).mean()))
