"""A polynomial stand-in for the simulated expectations, with its own error stated.

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
LEAST_SIGNAL = 3.0
"""Terms whose coefficient is fewer standard errors than this from none are left out."""
MANY_POINTS = 4
"""Points for each term from which all terms are tried at once."""


@dataclass(frozen=True)
class Emulator:
    """A polynomial in the standard normals of the prior, one for each target.

    Attributes
    ----------
    powers : ndarray of int, shape (terms, 3)
        The unknowns multiplied in each term; -1 stands for 1.
    coefficients : ndarray, shape (terms, targets)
    spread : ndarray, shape (targets,)
        Standard deviation of its error on points that were held out, the luck of their simulated
        patients included.
    explained : ndarray, shape (targets,)
        Share of the variance over the prior that it explains on points that were held out.
    """

    powers: NDArray[np.intp]
    coefficients: NDArray[np.float64]
    spread: NDArray[np.float64]
    explained: NDArray[np.float64]

    def __call__(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the expectations at points of shape (n, unknowns), shape (n, targets)."""
        return _terms(points, self.powers) @ self.coefficients

    def of(self, columns: list[int]) -> Emulator:
        """Return the emulator of some of the targets."""
        kept = self.coefficients[:, columns]
        return Emulator(self.powers, kept, self.spread[columns], self.explained[columns])


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
    powers = _powers(points.shape[1])
    terms = _terms(points, powers)
    trial = _solved(terms[~held_out], expected[~held_out], powers)
    missed = expected[held_out] - terms[held_out] @ trial
    spread = np.sqrt((missed**2).mean(axis=0))
    variance = expected[held_out].var(axis=0)
    explained = 1.0 - (missed**2).mean(axis=0) / np.where(variance > 0.0, variance, 1.0)
    coefficients = _solved(terms, expected, powers)
    used = (coefficients != 0.0).any(axis=1)
    return Emulator(powers[used], coefficients[used], spread, explained)


def _powers(unknowns: int) -> NDArray[np.intp]:
    """Return the terms: 1, the unknowns, their products two by two, and their cubes."""
    each = np.arange(unknowns)
    none = np.full(unknowns, -1)
    first, second = np.triu_indices(unknowns)
    products = np.stack([first, second, np.full(len(first), -1)], axis=1)
    lines = np.stack([each, none, none], axis=1)
    cubes = np.stack([each, each, each], axis=1)
    return np.vstack([[[-1, -1, -1]], lines, products, cubes])


def _terms(points: NDArray[np.float64], powers: NDArray[np.intp]) -> NDArray[np.float64]:
    with_one = np.hstack([points, np.ones((len(points), 1))])
    found = with_one[:, powers[:, 0]]
    found *= with_one[:, powers[:, 1]]
    found *= with_one[:, powers[:, 2]]
    return found


def _solved(
    terms: NDArray[np.float64], expected: NDArray[np.float64], powers: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return coefficients of the terms that matter to each target; 0 for the others."""
    scale = np.sqrt((terms**2).mean(axis=0))
    scaled = terms / scale
    found = np.zeros((terms.shape[1], expected.shape[1]))
    for column in range(expected.shape[1]):
        values = expected[:, column]
        chosen = _candidates(scaled, values, powers)
        chosen = chosen[_matters(scaled[:, chosen], values)]
        found[chosen, column], _ = _ridge(scaled[:, chosen], values)
    return found / scale[:, None]


def _candidates(
    scaled: NDArray[np.float64], values: NDArray[np.float64], powers: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Return the terms of the unknowns that matter by themselves; all, if the points are many.

    A trial uses few of the unknowns. With the rest left out first, products of those that it uses
    can be told from chance.
    """
    if len(scaled) >= MANY_POINTS * scaled.shape[1]:
        return np.arange(scaled.shape[1])
    is_alone = (powers[:, 1] == -1) | (powers[:, 0] == powers[:, 1])
    alone = np.flatnonzero(is_alone)
    chosen = alone[_matters(scaled[:, alone], values)]
    used = [-1, *np.unique(powers[chosen])]
    return np.flatnonzero(np.isin(powers, used).all(axis=1))


def _matters(terms: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return the terms that stand out from the noise; the first, the constant, always."""
    coefficients, inverse = _ridge(terms, values)
    missed = values - terms @ coefficients
    noise = (missed @ missed / max(1, len(terms) - terms.shape[1])) ** 0.5
    matters = np.abs(coefficients) >= LEAST_SIGNAL * noise * np.sqrt(np.diag(inverse))
    matters[0] = True
    return matters


def _ridge(
    terms: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    inverse = np.linalg.inv(terms.T @ terms + RIDGE * np.eye(terms.shape[1]))
    return inverse @ (terms.T @ values), inverse
