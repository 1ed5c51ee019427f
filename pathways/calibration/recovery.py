"""Whether the calibration finds a truth that is known: data made by the model itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pathways.calibration import emulator as emulation
from pathways.calibration.likelihood import Target, from_scale
from pathways.calibration.posterior import sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVEL = 0.9
POINTS_A_ROUND = 1_000


@dataclass(frozen=True)
class Recovery:
    """How often intervals held the truth.

    Attributes
    ----------
    covered : ndarray of bool, shape (worlds, unknowns)
    level : float
        Stated coverage of the central intervals.
    """

    covered: NDArray[np.bool_]
    level: float

    @property
    def coverage(self) -> NDArray[np.float64]:
        """Share of worlds whose interval held the truth, by unknown."""
        return self.covered.mean(axis=0)


def recover(
    points: NDArray[np.float64],
    expected: NDArray[np.float64],
    targets: Sequence[Target],
    *,
    worlds: int,
    seed: int,
    draws: int = 1000,
    chances: NDArray[np.float64] | None = None,
) -> Recovery:
    """Calibrate to data made by the model at known parameters, many times.

    Each world's truth is one simulated point, which is then left out: the emulator is fitted to the
    others, results of the published size are drawn at the truth, and the central intervals of the
    posterior are compared with it.

    Parameters
    ----------
    points : ndarray, shape (n, unknowns)
        Simulated points, standard normals of the prior.
    expected : ndarray, shape (n, targets)
        What was simulated there, on the scale of the likelihood.
    targets : sequence of Target
        Sizes of the data; their values are not used.
    worlds, seed, draws : int
    chances : ndarray, optional
        How likely each point is to be a truth; all alike by default.
    """
    random = np.random.default_rng(seed)
    shares = None if chances is None else chances / chances.sum()
    chosen = random.choice(len(points), size=worlds, replace=False, p=shares)
    left = np.setdiff1d(np.arange(len(points)), chosen)
    fitted = emulation.fit(points[left], expected[left])
    covered = np.empty((worlds, points.shape[1]), dtype=bool)
    tail = (1.0 - LEVEL) / 2.0
    for world, truth in enumerate(chosen):
        data = made_data(targets, expected[truth], random)
        found = sample(
            fitted, data, points.shape[1], draws=draws, seed=seed + world, size=POINTS_A_ROUND
        )
        low, high = np.quantile(found.points, [tail, 1.0 - tail], axis=0)
        covered[world] = (low <= points[truth]) & (points[truth] <= high)
    return Recovery(covered, LEVEL)


def made_data(
    targets: Sequence[Target], expected: NDArray[np.float64], random: np.random.Generator
) -> list[Target]:
    """Return results such as trials of the published sizes would have, where these are expected."""
    made = []
    for target, one in zip(targets, expected, strict=True):
        if target.is_share:
            middle = float(from_scale(target, one))
            patients = max(1, round(target.total))
            value = random.binomial(patients, middle) / patients
            made.append(replace(target, value=float(value), total=patients))
        else:
            value = float(from_scale(target, random.normal(one, target.size)))
            size = target.size * value if target.is_log else target.size
            made.append(replace(target, value=value, standard_error=size))
    return made
