"""The strategy Bayesian: a Gaussian process of what is known, and the expected improvement of what is not.

As AWS's (Perrone et al., KDD 2021, section 4): a Matérn 5/2 kernel with a length scale for each
hyperparameter, fitted by its marginal likelihood; expected improvement as acquisition; training jobs that
still run count as if they had ended as the model predicts, so that parallel ones differ. The first
combinations are chosen at random.

SciPy does it, which the local cloud has for geocoding. Optuna would bring seven packages (SQLAlchemy,
alembic, …; 40 MB) and another algorithm than AWS's.
"""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.optimize import minimize
from scipy.special import ndtr

from localcloud.sagemaker.tuning.ranges import Space, Values
from localcloud.sagemaker.tuning.trials import Observation

Array = NDArray[np.float64]

_MOST_INITIAL = 10
_CANDIDATES, _NEAR = 1000, 200
_SPREAD = 0.08  # of what is tried near the best, on the scale of each hyperparameter
_MOST_KNOWN = 200  # results that the process is fitted to, the best of them: its time grows with their cube
_JITTER = 1e-8
_LENGTHS, _NOISES = (0.05, 10.0), (1e-6, 1.0)


def most_promising(space: Space, seen: Sequence[Observation], generator: Generator) -> Values | None:
    """Choose the combination with the greatest expected improvement; None where too little is known."""
    known = [
        (features, item.score)
        for item in seen
        if item.score is not None and (features := space.features(item.values)) is not None
    ]
    if len(known) < min(len(space.ranges) + 2, _MOST_INITIAL):
        return None
    known = sorted(known, key=lambda item: item[1], reverse=True)[:_MOST_KNOWN]
    points, scores = np.array([item[0] for item in known]), np.array([item[1] for item in known])
    scores = (scores - scores.mean()) / (scores.std() or 1.0)
    process = _Process.fitted(points, scores)
    pending = [space.features(item.values) for item in seen if item.score is None]
    if pending := [item for item in pending if item is not None]:
        waiting = np.array(pending)
        guessed, _ = process.predict(waiting)
        points, scores = np.vstack([points, waiting]), np.concatenate([scores, guessed])
        process = _Process(points, scores, process.lengths, process.noise)
    taken = [item.values for item in seen]
    candidates = [item for item in _candidates(space, known[0][0], seen, generator) if item not in taken]
    if not candidates:
        return None
    mean, deviation = process.predict(np.array([space.features(item) for item in candidates]))
    return candidates[int(np.argmax(_expected_improvement(mean, deviation, float(scores.max()))))]


def _candidates(
    space: Space, best: tuple[float, ...], seen: Sequence[Observation], generator: Generator
) -> list[dict[str, str]]:
    """Give combinations from anywhere, and some near the best one that is known."""
    anywhere = generator.random((_CANDIDATES, len(space.ranges)))
    found = [space.at(tuple(row)) for row in anywhere.tolist()]
    values = next(item.values for item in seen if space.features(item.values) == best)
    for row in generator.normal(0.0, _SPREAD, (_NEAR, len(space.ranges))).tolist():
        near: dict[str, str] = {}
        for item, step in zip(space.ranges, row, strict=True):
            place = item.features(values[item.name])
            if len(place) == 1 and item.size > 1:
                near[item.name] = item.at(min(max(place[0] + step, 0.0), 1.0))
            else:  # a category: mostly the same
                stays = abs(step) < 2 * _SPREAD
                near[item.name] = values[item.name] if stays else item.at(float(generator.random()))
        found.append(near)
    return found


def _expected_improvement(mean: Array, deviation: Array, best: float) -> Array:
    gain = mean - best
    ratio = gain / deviation
    density = np.exp(-0.5 * ratio**2) / np.sqrt(2 * np.pi)
    improvement: Array = gain * ndtr(ratio) + deviation * density
    return improvement


class _Process:
    """A Gaussian process with mean 0 and variance 1 over points with known scores."""

    def __init__(self, points: Array, scores: Array, lengths: Array, noise: float) -> None:
        self.points, self.lengths, self.noise = points, lengths, noise
        covariance = _matern(points, points, lengths) + (noise + _JITTER) * np.eye(len(points))
        self._factor = cho_factor(covariance, lower=True)
        self._weights: Array = cho_solve(self._factor, scores)
        self._scores = scores

    @classmethod
    def fitted(cls, points: Array, scores: Array) -> "_Process":
        """Choose the length scales and the noise that make the scores the most likely."""
        bounds = [tuple(np.log(_LENGTHS))] * points.shape[1] + [tuple(np.log(_NOISES))]
        start = np.array([np.log(0.5)] * points.shape[1] + [np.log(1e-3)])

        def cost(logarithms: Array) -> float:
            values = np.exp(logarithms)
            return cls(points, scores, values[:-1], float(values[-1]))._negative_likelihood()

        found = minimize(cost, start, method="L-BFGS-B", bounds=bounds, options={"maxiter": 30})
        values = np.exp(found.x)
        return cls(points, scores, values[:-1], float(values[-1]))

    def predict(self, points: Array) -> tuple[Array, Array]:
        """Give mean and standard deviation of the score at each point."""
        between = _matern(points, self.points, self.lengths)
        solved = solve_triangular(self._factor[0], between.T, lower=True)
        variance = np.maximum(1.0 - np.sum(solved**2, axis=0), 1e-12)
        return between @ self._weights, np.sqrt(variance)

    def _negative_likelihood(self) -> float:
        return float(0.5 * self._scores @ self._weights + np.log(np.diag(self._factor[0])).sum())


def _matern(left: Array, right: Array, lengths: Array) -> Array:
    """Give the Matérn 5/2 kernel of each point on the left with each on the right."""
    squared = np.sum(((left[:, None, :] - right[None, :, :]) / lengths) ** 2, axis=-1)
    distance = np.sqrt(5.0 * squared)
    kernel: Array = (1.0 + distance + distance**2 / 3.0) * np.exp(-distance)
    return kernel
