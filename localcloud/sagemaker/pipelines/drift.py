"""How far an analysis of Clarify has drifted from an earlier one; pure.

Rules and words: developer guide, "Bias Drift Violations" and "Model Feature Attribution Drift Violations";
the files: "Analysis Results". What the guide leaves open is an error, never a pass: a metric that the
baseline has and the analysis has not. Two groups of a facet are the same where their thresholds are: Clarify
writes an interval, ``(0.5, 0.99]``, that ends with the greatest value of the data. A bias metric may be
infinite (aws/amazon-sagemaker-clarify, ``divide``); NaN is an error, as no comparison with it holds.
"""

import math
from collections.abc import Iterator, Mapping

_THRESHOLD = 0.9  # of the nDCG

Violations = list[dict[str, str]]


def bias_drift(baseline: object, analysis: object, section: str) -> Violations:
    """List the metrics that are farther from 0 than those of the baseline.

    `section`: ``pre_training_bias_metrics`` or ``post_training_bias_metrics``.

    Raises `ValueError` where a metric of the baseline is missing, there is none, or one is no number.
    """
    before, now = list(_metrics(baseline, section)), dict(_metrics(analysis, section))
    if not before:
        raise ValueError(f"the baseline has no value in {section}")
    found: Violations = []
    for (facet, group, metric), (value, text) in before:
        if (facet, group, metric) not in now:
            raise ValueError(f"the analysis has no value of {metric} for the facet {facet} = {text}")
        current, shown = now[facet, group, metric]
        if abs(current) > abs(value):
            found.append(
                {
                    "facet": facet,
                    "facet_value": shown,
                    "metric_name": metric,
                    "constraint_check_type": "bias_drift_check",
                    "description": f"Value {current} does not meet the constraint requirement",
                }
            )
    return found


def attribution_drift(baseline: object, analysis: object, section: str) -> Violations:
    """List the labels whose features rank otherwise than in the baseline: their nDCG is below 0.9.

    Raises `ValueError` where a label or a feature of the baseline is missing, there is none, a value is no
    number, or the baseline has no score.
    """
    before, now = dict(_attributions(baseline, section)), dict(_attributions(analysis, section))
    if not before:
        raise ValueError(f"the baseline has no global SHAP values in {section}")
    found: Violations = []
    for label, values in before.items():
        if now.get(label, {}).keys() != values.keys():
            raise ValueError(f"the analysis has not the same features for {label}")
        score = ndcg(values, now[label])
        if score < _THRESHOLD:
            found.append(
                {
                    "label": label,
                    "metric_name": "shap",
                    "constraint_check_type": "feature_attribution_drift_check",
                    "description": f"Feature attribution drift {score} exceeds threshold {_THRESHOLD}",
                }
            )
    return found


def ndcg(before: Mapping[str, float], now: Mapping[str, float]) -> float:
    """Score how well features keep their rank: 1 where they do.

    The gain of a feature is what the baseline attributes to it, discounted by its rank now ("Monitor Feature
    Attribution Drift for Models in Production").

    Raises `ValueError` where the baseline has no score, such as of zeros alone: no order would be worse.
    """

    def gain(values: Mapping[str, float]) -> float:
        ranked = sorted(values, key=values.__getitem__, reverse=True)
        return sum(before[name] / math.log2(rank + 1) for rank, name in enumerate(ranked, 1))

    best = gain(before)
    if not 0 < best < math.inf:
        raise ValueError(f"the SHAP values of the baseline cannot be scored: their discounted sum is {best}")
    return gain(now) / best


def _metrics(document: object, section: str) -> Iterator[tuple[tuple[str, str, str], tuple[float, str]]]:
    """Yield the values with what they are of: facet, group, metric; the group also as it is written."""
    for facet, groups in _members(_members(document).get(section), "facets").items():
        for group in groups if isinstance(groups, list) else []:
            text = str(_members(group).get("value_or_threshold", ""))
            start = text.split(",", maxsplit=1)[0] if text[:1] in {"(", "["} else text
            metrics = _members(group).get("metrics")
            for metric in metrics if isinstance(metrics, list) else []:
                match metric:
                    case {"name": str(name), "value": value} if value is not None:
                        yield (facet, start, name), (_number(value, f"{name} of {facet} = {text}"), text)


def _attributions(document: object, section: str) -> Iterator[tuple[str, dict[str, float]]]:
    for label, values in _members(_members(document).get(section), "kernel_shap").items():
        shap = _members(values, "global_shap_values")
        numbers = {
            name: _number(value, f"{name} of {label}") for name, value in shap.items() if value is not None
        }
        if numbers:
            yield label, numbers


def _number(value: object, name: str) -> float:
    """Give a value of a file; `ValueError` where it is no number, or one that no float holds."""
    try:
        number = math.nan if isinstance(value, bool) or not isinstance(value, int | float) else float(value)
    except OverflowError:
        number = math.nan
    if math.isnan(number):
        raise ValueError(f"the value of {name} is no number: {str(value)[:64]}")
    return number


def _members(document: object, *path: str) -> dict[str, object]:
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document if isinstance(document, dict) else {}
