"""Tables and constants that the engines look up, each worked out once from stated values.

Only `+ - * /`, square roots and :mod:`pathways.fastcore.maths` are used: a power is a repeated
product, because the powers of two libraries differ in the last bit.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from math import floor, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pathways import layout
from pathways.errors import ValueProblem
from pathways.fastcore.maths import exponential, logarithm, normal_quantile

DAYS_PER_YEAR = 365.0
DAYS_PER_WEEK = 7
REFERENCE_AGE_YEARS = 50.0
SEXES = ("female", "male")
BISECTIONS = 200
SMALLEST_PROBABILITY = float.fromhex("0x1p-53")
LARGEST_PROBABILITY = 1.0 - SMALLEST_PROBABILITY

Table = NDArray[np.float64]


def _kept(make: Callable[..., Table]) -> Callable[..., Table]:
    """Remember a table that follows from its arguments alone; each caller has an array of its own.

    ``typed`` because 0 and 0.0 are one key otherwise, and arguments decide what is refused.
    """
    known = functools.lru_cache(maxsize=16, typed=True)(make)

    @functools.wraps(make)
    def table(*arguments: float) -> Table:
        return known(*arguments).copy()

    return table


def round_half_up(value: float) -> int:
    """Return the nearest whole number, the greater of two equally near."""
    return floor(value + 0.5)


def remaining_per_day_of_half_life(half_life_days: float) -> float:
    """Return what is left after a day, 2 ** (-1 / half-life), for a half-life in days."""
    _refuse_unless(half_life_days > 0.0, "half-life", half_life_days, "above 0 days")
    return exponential(0.0 - logarithm(2.0) / half_life_days)


def remaining_per_day_of_time_constant(time_constant_days: float) -> float:
    """Return what is left after a day, exp(-1 / time constant), for a time constant in days."""
    _refuse_unless(time_constant_days > 0.0, "decay time", time_constant_days, "above 0 days")
    return exponential(0.0 - 1.0 / time_constant_days)


def uptake_per_hour(half_life_days: float) -> float:
    """Return the rate ke0 / 24 of an effect site with a half-life in days, per hour."""
    _refuse_unless(half_life_days > 0.0, "half-life", half_life_days, "above 0 days")
    return logarithm(2.0) / half_life_days / 24.0


def powers(base: float, count: int) -> list[float]:
    """Return `base` to the powers 0, 1, ... `count` - 1, by repeated multiplication."""
    result = [1.0]
    for _ in range(count - 1):
        result.append(result[-1] * base)
    return result


@_kept
def discount_factors(yearly_rate: float, horizon_days: int) -> Table:
    """Return the discount factor of each day.

    Parameters
    ----------
    yearly_rate : float
        Such as 0.03; 0 does not discount.
    horizon_days : int

    Returns
    -------
    numpy.ndarray
        Shape (horizon_days + 1,): what 1 in the middle of day t is worth on day 0.
    """
    _refuse_unless(0.0 <= yearly_rate < 1.0, "discount rate", yearly_rate, "0 to below 1 a year")
    rate = 0.0 - logarithm(1.0 + yearly_rate)
    return np.array(
        [exponential(rate * ((day + 0.5) / DAYS_PER_YEAR)) for day in range(horizon_days + 1)]
    )


@_kept
def discount_prefix(yearly_rate: float, horizon_days: int) -> Table:
    """Return the discounted years before each day.

    Parameters
    ----------
    yearly_rate : float
        Such as 0.03; 0 does not discount.
    horizon_days : int

    Returns
    -------
    numpy.ndarray
        Shape (horizon_days + 1,), years. A day counts 1 / 365 of a year, discounted to its middle.
    """
    prefix = [0.0]
    for factor in discount_factors(yearly_rate, horizon_days).tolist()[:horizon_days]:
        prefix.append(prefix[-1] + factor / DAYS_PER_YEAR)
    return np.array(prefix)


@_kept
def years_prefix(horizon_days: int) -> Table:
    """Return the years before each day, shape (horizon_days + 1,): day / 365."""
    return np.array([day / DAYS_PER_YEAR for day in range(horizon_days + 1)])


def mortality_per_day(gompertz: Mapping[str, float], hazard_ratio: float) -> Table:
    """Return the risk of death per day by sex and age.

    Parameters
    ----------
    gompertz : mapping
        ``female_level``, ``female_slope``, ``male_level``, ``male_slope`` of the hazard
        level * exp(slope * age), per year.
    hazard_ratio : float
        Of people with chronic pain against everybody.

    Returns
    -------
    numpy.ndarray
        Shape (2, AGE_YEARS): women then men; the hazard in the middle of the year of age.
    """
    _refuse_unless(hazard_ratio >= 0.0, "mortality ratio", hazard_ratio, "0 or above")
    return np.array(
        [
            [
                gompertz[f"{sex}_level"]
                * exponential(gompertz[f"{sex}_slope"] * (age + 0.5))
                * hazard_ratio
                / DAYS_PER_YEAR
                for age in range(layout.AGE_YEARS)
            ]
            for sex in SEXES
        ]
    )


def harm_age_factor(log_slope_per_year: Mapping[int, float]) -> Table:
    """Return the multiplier of each chronic harm's background hazard by age.

    Parameters
    ----------
    log_slope_per_year : mapping
        By ``ChronicHarm``: rise of the log hazard per year of age; harms left out have none.

    Returns
    -------
    numpy.ndarray
        Shape (CHRONIC_HARMS, AGE_YEARS), by age in whole years; 1 at the age of 50.
    """
    factors = np.ones((layout.CHRONIC_HARMS, layout.AGE_YEARS))
    for harm, slope in log_slope_per_year.items():
        factors[harm] = [
            exponential(slope * (age - REFERENCE_AGE_YEARS)) for age in range(layout.AGE_YEARS)
        ]
    return factors


def norm_utility(coefficients: Mapping[str, float], country_ratio: float = 1.0) -> Table:
    """Return the utility of the general population by sex and age.

    Parameters
    ----------
    coefficients : mapping
        ``intercept``, ``male``, ``age`` and ``age_squared`` of the regression on age in whole
        years.
    country_ratio : float
        Utility of the country over that of the regression's.

    Returns
    -------
    numpy.ndarray
        Shape (2, AGE_YEARS): women then men.
    """
    c = coefficients
    return np.array(
        [
            [
                country_ratio
                * (
                    c["intercept"]
                    + c["male"] * male
                    + c["age"] * age
                    + c["age_squared"] * (age * age)
                )
                for age in range(layout.AGE_YEARS)
            ]
            for male in range(len(SEXES))
        ]
    )


def decrement_knots(decrements: Sequence[float]) -> list[float]:
    """Return utility relative to no pain at scores 0 to 10, from decrements at these scores."""
    if len(decrements) != layout.PAIN_KNOTS:
        raise ValueProblem(
            f"{len(decrements)} utility decrements", f"{layout.PAIN_KNOTS}, at scores 0 to 10"
        )
    without_pain = 1.0 - decrements[0]
    _refuse_unless(without_pain > 0.0, "utility without pain", without_pain, "above 0")
    return [(1.0 - decrement) / without_pain for decrement in decrements]


def linear_knots(intercept: float, slope: float) -> list[float]:
    """Return utility relative to no pain at scores 0 to 10, for intercept + slope * score."""
    _refuse_unless(intercept > 0.0, "utility without pain", intercept, "above 0")
    return [(intercept + slope * score) / intercept for score in range(layout.PAIN_KNOTS)]


def diary_weights(daily_autocorrelation: float) -> list[float]:
    """Return the 8 moving-average weights of the diary error, newest first.

    They fall by the autocorrelation from day to day and their squares sum to 1.
    """
    _refuse_unless(
        0.0 <= daily_autocorrelation < 1.0,
        "day-to-day autocorrelation",
        daily_autocorrelation,
        "0 to below 1",
    )
    raw = powers(daily_autocorrelation, layout.DIARY_TERMS)
    length = sqrt(_dot(raw, raw))
    return [weight / length for weight in raw]


def weekly_error_variance(diary_error_sd: float, weights: Sequence[float]) -> float:
    """Return the variance of the mean diary error of seven days, NRS squared."""
    days = DAYS_PER_WEEK * DAYS_PER_WEEK
    return diary_error_sd * diary_error_sd * _weekly_pairs(weights) / days


def _weekly_pairs(weights: Sequence[float]) -> float:
    """Return the sum of the error's autocorrelations over all pairs of seven days."""
    total = 0.0
    for apart in range(DAYS_PER_WEEK):
        correlation = _dot(weights[apart:], weights[: len(weights) - apart])
        pairs = DAYS_PER_WEEK if apart == 0 else 2 * (DAYS_PER_WEEK - apart)
        total = total + pairs * correlation
    return total


