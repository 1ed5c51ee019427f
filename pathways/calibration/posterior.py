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
PLACES = 6
POINTS_A_ROUND = 20_000
WIDER = 1.4
"""The proposal is this much wider than the posterior so far, so that its tails are reached."""
POINTS_A_DIRECTION = 5.0
"""Points that the guess of the covariance so far is worth, for each unknown."""
NEWTON_STEPS, NEWTON_END, DIFFERENCE = 12, 0.01, 0.05
STEP_SHARES = 2.0 ** -np.arange(0.0, 8.0)
"""Steps tried along Newton's direction, as shares of it."""
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
    # Rounded, so that the last bits of a linear algebra do not show.
    return Posterior(np.round(points[_chosen(weights, draws, seed)], PLACES) + 0.0, effective)


def weighted_points(
    log_likelihood_at: LogDensity, unknowns: int, random: np.random.Generator, size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points and their normalised weights.

    The first round draws from a normal around the mode, each other from one fitted to the weighted
    points of the rounds before, all mixed with the prior. All points are weighted by the mixture of
    every round's proposal, so that an early, poor proposal cannot give single points large weights.
    """
    mean, covariance = mode(log_likelihood_at, unknowns)
    proposals, rounds, likelihoods = [], [], []
    for _ in range(ROUNDS):
        proposals.append((mean, WIDER * covariance))
        rounds.append(_proposed(random, *proposals[-1], size))
        likelihoods.append(log_likelihood_at(rounds[-1]))
        points = np.vstack(rounds)
        weights = _weights(points, proposals, np.concatenate(likelihoods))
        mean = weights @ points
        centred = points - mean
        found = (centred * weights[:, None]).T @ centred
        # Few points of large weight say little of so many directions: the last guess counts too.
        worth = 1.0 / (weights**2).sum()
        share = worth / (worth + POINTS_A_DIRECTION * unknowns)
        covariance = share * found + (1.0 - share) * covariance
    return points, weights


def mode(
    log_likelihood_at: LogDensity, unknowns: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the most probable point and the covariance that the curvature there suggests.

    Newton's method with differences in place of derivatives; a direction in which the likelihood
    curves upwards is taken to be as wide as the prior.
    """
    place = np.zeros(unknowns)
    covariance = np.eye(unknowns)
    for _ in range(NEWTON_STEPS):
        slope, curvature = _derivatives(log_likelihood_at, place)
        values, axes = np.linalg.eigh(np.eye(unknowns) - curvature)
        covariance = (axes / np.maximum(values, 1.0)) @ axes.T
        step = covariance @ (slope - place)
        tried = place + STEP_SHARES[:, None] * step
        best = tried[np.argmax(log_likelihood_at(tried) - 0.5 * (tried**2).sum(axis=1))]
        moved, place = np.abs(best - place).max(), best
        if moved < NEWTON_END:
            break
    return place, covariance


def _derivatives(
    log_likelihood_at: LogDensity, place: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the first and second derivatives by central differences."""
    unknowns = len(place)
    steps = DIFFERENCE * np.eye(unknowns)
    first, second = np.triu_indices(unknowns, k=1)
    both = steps[first] + steps[second]
    points = place + np.vstack([np.zeros((1, unknowns)), steps, -steps, both, -both])
    found = log_likelihood_at(points)
    middle, up, down = found[0], found[1 : 1 + unknowns], found[1 + unknowns : 1 + 2 * unknowns]
    slope = (up - down) / (2.0 * DIFFERENCE)
    curvature = np.diag(up + down - 2.0 * middle)
    pairs = found[1 + 2 * unknowns :].reshape(2, -1).sum(axis=0)
    alone = up + down
    mixed = pairs - alone[first] - alone[second] + 2.0 * middle
    curvature[first, second] = curvature[second, first] = 0.5 * mixed
    return slope, curvature / DIFFERENCE**2


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
    log_likelihoods: NDArray[np.float64],
) -> NDArray[np.float64]:
    prior = -0.5 * (points**2).sum(axis=1)
    densities = [np.log(SHARE_OF_PRIOR) + prior]
    for mean, covariance in proposals:
        share = (1.0 - SHARE_OF_PRIOR) / len(proposals)
        densities.append(np.log(share) + _log_normal(points, mean, covariance))
    proposed = np.logaddexp.reduce(np.stack(densities), axis=0)
    log_weights = prior + log_likelihoods - proposed
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
