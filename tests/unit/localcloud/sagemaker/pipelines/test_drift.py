"""Drift of bias and of feature attributions, by the rules of the developer guide."""

import math

import pytest

from localcloud.sagemaker.pipelines.drift import attribution_drift, bias_drift, ndcg

NAN = math.nan
PRE = "pre_training_bias_metrics"


def analysis(group: str = "40", **metrics: object) -> dict[str, object]:
    values = [{"name": name, "description": name, "value": value} for name, value in metrics.items()]
    facets = {"Age": [{"value_or_threshold": group, "metrics": values}]}
    return {"version": "1.0", PRE: {"label": "Target", "facets": facets, "label_value_or_threshold": "1"}}


def explained(**values: object) -> dict[str, object]:
    return {
        "explanations": {"kernel_shap": {"label0": {"global_shap_values": values, "expected_value": 0.5}}}
    }


@pytest.mark.parametrize(
    ("before", "now", "violates"),
    [
        (0.2, 0.1, False),
        (0.2, -0.3, True),
        (0.2, -0.2, False),
        (-0.08, 0.09, True),
        (0.0, 0.0, False),
        (0.2, math.inf, True),
    ],
)
def test_a_metric_may_not_be_farther_from_zero(before: float, now: float, violates: bool) -> None:
    expected = {
        "facet": "Age",
        "facet_value": "40",
        "metric_name": "DPL",
        "constraint_check_type": "bias_drift_check",
        "description": f"Value {now} does not meet the constraint requirement",
    }
    assert bias_drift(analysis(DPL=before), analysis(DPL=now), PRE) == [expected] * violates


def test_groups_with_one_threshold_are_the_same_whatever_their_greatest_value() -> None:
    before, now = analysis("(0.5, 0.99]", CI=0.1), analysis("(0.5, 0.97]", CI=0.2)
    assert [found["facet_value"] for found in bias_drift(before, now, PRE)] == ["(0.5, 0.97]"]


def test_metrics_without_a_value_in_the_baseline_are_not_compared() -> None:
    assert bias_drift(analysis(CI=0.1, CDDL=None), analysis(CI=0.1, CDDL=3.0), PRE) == []


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        (analysis(CI=0.1), analysis(DPL=0.1), "no value of CI for the facet Age = 40"),
        (analysis(CI=0.1), analysis(CI=None), "no value of CI"),
        (analysis(CI=0.1), analysis("50", CI=0.1), "Age = 40"),
        (explained(a=1.0), analysis(CI=0.1), "the baseline has no value in pre_training_bias_metrics"),
        ([], "text", "the baseline has no value"),
        (analysis(CI=0.1), analysis(CI=NAN), "value of CI of Age = 40 is no number: nan"),
        (analysis(CI=NAN), analysis(CI=9.0), "is no number"),
        (analysis(CI=10**400), analysis(CI=0.1), "is no number: 1000"),
        (analysis(CI=0.1, DPL="0.1"), analysis(CI=0.1), "DPL of Age = 40 is no number: 0.1"),
        (analysis(CI=True), analysis(CI=True), "is no number: True"),
    ],
)
def test_what_cannot_be_compared_is_an_error(before: object, now: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        bias_drift(before, now, PRE)


def test_features_that_swap_their_ranks_drift() -> None:
    """The example of the developer guide: college admissions."""
    before = {"SAT score": 0.70, "GPA": 0.50, "Class rank": 0.05}
    now = {"SAT score": 0.10, "GPA": 0.20, "Class rank": 0.70}
    assert ndcg(before, before) == 1.0
    score = ndcg(before, now)
    assert score == pytest.approx(0.688, abs=0.001)
    assert attribution_drift(explained(**before), explained(**now), "explanations") == [
        {
            "label": "label0",
            "metric_name": "shap",
            "constraint_check_type": "feature_attribution_drift_check",
            "description": f"Feature attribution drift {score} exceeds threshold 0.9",
        }
    ]


def test_other_values_in_the_same_ranks_do_not_drift() -> None:
    assert attribution_drift(explained(a=0.5, b=0.1), explained(b=0.3, a=0.4), "explanations") == []


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        (explained(a=1.0), explained(b=1.0), "not the same features for label0"),
        (explained(a=1.0), {}, "not the same features for label0"),
        ({"explanations": {"pdp": {}}}, explained(a=1.0), "no global SHAP values"),
        (explained(a=1.0, b=NAN), explained(a=1.0, b=2.0), "b of label0 is no number"),
        (explained(a=1.0, b=10**400), explained(a=1.0, b=2.0), "b of label0 is no number"),
        (
            explained(a=math.inf, b=2.0),
            explained(a=1.0, b=3.0),
            "cannot be scored: their discounted sum is inf",
        ),
        (explained(a=0.0, b=0.0), explained(a=1.0, b=2.0), "cannot be scored: their discounted sum is 0"),
        (explained(a=-1.0, b=-2.0), explained(a=-2.0, b=-1.0), "cannot be scored"),
    ],
)
def test_attributions_that_cannot_be_compared_are_an_error(before: object, now: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        attribution_drift(before, now, "explanations")
