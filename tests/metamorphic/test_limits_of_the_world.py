"""Worlds in which something cannot be: no hazards, no limits, no chairs."""

from __future__ import annotations

import numpy as np
import pytest
from scenario_strategies import quick_plan

from pathways.codes import ExitReason, HarmCause
from pathways.engines import kernel_engine
from pathways.outcomes.cautions import cautions_of_plan

ALWAYS_OPEN = {
    "extends": "planner-clinic",
    "scenario": "always-open",
    "clinics": [
        {
            "name": "Infusion clinic",
            "chairs": "unlimited",
            "open": {
                "days": ["monday", "tuesday", "wednesday", "thursday", "friday"],
                "minutes": "8 h",
            },
            "assessment_slots_per_week": "unlimited",
            "no_show": 0.0,
            "late_cancellation": 0.0,
        }
    ],
}
CLOSED = {
    "extends": "planner-clinic",
    "scenario": "closed",
    "clinics": [
        {
            "name": "Infusion clinic",
            "chairs": 0,
            "nurses": 0,
            "open": {"days": ["tuesday"], "minutes": "8 h"},
            "assessment_slots_per_week": 14,
        }
    ],
}


@pytest.mark.parametrize("switch", ["off", "none"])
def test_without_hazards_nobody_is_harmed(switch):
    document = {"extends": "dose-ladder", "scenario": "harmless", "harms": {switch: True}}
    results = kernel_engine.run(quick_plan(document, patients=300, years=3, seed=2)).results
    counts = results["harm_count"].reshape(len(results), -1, len(HarmCause))
    assert results["infusions"].sum() > 1_000
    assert not counts[:, :, HarmCause.EXCESS].any()
    assert counts.any() == results["acute_count"].any() == (switch == "off")


def test_with_unlimited_resources_nobody_waits_beyond_the_next_window():
    plan = quick_plan(ALWAYS_OPEN, patients=200, years=1, seed=2)
    results = kernel_engine.run(plan).results
    treated = results["first_infusion_day"] >= 0
    waits = (results["first_infusion_day"] - results["assessed_day"])[treated]
    # At most the rest of this week, and a weekend.
    assert treated.sum() > 200 and waits.min() >= 1 and waits.max() <= 9


def test_without_chairs_nobody_is_treated_and_it_is_said():
    plan = quick_plan(CLOSED, patients=100, years=1, seed=2)
    results = kernel_engine.run(plan).results
    assert not results["infusions"].any() and (results["assessed_day"] >= 0).any()
    assert any("chair" in caution for caution in cautions_of_plan(plan))


def test_a_laboratory_stop_is_the_same_on_both_engines():
    import parity

    document = {
        "extends": "dose-ladder",
        "scenario": "livers",
        "parameters": {"liver_background_rate": "0.9 per year"},
    }
    kernel, reference = parity.run_both(quick_plan(document, patients=60, years=2, seed=1))
    parity.assert_same(kernel, reference)
    assert np.any(kernel.results["exit_reason"] == ExitReason.LABORATORY_STOP)
