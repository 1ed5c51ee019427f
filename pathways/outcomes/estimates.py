"""Estimates from simulated patients, with their Monte Carlo standard errors and 95 % intervals.

The intervals say how much the answer would move with other random patients. They say nothing about
uncertain parameters. Sums go through :mod:`pathways.fastcore.sums`, so that they do not depend on
the order or the number of threads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from pathways.fastcore.sums import fixed_point_sum, squared_deviations

NORMAL_975 = 1.959963984540054
"""0.975 quantile of the standard normal distribution."""


@dataclass(frozen=True)
class Estimate:
    """An estimate; None where the data cannot give it.

    Attributes
    ----------
    value, standard_error, low, high : float or None
        `low` and `high` are the ends of the 95 % interval.
    n : int
        Patients it rests on.
    note : str
        Method or warning.
    """

    value: float | None = None
    standard_error: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    note: str = ""

    def noted(self, note: str) -> Estimate:
        """Return the same estimate with `note` before its own."""
        whole = f"{note}; {self.note}" if note and self.note else note or self.note
        return Estimate(self.value, self.standard_error, self.low, self.high, self.n, whole)


def mean(values: np.ndarray, scale: int, lowest: float | None = None) -> Estimate:
    """Return the mean with its normal interval.

    Parameters
    ----------
    values : numpy.ndarray
        One for each patient.
    scale : int
        Units of the fixed-point sum in one unit of the values.
    lowest : float, optional
        Below which no mean can lie, nor its interval.
    """
    n = len(values)
    if n == 0:
        return Estimate(note="no patients")
    values = np.ascontiguousarray(values, np.float64)
    value = fixed_point_sum(values, scale) / scale / n
    if n == 1:
        return Estimate(value, n=1, note="one patient: no standard error")
    error = math.sqrt(squared_deviations(values, value) / (n - 1) / n)
    return _with_normal_interval(value, error, n, lowest)


def proportion(count: int, n: int) -> Estimate:
    """Return a share with its Wilson score interval (Wilson 1927, J Am Stat Assoc 22:209-212)."""
    if n == 0:
        return Estimate(note="no patients")
    share = count / n
    square = NORMAL_975 * NORMAL_975 / n
    centre = (share + square / 2.0) / (1.0 + square)
    half = NORMAL_975 * math.sqrt((share * (1.0 - share) + square / 4.0) / n) / (1.0 + square)
    low = 0.0 if count == 0 else centre - half
    high = 1.0 if count == n else centre + half
    # At the edges the usual formula says 0, as if nothing were uncertain.
    error = math.sqrt(share * (1.0 - share) / n) if 0 < count < n else None
    return Estimate(share, error, low, high, n)


def ratio(parts: np.ndarray, wholes: np.ndarray) -> Estimate:
    """Return the ratio of two sums of counts over patients, with its delta-method interval.

    With R the ratio, the variance is ``n / (n - 1) * sum((part - R whole)^2) / (sum whole)^2``
    (Cochran 1977, Sampling Techniques, 6.4). It is 0 when no or every whole is a part; the
    interval is then Wilson's, as if each patient had one.

    Parameters
    ----------
    parts, wholes : numpy.ndarray
        Counts for each patient; patients without a whole leave the ratio.
    """
    counted = wholes > 0
    parts, wholes = parts[counted], wholes[counted]
    n = len(wholes)
    part, whole = int(parts.sum()), int(wholes.sum())
    if n == 0:
        return Estimate(note="none counted")
    value = part / whole
    if part in (0, whole):
        edge = proportion(n if part else 0, n)
        return replace(edge, note="Wilson interval over patients")
    if n == 1:
        return Estimate(value, n=1, note="one patient: no standard error")
    residuals = parts - value * wholes
    error = math.sqrt(squared_deviations(residuals, 0.0) * n / (n - 1)) / whole
    found = _with_normal_interval(value, error, n)
    return replace(found, low=max(0.0, found.low), high=min(1.0, found.high))


def poisson_rate(events: int, time: float, n: int, per: float = 1.0) -> Estimate:
    """Return events per time with the exact Poisson interval (Garwood 1936, Biometrika 28:437-442).

    Parameters
    ----------
    events : int
    time : float
        Time in which they happened, such as patient-years.
    n : int
        Patients who spent it.
    per : float
        Times this much, such as 100.0 for a rate per 100 years.
    """
    if time <= 0.0:
        return Estimate(n=n, note="no time")
    from scipy.special import gammaincinv

    unit = per / time
    low = float(gammaincinv(events, 0.025)) * unit if events else 0.0
    high = float(gammaincinv(events + 1, 0.975)) * unit
    error = math.sqrt(events) * unit if events else None
    return Estimate(events * unit, error, low, high, n, "Poisson interval")


def quantile(values: np.ndarray, per_mille: int, n: int | None = None) -> Estimate:
    """Return a quantile with the interval from its order statistics.

    The smallest value that at least `per_mille` thousandths of the patients do not exceed; ranks of
    the interval from the normal approximation (Conover 1999, Practical Nonparametric Statistics,
    3.2).

    Parameters
    ----------
    values : numpy.ndarray
        Of the patients who have one.
    per_mille : int
        1 to 999.
    n : int, optional
        All patients, with those who never reach a value, who count as above every value; default
        those who have one.
    """
    n = len(values) if n is None else n
    if n == 0:
        return Estimate(note="no patients")
    ordered = np.sort(values)
    share = per_mille / 1000.0
    spread = NORMAL_975 * math.sqrt(n * share * (1.0 - share))
    value = _at_rank(ordered, (n * per_mille + 999) // 1000)
    low = _at_rank(ordered, math.ceil(n * share - spread))
    high = _at_rank(ordered, math.ceil(n * share + spread))
    return Estimate(value, None, low, high, n, "" if value is not None else "not reached")


def _at_rank(ordered: np.ndarray, rank: int) -> float | None:
    return float(ordered[rank - 1]) if 1 <= rank <= len(ordered) else None


def _with_normal_interval(
    value: float, error: float, n: int, lowest: float | None = None
) -> Estimate:
    half = NORMAL_975 * error
    low = value - half if lowest is None else max(lowest, value - half)
    return Estimate(value, error, low, value + half, n)
