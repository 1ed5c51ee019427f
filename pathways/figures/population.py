"""Whom a figure is about, and how its shares, numbers and intervals are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pathways.outcomes.estimates import NORMAL_975

if TYPE_CHECKING:
    import pandas

    from pathways.comparison import Comparison

DAYS_PER_YEAR = 365.0


def referrals(comparison: Comparison, name: str, *columns: str) -> pandas.DataFrame:
    """Return columns of the studied referrals of a policy, the denominator of every share."""
    patients = comparison.results[name].patients
    return patients.loc[patients["studied"], list(columns)]


def whom(comparison: Comparison) -> str:
    """Return in words who was simulated and for how long."""
    counts = sorted({len(referrals(comparison, name)) for name in comparison.names})
    years = sorted({result.plan.horizon_days for result in comparison.results.values()})
    people = " or ".join(f"{count:,}" for count in counts)
    time = " or ".join(years_in_words(days) for days in years)
    same = " per policy, the same in each," if len(comparison.names) > 1 else ""
    return f"{people} virtual referrals{same} followed for {time}"


def everybody(comparison: Comparison) -> str:
    """Return in words whom a weekly table counts: also referrals that are not studied."""
    counts = sorted({len(result.patients) for result in comparison.results.values()})
    studied = {len(referrals(comparison, name)) for name in comparison.names}
    if set(counts) == studied:
        return whom(comparison)
    people = " or ".join(f"{count:,}" for count in counts)
    same = " per policy, the same in each" if len(comparison.names) > 1 else ""
    return f"all {people} virtual referrals{same}, also those before and after the intake studied"


def years_in_words(days: int) -> str:
    """Return a time in years, or in days where it is shorter than one."""
    if days < DAYS_PER_YEAR:
        return f"{days} day{'' if days == 1 else 's'}"
    years = days / DAYS_PER_YEAR
    return f"{years:.3g} year{'' if years == 1.0 else 's'}"


def percent(share: float) -> str:
    """Return a share in per cent: whole, with a decimal below ten, never 0 for something."""
    value = 100.0 * share
    if 0.0 < value < 0.1:
        return "<0.1 %"
    if value in (0.0, 100.0):
        return f"{value:.0f} %"
    if value > 99.9:
        return ">99.9 %"
    return f"{value:.1f} %" if value < 10.0 or value > 99.0 else f"{value:.0f} %"


def wilson(counts: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of the 95 % intervals of shares ``counts / n``.

    Wilson's score interval, as :func:`pathways.outcomes.estimates.proportion` has it for one share.
    """
    share = np.asarray(counts, float) / n
    square = NORMAL_975 * NORMAL_975 / n
    centre = (share + square / 2.0) / (1.0 + square)
    half = NORMAL_975 * np.sqrt((share * (1.0 - share) + square / 4.0) / n) / (1.0 + square)
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)
