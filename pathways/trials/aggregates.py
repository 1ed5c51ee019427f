"""From the patients of an arm to the number a trial reports of it, with its standard error."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from pathways.trials.seen import PERCENT, Values, mean_of


def mean_and_error(values: Values) -> tuple[Values, Values]:
    """Return the mean over patients and its standard error, of what is there.

    Parameters
    ----------
    values : numpy.ndarray
        Shape (replicates, patients), NaN where missing.

    Returns
    -------
    tuple of numpy.ndarray
        Shape (replicates,) each; NaN where nobody is there, the error also where one is.
    """
    mean = mean_of(values)
    count = np.isfinite(values).sum(axis=1)
    square = mean_of((values - mean[:, None]) ** 2)
    variance = np.divide(square, count - 1, out=np.full(mean.shape, np.nan), where=count > 1)
    return mean, np.sqrt(variance)


def lowest_visit_mean(values: Values) -> tuple[Values, Values]:
    """Return the lowest of the visits' means; its error is that of the visit.

    Parameters
    ----------
    values : numpy.ndarray
        Shape (replicates, patients, visits).
    """
    means = mean_of(values)
    lowest = np.argmin(np.where(np.isfinite(means), means, np.inf), axis=1)
    rows = np.arange(len(means))
    return mean_and_error(values[rows, :, lowest])


def percent_fall_of_mean(values: Values) -> tuple[Values, Values]:
    """Return by how many percent the mean score is below the mean baseline.

    Parameters
    ----------
    values : numpy.ndarray
        Shape (replicates, patients, 2): baseline and score.

    Returns
    -------
    tuple of numpy.ndarray
        The error is that of the mean fall over the mean baseline taken as known.
    """
    baseline, _ = mean_and_error(values[:, :, 0])
    fall, error = mean_and_error(values[:, :, 0] - values[:, :, 1])
    scale = np.divide(PERCENT, baseline, out=np.full(baseline.shape, np.nan), where=baseline > 0.0)
    return fall * scale, error * scale


IN_ONE_ARM = defaultdict(
    lambda: mean_and_error,
    lowest_visit_mean=lowest_visit_mean,
    percent_fall_of_mean=percent_fall_of_mean,
)
"""By measure; a plain mean unless it says otherwise."""
