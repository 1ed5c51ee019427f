"""A quadratic stand-in for the simulated expectations, with its own error stated.

Thousands of simulated points are enough for the shape of each expectation over the prior; the
posterior needs hundreds of thousands. What the stand-in misses enters the likelihood as error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RIDGE = 1e-3
EVERY_HELD_OUT = 5


@dataclass(frozen=True)
class Emulator:
    """Quadratic in the standard normals of the prior, one for each target.

    Attributes
    ----------
    coefficients : ndarray, shape (terms, targets)
    spread : ndarray, shape (targets,)
        Standard deviation of its error on points that were held out.
    explained : ndarray, shape (targets,)
        Share of the variance over the prior that it explains on points that were held out.
    """

    coefficients: NDArray[np.float64]
    spread: NDArray[np.float64]
    explained: NDArray[np.float64]

    def __call__(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the expectations at points of shape (n, unknowns), shape (n, targets)."""
        return _terms(points) @ self.coefficients


def fit(points: NDArray[np.float64], expected: NDArray[np.float64]) -> Emulator:
    """Fit an emulator.

    Parameters
    ----------
    points : ndarray, shape (n, unknowns)
        Standard normals of the prior.
    expected : ndarray, shape (n, targets)
        What was simulated there, on the scale of the likelihood.

    Notes
    -----
    Every fifth point is held out to measure the error; the emulator returned is fitted to all.
    """
    held_out = np.arange(len(points)) % EVERY_HELD_OUT == 0
    terms = _terms(points)
    trial = _solved(terms[~held_out], expected[~held_out])
    missed = expected[held_out] - terms[held_out] @ trial
    spread = np.sqrt((missed**2).mean(axis=0))
    variance = expected[held_out].var(axis=0)
    explained = 1.0 - (missed**2).mean(axis=0) / np.where(variance > 0.0, variance, 1.0)
    return Emulator(_solved(terms, expected), spread, explained)


def _terms(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1, the unknowns, and their products two by two."""
    first, second = np.triu_indices(points.shape[1])
    ones = np.ones((len(points), 1))
    return np.hstack([ones, points, points[:, first] * points[:, second]])


def _solved(terms: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.float64]:
    penalty = RIDGE * np.eye(terms.shape[1])
    penalty[0, 0] = 0.0
    return np.linalg.solve(terms.T @ terms + penalty, terms.T @ expected)
