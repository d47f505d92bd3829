"""Ranges of hyperparameters: their values, their scales, and which of them are refused."""

import math

import pytest

from localcloud.errors import ServiceError
from localcloud.sagemaker.tuning.ranges import Categorical, Numeric, Scaling, Space, read_space
from localcloud.sagemaker.wire.requests import Request
from tests.unit.localcloud.sagemaker.cloud import Document
from tests.unit.localcloud.sagemaker.tuning.requests import categorical, continuous

UNITS = [step / 200 for step in range(201)]


def integers(least: object, most: object, scaling: str | None = None) -> Document:
    item = {"Name": "x", "MinValue": str(least), "MaxValue": str(most)}
    return {"IntegerParameterRanges": [item if scaling is None else item | {"ScalingType": scaling}]}


def read(ranges: Document) -> Space:
    return read_space(Request(ranges), "ParameterRanges")


@pytest.mark.parametrize(
    ("ranges", "middle"),
    [
        (continuous(least=2, most=6), 4.0),
        (continuous(least=0.01, most=100, scaling="Logarithmic"), 1.0),
        (continuous(least=0.01, most=100, scaling="Auto"), 1.0),
        (continuous(least=1, most=9, scaling="Auto"), 5.0),
        (continuous(least=0, most=0.9999, scaling="ReverseLogarithmic"), 0.99),
        (integers(1, 3), 2.0),
        (integers(1, 10_000, "Logarithmic"), 71),
    ],
)
def test_the_middle_of_a_range_is_that_of_its_scale(ranges: Document, middle: float) -> None:
    [item] = read(ranges).ranges
    assert float(item.at(0.5)) == pytest.approx(middle)


@pytest.mark.parametrize(
    "item",
    [
        Numeric("x", -1.5, 2.5, Scaling.LINEAR, is_integer=False),
        Numeric("x", 1e-6, 10, Scaling.LOGARITHMIC, is_integer=False),
        Numeric("x", 0.5, 0.999, Scaling.REVERSE_LOGARITHMIC, is_integer=False),
        Numeric("x", 3, 7, Scaling.LINEAR, is_integer=True),
        Numeric("x", 1, 500, Scaling.LOGARITHMIC, is_integer=True),
        Numeric("x", 4, 4, Scaling.LINEAR, is_integer=False),
    ],
)
def test_values_lie_within_their_range_and_tell_their_place(item: Numeric) -> None:
    places = []
    for unit in UNITS:
        value = item.at(unit)
        assert item.least <= float(value) <= item.most
        assert item.is_integer is value.lstrip("-").isdecimal()
        places.append(item.features(value)[0])
    assert places == sorted(places)
    if not item.is_integer and item.size > 1:
        assert places == pytest.approx(UNITS, abs=1e-6)


def test_each_integer_and_each_category_has_the_same_room() -> None:
    for item in (Numeric("x", 1, 4, Scaling.LINEAR, is_integer=True), Categorical("x", ("1", "2", "3", "4"))):
        values = [item.at(unit) for unit in UNITS[:-1]]
        assert [values.count(value) for value in ("1", "2", "3", "4")] == pytest.approx([50] * 4, abs=1)


def test_a_space_has_as_many_combinations_as_its_ranges_have_together() -> None:
    of_two = categorical("c", "a", "b") | integers(1, 5)
    assert read(of_two).size == 10
    assert read(of_two | continuous("y")).size == math.inf
    space = read(categorical("c", "a", "b", "a"))
    assert space.size == 2
    assert (space.features({"c": "b"}), space.features({"c": "z"}), space.features({})) == (
        (0.0, 1.0),
        None,
        None,
    )


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        ({}, "ParameterRanges must have at least one hyperparameter range."),
        (
            categorical("x", 1) | integers(1, 2),
            "ParameterRanges: the hyperparameter 'x' has more than one range.",
        ),
        (integers(2, 1), "the range of 'x': MinValue 2 must not be greater than MaxValue 1."),
        (integers("a", 1), "the range of 'x': MinValue 'a' is not an integer."),
        (integers(1, 2.5), "the range of 'x': MaxValue '2.5' is not an integer."),
        (continuous(most="inf"), "the range of 'x': MaxValue 'inf' is not a number."),
        (continuous(scaling="Logarithmic"), "Logarithmic scaling needs values greater than 0."),
        (integers(0, 1, "ReverseLogarithmic"), "ReverseLogarithmic scaling is not for integer ranges."),
        (
            continuous(most=1, scaling="ReverseLogarithmic"),
            "ReverseLogarithmic scaling needs a range within 0 <= x < 1.0.",
        ),
        ({"AutoParameters": [{"Name": "x"}]}, "AutoParameters is not supported by the local cloud."),
        (
            {"CategoricalParameterRanges": [{"Name": str(number), "Values": ["a"]} for number in range(31)]},
            "ParameterRanges must not have more than 30 hyperparameter ranges.",
        ),
    ],
)
def test_ranges_that_cannot_be_searched_are_refused(ranges: Document, message: str) -> None:
    with pytest.raises(ServiceError) as caught:
        read(ranges)
    assert (caught.value.code, caught.value.message.endswith(message)) == ("ValidationException", True)
