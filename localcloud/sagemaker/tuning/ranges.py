"""Ranges of hyperparameters: which values there are, and where each lies between 0 and 1 on its scale.

Sources: developer guide, "Define Hyperparameter Ranges" and "Hyperparameter Scaling". What Auto chooses AWS
does not tell: here it is a logarithmic scale where the range spans two orders of magnitude, else a linear
one.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from localcloud.errors import ValidationError
from localcloud.sagemaker.wire.requests import Request

Values = Mapping[str, str]
"""A value for each hyperparameter that is tuned, as a training job is given it."""

_MOST = 30
"""Hyperparameters of a tuning job (service model: the sum of all ranges cannot exceed the maximum of one)."""
_AUTO_LOGARITHMIC = 100  # times the smallest value


class Scaling(StrEnum):
    """ScalingType."""

    AUTO = "Auto"
    LINEAR = "Linear"
    LOGARITHMIC = "Logarithmic"
    REVERSE_LOGARITHMIC = "ReverseLogarithmic"


@dataclass(frozen=True, slots=True)
class Categorical:
    """A hyperparameter that has one of some values."""

    name: str
    values: tuple[str, ...]

    @property
    def size(self) -> float:
        """How many values there are."""
        return len(self.values)

    def at(self, unit: float) -> str:
        """Give the value at a place in [0, 1)."""
        return self.values[min(int(unit * len(self.values)), len(self.values) - 1)]

    def features(self, value: str) -> tuple[float, ...]:
        """Give what a model sees of a value: 1 for it, 0 for each other; `ValueError` where it is none."""
        if value not in self.values:
            raise ValueError(value)
        return tuple(float(item == value) for item in self.values)


@dataclass(frozen=True, slots=True)
class Numeric:
    """A hyperparameter that is a number: an integer, or any number between two others.

    `scaling`: never Auto.
    """

    name: str
    least: float
    most: float
    scaling: Scaling
    is_integer: bool

    @property
    def size(self) -> float:
        """How many values there are; infinite where it need not be an integer."""
        if self.least == self.most:
            return 1
        return self.most - self.least + 1 if self.is_integer else math.inf

    def at(self, unit: float) -> str:
        """Give the value at a place in [0, 1]."""
        low, high = self._scaled_bounds()
        value = min(max(self._unscaled(low + unit * (high - low)), self.least), self.most)
        if self.is_integer:
            return str(int(min(max(round(value), self.least), self.most)))
        return repr(float(value))

    def features(self, value: str) -> tuple[float, ...]:
        """Give what a model sees of a value: its place from 0 to 1; `ValueError` where it is no number."""
        low, high = self._scaled_bounds()
        number = min(max(float(value), self.least), self.most)
        return ((self._scaled(number) - low) / (high - low) if high > low else 0.5,)

    def _scaled_bounds(self) -> tuple[float, float]:
        """Give the ends of the range on its scale; each integer has as much room as the others."""
        margin = 0.5 if self.is_integer else 0.0
        return self._scaled(self.least - margin), self._scaled(self.most + margin)

    def _scaled(self, value: float) -> float:
        match self.scaling:
            case Scaling.LOGARITHMIC:
                return math.log(value)
            case Scaling.REVERSE_LOGARITHMIC:
                return -math.log1p(-value)
        return value

    def _unscaled(self, value: float) -> float:
        match self.scaling:
            case Scaling.LOGARITHMIC:
                return math.exp(value)
            case Scaling.REVERSE_LOGARITHMIC:
                return -math.expm1(-value)
        return value


Range = Categorical | Numeric


@dataclass(frozen=True, slots=True)
class Space:
    """The ranges of one training job definition."""

    ranges: tuple[Range, ...]

    @property
    def size(self) -> float:
        """How many combinations there are; may be infinite."""
        return math.prod(item.size for item in self.ranges)

    def at(self, units: tuple[float, ...]) -> dict[str, str]:
        """Give the combination at a place in the unit cube."""
        return {item.name: item.at(unit) for item, unit in zip(self.ranges, units, strict=True)}

    def features(self, values: Values) -> tuple[float, ...] | None:
        """Give what a model sees of a combination; None where it lies outside, as one of a parent job may."""
        try:
            return tuple(part for item in self.ranges for part in item.features(values[item.name]))
        except (KeyError, ValueError):
            return None


def read_space(ranges: Request, path: str) -> Space:
    """Read ParameterRanges.

    Raises `ServiceError`: ``ValidationException`` where there is none, a name comes twice, or a range cannot
    be searched.
    """
    ranges.refuse(("AutoParameters",))
    found = tuple(_read(ranges, path))
    if not found:
        raise ValidationError(f"{path} must have at least one hyperparameter range.")
    if len(found) > _MOST:
        raise ValidationError(f"{path} must not have more than {_MOST} hyperparameter ranges.")
    names = [item.name for item in found]
    for name in names:
        if names.count(name) > 1:
            raise ValidationError(f"{path}: the hyperparameter '{name}' has more than one range.")
    return Space(found)


def _read(ranges: Request, path: str) -> Iterator[Range]:
    for item in ranges.structures("CategoricalParameterRanges"):
        values = tuple(dict.fromkeys(item.texts("Values")))
        yield Categorical(item.text("Name"), values)
    for item in ranges.structures("IntegerParameterRanges"):
        yield _numeric(item, path, is_integer=True)
    for item in ranges.structures("ContinuousParameterRanges"):
        yield _numeric(item, path, is_integer=False)


def _numeric(item: Request, path: str, *, is_integer: bool) -> Numeric:
    name = item.text("Name")
    where = f"{path}: the range of '{name}'"
    least, most = (_number(item.text(end), f"{where}: {end}", is_integer) for end in ("MinValue", "MaxValue"))
    if least > most:
        raise ValidationError(f"{where}: MinValue {least:g} must not be greater than MaxValue {most:g}.")
    scaling = Scaling(item.optional_text("ScalingType") or Scaling.AUTO)
    if scaling is Scaling.AUTO:
        spans = least > 0 and most / least >= _AUTO_LOGARITHMIC
        scaling = Scaling.LOGARITHMIC if spans else Scaling.LINEAR
    elif scaling is Scaling.LOGARITHMIC and least <= 0:
        raise ValidationError(f"{where}: Logarithmic scaling needs values greater than 0.")
    elif scaling is Scaling.REVERSE_LOGARITHMIC and is_integer:
        raise ValidationError(f"{where}: ReverseLogarithmic scaling is not for integer ranges.")
    elif scaling is Scaling.REVERSE_LOGARITHMIC and not 0 <= least <= most < 1:
        raise ValidationError(f"{where}: ReverseLogarithmic scaling needs a range within 0 <= x < 1.0.")
    return Numeric(name, least, most, scaling, is_integer)


def _number(text: str, where: str, is_integer: bool) -> float:
    try:
        number = int(text) if is_integer else float(text)
        if math.isfinite(number):
            return number
    except (ValueError, OverflowError):
        pass
    raise ValidationError(f"{where} '{text}' is not {'an integer' if is_integer else 'a number'}.")
