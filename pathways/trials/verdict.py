"""How probable a result as extreme as the published one is, if the model were right."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pathways.trials.published import NORMAL_975, PublishedResult, settled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pathways.trials.endpoint import Endpoint
    from pathways.trials.run import TrialRun
    from pathways.trials.seen import Values

FITS = "fits"
BORDERLINE = "borderline"
FAILS = "does not fit"
UNKNOWN = "cannot tell"
NOT_TESTED = ""
VERDICTS = (FITS, BORDERLINE, FAILS, UNKNOWN)
TAILS = (0.025, 0.975)
PERCENT = 100.0
LEAST_RARE_TRIALS = 10
"""Simulated trials beyond the level there should be, if the model is right, to tell from none."""


@dataclass(frozen=True)
class Verdict:
    """One endpoint of one trial, simulated beside published.

    Attributes
    ----------
    trial, trial_title : str
    endpoint : Endpoint
    published : PublishedResult or None
    mean, low, high : float
        Mean and 2.5 % to 97.5 % range of what simulated trials of this size report.
    probability : float
        Of a result as extreme as the published one, both sides; NaN without one.
    monte_carlo_error : float
        Standard error of `probability`, from the number of simulated trials.
    replicates : int
        Simulated trials in which the endpoint could be worked out.
    verdict : str
        One of ``VERDICTS``, or nothing.
    reason : str
        Why it cannot be told, or what it rests on if not on every simulated trial.
    """

    trial: str
    trial_title: str
    endpoint: Endpoint
    published: PublishedResult | None
    mean: float
    low: float
    high: float
    probability: float
    monte_carlo_error: float
    replicates: int
    verdict: str
    reason: str = ""


def verdicts(run: TrialRun) -> list[Verdict]:
    """Return the verdict on every endpoint of a trial that was simulated."""
    return [_verdict(run, endpoint) for endpoint in run.trial.endpoints]


def _verdict(run: TrialRun, endpoint: Endpoint) -> Verdict:
    estimates = run.estimates(endpoint)
    is_there = np.isfinite(estimates)
    there = np.sort(estimates[is_there])
    published, probability, error, verdict, reason = None, math.nan, math.nan, NOT_TESTED, ""
    if endpoint.published is not None:
        published = settled(endpoint.published, is_share=endpoint.is_share)
        independent = independent_trials(
            estimates[is_there], None if run.draws is None else run.draws[is_there]
        )
        tolerance = half_a_patient(run, endpoint)
        probability, error = two_sided(there, published, tolerance, independent)
        level = run.trial.document.level / PERCENT
        verdict = _judged(probability, error, level, len(there))
        reason = _reason(run.replicates, len(there), verdict)
    ends = np.quantile(there, TAILS) if len(there) else (math.nan, math.nan)
    return Verdict(
        run.trial.name,
        run.trial.document.title,
        endpoint,
        published,
        float(there.mean()) if len(there) else math.nan,
        float(ends[0]),
        float(ends[1]),
        probability,
        error,
        len(there),
        verdict,
        reason,
    )


def least_replicates(level: float) -> int:
    """Return how many simulated trials it takes to say that a result does not fit.

    Parameters
    ----------
    level : float
        Percent. With so many trials none of which is as extreme as the published one, P is below
        the level by more than its Monte Carlo interval.
    """
    return math.ceil(LEAST_RARE_TRIALS * PERCENT / level / 10.0) * 10


def _judged(probability: float, error: float, level: float, trials: int) -> str:
    if trials < least_replicates(level * PERCENT):
        return UNKNOWN
    if abs(probability - level) <= NORMAL_975 * error:
        return BORDERLINE
    return FITS if probability >= level else FAILS


def _reason(replicates: int, trials: int, verdict: str) -> str:
    if trials == 0:
        return (
            f"in none of {replicates:,} simulated trials is anything measured: nobody is scored on "
            "these days, or the numbers do not allow it"
        )
    if verdict == UNKNOWN:
        return f"only {trials:,} simulated trials have a value, too few for a verdict"
    if trials < replicates:
        return f"of the {trials:,} of {replicates:,} simulated trials that have a value"
    return ""


def two_sided(
    estimates: Values,
    published: PublishedResult,
    tolerance: float = 0.0,
    independent: float | None = None,
) -> tuple[float, float]:
    """Return the probability of a result as extreme as the published one, and its error.

    Twice the smaller of the shares of simulated trials at or below and at or above it, at most 1.
    For a range, a trial is above only if it is above its lower end, and below only if below its
    upper end, so that any value of the range fits as well as any other.

    Parameters
    ----------
    estimates : numpy.ndarray
        What simulated trials report.
    published : PublishedResult
    tolerance : float
        Results this near are the same: a printed share of few patients is rounded.
    independent : float, optional
        How many trials with nothing in common they are worth; all by default.
    """
    n = len(estimates)
    if n == 0:
        return math.nan, math.nan
    at_most = np.count_nonzero(estimates <= published.high + tolerance)
    at_least = np.count_nonzero(estimates >= published.low - tolerance)
    worth = float(n) if independent is None else independent
    # The published trial counts as one of them, so that no result has a probability of 0.
    tail = (min(at_most, at_least) * (worth / n) + 1.0) / (worth + 1.0)
    error = 2.0 * math.sqrt(tail * (1.0 - tail) / worth) if tail < 0.5 else 0.0
    return min(1.0, 2.0 * tail), error


def independent_trials(estimates: Values, draws: NDArray[np.int64] | None) -> float:
    """Return how many trials with nothing in common simulated trials are worth.

    Trials of one parameter draw resemble each other. With the intraclass correlation from a one-way
    analysis of variance, `n` trials, `m` in a draw, are worth ``n / (1 + (m - 1) * correlation)``
    (Kish 1965, Survey Sampling).

    Parameters
    ----------
    estimates : numpy.ndarray
        Shape (n,), without NaN.
    draws : numpy.ndarray or None
        Parameter draw of each; None for one.
    """
    n = len(estimates)
    groups = [] if draws is None else [estimates[draws == draw] for draw in np.unique(draws)]
    if len(groups) < 2 or n == len(groups):
        return float(n)
    sizes = np.array([len(group) for group in groups], float)
    means = np.array([group.mean() for group in groups])
    within = sum(((group - group.mean()) ** 2).sum() for group in groups) / (n - len(groups))
    between = (sizes * (means - estimates.mean()) ** 2).sum() / (len(groups) - 1)
    each = (n - (sizes * sizes).sum() / n) / (len(groups) - 1)
    whole = between + (each - 1.0) * within
    correlation = max(0.0, (between - within) / whole) if whole > 0.0 else 0.0
    return float(n / (1.0 + (each - 1.0) * correlation))


def half_a_patient(run: TrialRun, endpoint: Endpoint) -> float:
    """Return the tolerance of a share of patients: not quite half a patient."""
    if not endpoint.is_share:
        return 1e-9
    patients = run.values[endpoint.name, endpoint.arm].shape[1]
    return 0.499 / patients
