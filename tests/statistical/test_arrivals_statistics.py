"""Do referrals come as a Poisson process of the rate that the scenario states?

Each check refuses right arrivals with probability ALARM for a seed picked at random; there are 12,
so all together below one in four thousand. The seed is fixed, so the outcome never changes.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from pathways.fastcore.population import referral_days

ALARM = 2e-5
SEED = 20261123
DAYS = 20_000
LIMIT = stats.norm.isf(ALARM / 2.0)
RATES = (0.05, 450 / 365, 12.0)


def days_of(rate: float, clinic: int = 1) -> np.ndarray:
    return referral_days(SEED, 0, clinic, rate, DAYS)


@pytest.mark.parametrize("rate", RATES)
def test_as_many_come_as_stated(rate):
    expected = rate * DAYS
    low, high = stats.poisson.ppf([ALARM / 2.0, 1.0 - ALARM / 2.0], expected)
    assert low <= len(days_of(rate)) <= high


@pytest.mark.parametrize("rate", RATES)
def test_days_are_independent_counts_of_that_mean(rate):
    counts = np.bincount(days_of(rate), minlength=DAYS)
    most = int(stats.poisson.ppf(0.999, rate))
    observed = [np.count_nonzero(counts == k) for k in range(most)]
    observed.append(np.count_nonzero(counts >= most))
    shares = [*stats.poisson.pmf(range(most), rate), stats.poisson.sf(most - 1, rate)]
    assert stats.chisquare(observed, np.array(shares) * DAYS).pvalue > ALARM
    pairs = np.corrcoef(counts[:-1], counts[1:])[0, 1]
    assert abs(pairs) * np.sqrt(DAYS - 1) < LIMIT


def test_weekdays_are_alike():
    by_weekday = np.bincount(days_of(12.0)[: 7 * (DAYS // 7)] % 7)
    assert stats.chisquare(by_weekday).pvalue > ALARM


def test_clinics_do_not_follow_each_other():
    counts = [np.bincount(days_of(2.0, clinic), minlength=DAYS) for clinic in (1, 2)]
    assert abs(np.corrcoef(counts)[0, 1]) * np.sqrt(DAYS) < LIMIT


def test_parameter_draws_have_arrivals_of_their_own():
    stated, drawn = (
        np.bincount(referral_days(SEED, draw, 1, 2.0, DAYS), minlength=DAYS) for draw in (0, 1)
    )
    assert abs(np.corrcoef(stated, drawn)[0, 1]) * np.sqrt(DAYS) < LIMIT
