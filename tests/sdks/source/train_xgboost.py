"""A script as users write it for SageMaker's XGBoost image."""

import numpy
import xgboost
from common import arguments, data, report

if __name__ == "__main__":
    given = arguments()
    rows, classes = data(given.training)
    matrix = xgboost.DMatrix(numpy.array(rows), label=numpy.array(classes))
    parameters = {"objective": "multi:softmax", "num_class": 3, "max_depth": given.depth, "nthread": 1}
    booster = xgboost.train(parameters, matrix, num_boost_round=10)
    booster.save_model(given.model_dir / "xgboost-model.json")
    report(float((booster.predict(matrix) == numpy.array(classes)).mean()))
