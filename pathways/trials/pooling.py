"""Pooled estimates of a synthesis over its members' simulated endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathways.trials.endpoint import Endpoint
    from pathways.trials.run import TrialRun
    from pathways.trials.seen import Values


def pooled(endpoint: Endpoint, runs: Mapping[str, TrialRun]) -> tuple[Values, Values]:
    """Return pooled estimates and their standard errors, one for each replicate.

    Parameters
    ----------
    endpoint : Endpoint
        With ``pool`` and ``weights``.
    runs : mapping
        Of the members, by the name the synthesis gives them.
    """
    estimates = np.stack([runs[one.trial].estimates(one.endpoint) for one in endpoint.pool])
    errors = np.stack([runs[one.trial].errors(one.endpoint) for one in endpoint.pool])
    if endpoint.weights == "stated":
        stated = np.array([one.weight for one in endpoint.pool])
        weights = np.broadcast_to(stated[:, None], estimates.shape)
        mean = _weighted(estimates, weights)
        shares = weights / weights.sum(axis=0)
        return mean, np.sqrt((shares * shares * errors * errors).sum(axis=0))
    # Nothing can be weighted by an error of 0: everybody in a small trial had the same.
    variances = np.where(errors > 0.0, errors * errors, np.nan)
    if endpoint.weights == "random_effects":
        variances = variances + spread_between(estimates, variances)
    weights = 1.0 / variances
    return _weighted(estimates, weights), 1.0 / np.sqrt(weights.sum(axis=0))


def spread_between(estimates: Values, variances: Values) -> Values:
    """Return the variance between trials by DerSimonian and Laird's moments.

    Parameters
    ----------
    estimates, variances : numpy.ndarray
        Shape (trials, replicates).

    Returns
    -------
    numpy.ndarray
        Shape (replicates,), 0 or above; 0 for one trial.
    """
    if len(estimates) < 2:
        return np.zeros(estimates.shape[1])
    weights = 1.0 / variances
    total = weights.sum(axis=0)
    mean = _weighted(estimates, weights)
    heterogeneity = (weights * (estimates - mean) ** 2).sum(axis=0)
    left = total - (weights * weights).sum(axis=0) / total
    excess = (heterogeneity - (len(estimates) - 1)) / left
    return np.where(excess > 0.0, excess, 0.0)


def _weighted(estimates: Values, weights: Values) -> Values:
    return (estimates * weights).sum(axis=0) / weights.sum(axis=0)
