"""The hyperparameters of the XGBoost image's algorithm: a module of that image's programs."""

import importlib.util
import re
from types import ModuleType

import pytest

from driver.images.image import READY_MADE


@pytest.fixture(scope="module")
def hyperparameters() -> ModuleType:
    file = READY_MADE / "programs" / "hyperparameters.py"
    specification = importlib.util.spec_from_file_location("xgboost_hyperparameters", file)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_texts_become_values(hyperparameters: ModuleType) -> None:
    given = {"num_round": "50", "eta": "0.2", "objective": "reg:linear", "eval_metric": "rmse,mae"}
    assert hyperparameters.validated(given | {"monotone_constraints": "(1,-1)"}) == {
        "num_round": 50,
        "eta": 0.2,
        "objective": "reg:linear",
        "eval_metric": ["rmse", "mae"],
        "monotone_constraints": (1, -1),
    }


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"num_round": None}, "Missing required hyperparameter: num_round"),
        ({"depth": "3"}, "Extraneous hyperparameter found: depth"),
        ({"max_depth": "deep"}, "Hyperparameter max_depth: could not parse value"),
        ({"eta": "1.5"}, "Hyperparameter eta: 1.5 is not in [0, 1]"),
        ({"subsample": "0"}, "Hyperparameter subsample: 0.0 is not in (0, 1]"),
        ({"tree_method": "fast"}, "Hyperparameter tree_method: fast is not in ['auto', "),
        ({"objective": "multi:softmax"}, "Require input for parameter 'num_class'"),
        ({"_kfold": "5"}, "Hyperparameter _kfold: cross-validation is not done on the local cloud"),
        ({"monotone_constraints": "(1,"}, "Hyperparameter monotone_constraints: could not parse value"),
    ],
)
def test_what_is_wrong_is_told_in_the_words_of_aws(
    hyperparameters: ModuleType, given: dict[str, str | None], text: str
) -> None:
    whole = {"num_round": "5", **given}
    with pytest.raises(hyperparameters.HyperparameterError, match=f"^{re.escape(text)}"):
        hyperparameters.validated({name: value for name, value in whole.items() if value is not None})


@pytest.mark.parametrize(
    ("name", "value"), [("eta", "0"), ("eta", "1"), ("subsample", "1"), ("gamma", "1e9"), ("max_depth", "0")]
)
def test_a_bound_that_belongs_to_the_range_is_taken(
    hyperparameters: ModuleType, name: str, value: str
) -> None:
    assert hyperparameters.validated({"num_round": "1", name: value})[name] == float(value)
