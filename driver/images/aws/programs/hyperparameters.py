"""The hyperparameters of AWS's XGBoost image as an algorithm: their types and ranges.

Source: aws/sagemaker-xgboost-container, `algorithm_mode/hyperparameter_validation.py`, whose sentences these
are. Ranges are written as AWS's messages write them; `(` and `)` leave the bound out.
"""

import ast
import re
from collections.abc import Callable, Mapping
from typing import Any

_INTEGERS = {
    "num_round": "[1, +inf)",
    "csv_weights": "[0, 1]",
    "early_stopping_rounds": "[1, +inf)",
    "verbosity": "[0, 3]",
    "nthread": "[1, +inf)",
    "max_depth": "[0, +inf)",
    "refresh_leaf": "[0, 1]",
    "max_leaves": "[0, +inf)",
    "max_bin": "[0, +inf)",
    "one_drop": "[0, 1]",
    "num_class": "[2, +inf)",
    "seed": "(-2147483648, 2147483647)",
    "num_parallel_tree": "[1, +inf)",
}
_NUMBERS = {
    "eta": "[0, 1]",
    "gamma": "[0, +inf)",
    "min_child_weight": "[0, +inf)",
    "max_delta_step": "[0, +inf)",
    "subsample": "(0, 1]",
    "colsample_bytree": "(0, 1]",
    "colsample_bylevel": "(0, 1]",
    "colsample_bynode": "(0, 1]",
    "lambda": "[0, +inf)",
    "alpha": "[0, +inf)",
    "sketch_eps": "(0, 1)",
    "scale_pos_weight": "(0, +inf)",
    "rate_drop": "[0, 1]",
    "skip_drop": "[0, 1]",
    "lambda_bias": "[0, 1]",
    "tweedie_variance_power": "(1, 2)",
    "base_score": "[0, +inf)",
    "aft_loss_distribution_scale": "(0, +inf)",
}
_WORDS = {
    "booster": ["gbtree", "gblinear", "dart"],
    "tree_method": ["auto", "exact", "approx", "hist", "gpu_hist"],
    "dsplit": ["row", "col"],
    "process_type": ["default", "update"],
    "grow_policy": ["depthwise", "lossguide"],
    "predictor": ["auto", "cpu_predictor", "gpu_predictor"],
    "sample_type": ["uniform", "weighted"],
    "normalize_type": ["tree", "forest"],
    "save_model_on_termination": ["true", "false"],
    "aft_loss_distribution": ["normal", "logistic", "extreme"],
    "objective": [
        "binary:logistic",
        "binary:logitraw",
        "binary:hinge",
        "count:poisson",
        "multi:softmax",
        "multi:softprob",
        "rank:pairwise",
        "rank:ndcg",
        "rank:map",
        "reg:linear",
        "reg:squarederror",
        "reg:logistic",
        "reg:gamma",
        "reg:pseudohubererror",
        "reg:squaredlogerror",
        "reg:tweedie",
        "survival:aft",
        "survival:cox",
    ],
}
_OTHERS: Mapping[str, Callable[[str], Any]] = {
    "eval_metric": lambda text: text.split(","),
    "updater": str,
    "monotone_constraints": ast.literal_eval,
    "interaction_constraints": ast.literal_eval,
    "_tuning_objective_metric": str,
}
_NOT_HERE = {"_kfold": "cross-validation", "_num_cv_round": "cross-validation"}


class HyperparameterError(ValueError):
    """A hyperparameter is wrong; the text is AWS's."""


def validated(given: Mapping[str, str]) -> dict[str, Any]:
    """Turn texts into values; `HyperparameterError` if one is missing, unknown or out of range."""
    if "num_round" not in given:
        raise HyperparameterError("Missing required hyperparameter: num_round")
    values = {name: _value(name, text) for name, text in given.items()}
    if str(values.get("objective")).startswith("multi:") and "num_class" not in values:
        raise HyperparameterError("Require input for parameter 'num_class' for multi-classification")
    return values


def _value(name: str, text: str) -> Any:
    if name in _NOT_HERE:
        raise HyperparameterError(f"Hyperparameter {name}: {_NOT_HERE[name]} is not done on the local cloud")
    try:
        if name in _INTEGERS:
            return _within(name, int(text), _INTEGERS[name])
        if name in _NUMBERS:
            return _within(name, float(text), _NUMBERS[name])
        if name in _OTHERS:
            return _OTHERS[name](text)
    except HyperparameterError:
        raise
    except (ValueError, SyntaxError) as error:
        raise HyperparameterError(f"Hyperparameter {name}: could not parse value") from error
    if name not in _WORDS:
        raise HyperparameterError(f"Extraneous hyperparameter found: {name}")
    if text not in _WORDS[name]:
        raise HyperparameterError(f"Hyperparameter {name}: {text} is not in {_WORDS[name]}")
    return text


def _within(name: str, value: float, interval: str) -> float:
    match = re.fullmatch(r"([\[(])(\S+), (\S+)([\])])", interval)
    assert match is not None, interval
    lowest, highest = float(match[2]), float(match[3])
    is_above = value > lowest or (match[1] == "[" and value == lowest)
    is_below = value < highest or (match[4] == "]" and value == highest)
    if not (is_above and is_below):
        raise HyperparameterError(f"Hyperparameter {name}: {value} is not in {interval}")
    return value
