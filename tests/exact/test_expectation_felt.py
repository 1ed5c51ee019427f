"""Why the felt part of expectation may be less than expectation: pain does not go below none."""

import numpy as np
import pytest

from pathways.simulation import simulate

SUNDAYS = range(6, 364, 7)


@pytest.fixture(scope="module")
def seen():
    run = simulate("cash-clinic", patients=2000, years=1, seed=1, observed_days=SUNDAYS)
    return run, run.raw.observations


def test_what_is_missing_is_what_would_be_below_none(seen):
    run, records = seen
    floor = run.plan.rule_sets["remaining_floor"][0]
    untreated = records["base"] * np.maximum(records["programme_remaining"], floor)
    felt = untreated - records["pain_without_drug"]
    below_none = np.maximum(records["expectation"] - untreated, 0.0)
    assert felt + below_none == pytest.approx(records["expectation"], abs=1e-12)
    assert below_none.any()


def test_the_weekly_sums_differ_by_just_that(seen):
    run, records = seen
    weekly = run.weekly.iloc[: len(SUNDAYS)]
    alive = records["seen"].sum(axis=0)
    floor = run.plan.rule_sets["remaining_floor"][0]
    untreated = records["base"] * np.maximum(records["programme_remaining"], floor)
    missing = np.maximum(records["expectation"] - untreated, 0.0).sum(axis=0) / alive
    room = weekly["expectation_mean"] - (
        weekly["programme_pain_mean"] - weekly["pain_without_drug_mean"]
    )
    assert room.to_numpy(float) == pytest.approx(missing, abs=2e-6)
