"""Waits of a clinic do not depend on how many patients are simulated.

More patients are more regions with the same load, so an estimate of the larger run lies in the 95 %
interval of the smaller, whose regions are among them, except by chance: about one time in thirty
for one measure, and one in eight for the four. Seeds are fixed.
"""

from __future__ import annotations

import pytest

from pathways import simulate

MEASURES = ("median_wait_days", "share_treated", "mean_infusions", "mean_ketamine_mg")


@pytest.fixture(scope="module")
def runs():
    return [
        {
            row["measure"]: row
            for row in simulate("planner-clinic", patients=n, years=1, seed=5).summary_rows
            if row["block"] == "all_referrals"
        }
        for n in (2_500, 5_000)
    ]


@pytest.mark.parametrize("measure", MEASURES)
def test_twice_the_patients_move_nothing_beyond_its_interval(runs, measure):
    small, large = (one[measure] for one in runs)
    assert large["n"] > 1.9 * small["n"]
    assert small["low"] <= large["value"] <= small["high"]


def test_the_load_of_a_clinic_is_the_same_whatever_is_simulated(runs):
    small, large = (
        simulate("planner-clinic", patients=n, years=1, seed=5).plan for n in (400, 800)
    )
    first = small.clinic_patients[0]
    assert large.clinic_patients[0] == first
    assert large.referral_days[:first].tolist() == small.referral_days[:first].tolist()
