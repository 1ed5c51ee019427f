"""Draws from the posterior by adaptive importance sampling, and what the targets moved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pathways.calibration.emulator import Emulator
from pathways.calibration.likelihood import Target, log_likelihood

if TYPE_CHECKING:
    from numpy.typing import NDArray

    LogDensity = Callable[[NDArray[np.float64]], NDArray[np.float64]]

ROUNDS = 4
POINTS_A_ROUND = 20_000
WIDER = 1.4
"""The proposal is this much wider than the posterior so far, so that its tails are reached."""
SHARE_OF_PRIOR = 0.1
"""Share of each proposal that is the prior, which bounds every weight."""


@dataclass(frozen=True)
class Posterior:
    """Draws of equal weight.

    Attributes
    ----------
    points : ndarray, shape (draws, unknowns)
        Standard normals of the prior.
    effective : float
        Effective number of the weighted points that the draws were taken from.
    """

    points: NDArray[np.float64]
    effective: float


def sample(
    emulator: Emulator,
    targets: Sequence[Target],
    unknowns: int,
    *,
    draws: int,
    seed: int,
    size: int = POINTS_A_ROUND,
) -> Posterior:
    """Return draws from the posterior of the standard normals.

    Parameters
    ----------
    emulator : Emulator
    targets : sequence of Target
    unknowns : int
    draws : int
        Wanted, of equal weight.
    seed : int
    size : int
        Weighted points of each of the four rounds.
    """

    def log_density(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return log_likelihood(targets, emulator(points), emulator.spread)

    points, weights = weighted_points(log_density, unknowns, np.random.default_rng(seed), size)
    effective = float(1.0 / (weights**2).sum())
    return Posterior(points[_chosen(weights, draws, seed)], effective)


def weighted_points(
    log_likelihood_at: LogDensity, unknowns: int, random: np.random.Generator, size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points and their normalised weights.

    Each round draws from a normal fitted to the weighted points of the rounds before, mixed with
    the prior. All points are weighted by the mixture of every round's proposal, so that an early,
    poor proposal cannot give single points large weights.
    """
    mean, covariance = np.zeros(unknowns), np.eye(unknowns)
    proposals, rounds = [], []
    for _ in range(ROUNDS):
        proposals.append((mean, covariance))
        rounds.append(_proposed(random, mean, covariance, size))
        points = np.vstack(rounds)
        weights = _weights(points, proposals, log_likelihood_at)
        mean = weights @ points
        centred = points - mean
        covariance = WIDER * (centred * weights[:, None]).T @ centred
        covariance += 1e-6 * np.eye(unknowns)
    return points, weights


def contraction(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much of the prior variance of each unknown the targets removed, 0 to 1.

    On the scale of standard normals the prior variance is 1; below 0 counts as 0.
    """
    return np.clip(1.0 - points.var(axis=0, ddof=1), 0.0, 1.0)


def _proposed(
    random: np.random.Generator,
    mean: NDArray[np.float64],
    covariance: NDArray[np.float64],
    size: int,
) -> NDArray[np.float64]:
    unknowns = len(mean)
    plain = random.standard_normal((size, unknowns))
    from_prior = random.random(size) < SHARE_OF_PRIOR
    shaped = mean + plain @ np.linalg.cholesky(covariance).T
    return np.where(from_prior[:, None], plain, shaped)


def _weights(
    points: NDArray[np.float64],
    proposals: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]],
    log_likelihood_at: LogDensity,
) -> NDArray[np.float64]:
    prior = -0.5 * (points**2).sum(axis=1)
    densities = [np.log(SHARE_OF_PRIOR) + prior]
    for mean, covariance in proposals:
        share = (1.0 - SHARE_OF_PRIOR) / len(proposals)
        densities.append(np.log(share) + _log_normal(points, mean, covariance))
    proposed = np.logaddexp.reduce(np.stack(densities), axis=0)
    log_weights = prior + log_likelihood_at(points) - proposed
    weights = np.exp(log_weights - log_weights.max())
    return weights / weights.sum()


def _log_normal(
    points: NDArray[np.float64], mean: NDArray[np.float64], covariance: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Log density of a normal, without the constant that all share."""
    lower = np.linalg.cholesky(covariance)
    standard = np.linalg.solve(lower, (points - mean).T)
    return -0.5 * (standard**2).sum(axis=0) - np.log(np.diag(lower)).sum()


def _chosen(weights: NDArray[np.float64], draws: int, seed: int) -> NDArray[np.intp]:
    """Return systematic resampling of the weighted points, in a shuffled order."""
    random = np.random.default_rng([seed, 1])
    marks = (np.arange(draws) + random.random()) / draws
    chosen = np.searchsorted(np.cumsum(weights), marks)
    return random.permutation(np.minimum(chosen, len(weights) - 1))
