"""How probable a result as extreme as the published one is, if the model were right."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pathways.trials.published import PublishedResult, settled

if TYPE_CHECKING:
    from pathways.trials.endpoint import Endpoint
    from pathways.trials.run import TrialRun
    from pathways.trials.seen import Values

FITS = "fits"
FAILS = "does not fit"
NOT_TESTED = ""
TAILS = (0.025, 0.975)
PERCENT = 100.0


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
        ``"fits"``, ``"does not fit"`` or nothing.
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


def verdicts(run: TrialRun) -> list[Verdict]:
    """Return the verdict on every endpoint of a trial that was simulated."""
    return [_verdict(run, endpoint) for endpoint in run.trial.endpoints]


def _verdict(run: TrialRun, endpoint: Endpoint) -> Verdict:
    estimates = run.estimates(endpoint)
    there = np.sort(estimates[np.isfinite(estimates)])
    published, probability, error, verdict = None, math.nan, math.nan, NOT_TESTED
    if endpoint.published is not None:
        published = settled(endpoint.published, is_share=endpoint.is_share)
        probability, error = two_sided(there, published, half_a_patient(run, endpoint))
        level = run.trial.document.level / PERCENT
        verdict = FITS if probability >= level else FAILS
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
    )


def two_sided(
    estimates: Values, published: PublishedResult, tolerance: float = 0.0
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
    """
    n = len(estimates)
    if n == 0:
        return math.nan, math.nan
    at_most = np.count_nonzero(estimates <= published.high + tolerance)
    at_least = np.count_nonzero(estimates >= published.low - tolerance)
    # The published trial counts as one of them, so that no result has a probability of 0.
    tail = (min(at_most, at_least) + 1) / (n + 1)
    error = 2.0 * math.sqrt(tail * (1.0 - tail) / n) if tail < 0.5 else 0.0
    return min(1.0, 2.0 * tail), error


def half_a_patient(run: TrialRun, endpoint: Endpoint) -> float:
    """Return the tolerance of a share of patients: not quite half a patient."""
    if not endpoint.is_share:
        return 1e-9
    patients = run.values[endpoint.name, endpoint.arm].shape[1]
    return 0.499 / patients


def counts(found: list[Verdict], use: str) -> tuple[int, int]:
    """Return how many endpoints of a use fit, and how many were tested."""
    tested = [one for one in found if one.endpoint.use == use and one.verdict]
    return sum(one.verdict == FITS for one in tested), len(tested)