def flare_sd(
    level_sd: float,
    weekly_error_variance: float,
    retest_correlation: float,
    weekly_autocorrelation: float,
    retest_weeks: int,
) -> float:
    """Derive the stationary SD of the flare from the test-retest correlation of weekly means.

    With level variance v, error variance m of a weekly mean, correlation rho of means L weeks
    apart and autocorrelation phi: flare variance = (v (1 - rho) - rho m) / (rho - phi^L).

    Parameters
    ----------
    level_sd : float
        SD of long-run pain between candidates, NRS.
    weekly_error_variance : float
        NRS squared.
    retest_correlation, weekly_autocorrelation : float
    retest_weeks : int

    Returns
    -------
    float
        NRS.

    Raises
    ------
    ValueProblem
        If no flare reproduces the correlation: it is not above phi^L, or so high that level and
        diary error alone already fall below it.
    """
    lasting = powers(weekly_autocorrelation, retest_weeks + 1)[-1]
    if retest_correlation <= lasting:
        raise ValueProblem(
            f"weekly means {retest_weeks} weeks apart cannot correlate as little as "
            f"{retest_correlation:g} when flares alone keep {lasting:g} over that time; raise the "
            "test-retest correlation or lower the autocorrelation of flares",
            f"a test-retest correlation above {lasting:g}",
        )
    variance = level_sd * level_sd
    numerator = variance * (1.0 - retest_correlation) - retest_correlation * weekly_error_variance
    if numerator < 0.0:
        highest = variance / (variance + weekly_error_variance)
        raise ValueProblem(
            f"weekly means cannot correlate as much as {retest_correlation:g}: diary error alone "
            "lowers it further; lower the test-retest correlation or the day-to-day SD",
            f"a test-retest correlation up to {highest:.4g}",
        )
    return sqrt(numerator / (retest_correlation - lasting))


