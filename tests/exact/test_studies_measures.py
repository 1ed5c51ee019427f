"""Measures of a study: those of the summary, to the last bit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from raw_results import five_patients

from pathways import simulate
from pathways.outcomes.summary import ALL, CONTINUATIONS, WAITING
from pathways.simulation import Result
from pathways.studies.measures import DEFAULT_OUTPUTS, MEASURES, measures_of

BLOCKS = (ALL, CONTINUATIONS, WAITING)
NOT_IN_SUMMARY = {"deaths"}
RUNS = {
    "a ladder": ("dose-ladder", {"patients": 400, "years": 4}),
    "nobody treated": ("conventional-care", {"patients": 60, "years": 1}),
    "referrals over time": ("planner-clinic", {"patients": 40}),
    "a draw": ("cash-clinic", {"patients": 300, "years": 2, "draw": 3, "seed": 5}),
    "one day": ("guideline-2018", {"patients": 3, "years": 0.003}),
}


def summary_of(result: Result) -> dict[str, dict]:
    rows = [row for row in result.summary_rows if row["block"] in BLOCKS]
    return {row["measure"]: row for row in reversed(rows)}


@pytest.mark.parametrize("name", RUNS)
def test_values_are_those_of_the_summary(name):
    scenario, size = RUNS[name]
    result = simulate(scenario, **size)
    rows = summary_of(result)
    found = measures_of(result.raw, result.plan, list(MEASURES))
    assert MEASURES.keys() - rows.keys() == NOT_IN_SUMMARY
    assert {name: found[name] for name in rows if name in found} == {
        name: rows[name]["value"] for name in rows if name in found
    }
    for measure in MEASURES.keys() & rows.keys():
        unit = MEASURES[measure].unit
        assert unit == rows[measure]["unit"] or (unit == "currency"), measure
    died = result.patients[result.patients["studied"]]["died_day"].notna().sum()
    assert found["deaths"] == died


def test_only_what_is_asked_for_in_that_order():
    raw, plan = five_patients()
    outputs = ("mean_pain", "deaths", "mean_qaly")
    assert tuple(measures_of(raw, plan, outputs)) == outputs
    assert measures_of(raw, plan, outputs)["mean_qaly"] == 0.5
    assert measures_of(raw, plan, ()) == {}


def test_what_cannot_be_estimated_is_empty():
    raw, plan = five_patients()
    unpriced = replace(plan, description={**plan.description, "prices": None})
    found = measures_of(raw, unpriced, list(MEASURES))
    assert found["mean_cost_patient"] is None and found["mean_cost_drug"] is None
    result = simulate("conventional-care", patients=20, years=1)
    found = measures_of(result.raw, result.plan, list(MEASURES))
    for name in ("median_wait_days", "false_positive_rate", "share_nausea_per_infusion"):
        assert found[name] is None


def test_usual_measures_exist_and_every_one_is_explained():
    assert set(DEFAULT_OUTPUTS) <= MEASURES.keys()
    assert all(one.meaning for one in MEASURES.values())
