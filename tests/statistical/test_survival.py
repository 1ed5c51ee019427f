"""Survival of a cohort follows the life table it was given."""

from __future__ import annotations

import math

import pytest
from plans import make_plan

from pathways.engines import kernel_engine

DAYS_PER_YEAR = 365
PATIENTS = 5_000
YEARS = 12
# Two-sided false-alarm rate 1e-4 for each year tested, 3e-4 in all; the seed is fixed.
LIMIT = 3.891


def cumulative_hazard(plan, traits, days: int) -> float:
    """Hazard until the last Monday on or before `days`, at the rate of the age on each Monday."""
    row, age_days = plan.mortality_per_day[int(traits["male"])].tolist(), int(traits["age_days"])
    weeks = range(age_days, age_days + days // 7 * 7, 7)
    return math.fsum(row[min(120, day // DAYS_PER_YEAR)] for day in weeks) * 7.0


@pytest.fixture(scope="module")
def cohort():
    plan = make_plan(patients=PATIENTS, years=YEARS, seed=20_181)
    return plan, kernel_engine.run(plan)


@pytest.mark.parametrize("years", [1, 5, YEARS])
def test_deaths_are_those_of_the_life_table(cohort, years):
    plan, result = cohort
    days = years * DAYS_PER_YEAR - 1
    died = result.results["died_day"]
    deaths = int(((died >= 0) & (died <= days)).sum())
    expected = variance = 0.0
    for traits in result.traits:
        survival = math.exp(-cumulative_hazard(plan, traits, days))
        expected += 1.0 - survival
        variance += survival * (1.0 - survival)
    assert expected > 25.0
    assert abs(deaths - expected) < LIMIT * math.sqrt(variance)


def test_a_gompertz_table_gives_gompertz_survival(cohort):
    # Whole years of age at mid-year rates against the curve itself: no statistics involved.
    plan, _ = cohort
    female = plan.mortality_per_day[0]
    growth = math.log(female[80] / female[50]) / 30.0
    at_50 = female[50] * DAYS_PER_YEAR * math.exp(-0.5 * growth)
    stepped = math.exp(-math.fsum(float(female[age]) * DAYS_PER_YEAR for age in range(50, 60)))
    smooth = math.exp(-at_50 * (math.exp(10.0 * growth) - 1.0) / growth)
    assert stepped == pytest.approx(smooth, abs=5e-4)