def innovation_sd(stationary_sd: float, autocorrelation: float) -> float:
    """Return the SD of the weekly innovation that keeps the flare's SD, NRS."""
    _refuse_unless(
        0.0 <= autocorrelation < 1.0, "autocorrelation of flares", autocorrelation, "0 to below 1"
    )
    return stationary_sd * sqrt(1.0 - autocorrelation * autocorrelation)


def normal_probability(z: float) -> float:
    """Return the standard normal distribution function at `z`, strictly inside (0, 1).

    The quantile function is inverted by bisection, so the two agree with each other.
    """
    low, high = SMALLEST_PROBABILITY, LARGEST_PROBABILITY
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        is_settled = middle in (low, high)
        if normal_quantile(middle) < z:
            low = middle
        else:
            high = middle
        if is_settled:  # Between neighbouring numbers nothing moves any more.
            break
    return high if z > 0.0 else low


def cholesky(matrix: Sequence[Sequence[float]], names: Sequence[str]) -> list[list[float]]:
    """Return the lower triangular factor of a correlation matrix, in plain ordered arithmetic.

    Parameters
    ----------
    matrix : sequence of sequences of float
        Square and symmetric, with ones on its diagonal.
    names : sequence of str
        What the rows stand for, for the message.

    Returns
    -------
    list of list of float

    Raises
    ------
    ValueProblem
        If the matrix is not positive definite.
    """
    size = len(matrix)
    factor = [[0.0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i):
            factor[i][j] = (matrix[i][j] - _dot(factor[i][:j], factor[j][:j])) / factor[j][j]
        left = matrix[i][i] - _dot(factor[i][:i], factor[i][:i])
        if left <= 0.0:
            raise ValueProblem(
                f"the correlations of {names[i]} with {', '.join(names[:i])} contradict each "
                "other: no patients could have them all; bring some of them nearer to 0",
                "correlations that form a positive definite matrix",
            )
        factor[i][i] = sqrt(left)
    return factor


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    total = 0.0
    for a, b in zip(left, right, strict=True):
        total = total + a * b
    return total


def _refuse_unless(is_fine: Any, what: str, value: float, allowed: str) -> None:
    if not is_fine:
        raise ValueProblem(f"{what} {value:g}", allowed)
