"""Life years, weekly sums, the event log and the trace of the reference engine."""

from __future__ import annotations

import dataclasses
import struct

import numpy as np
import pytest
from plans import make_plan
from reference_runs import (
    ALWAYS_PASSES,
    IMMORTAL,
    of_kind,
    open_model,
    run_still,
    still_plan,
    still_traits,
)

from pathways.codes import Event, ExitReason, Purpose, State, Step
from pathways.engines.mesa_engine import run
from pathways.layout import EVENT, RESULTS, TRAITS, WEEKLY, numpy_dtype

RATE = 0.035
KNOTS = [1.0, 0.96, 0.95, 0.93, 0.86, 0.83, 0.7, 0.53, 0.33, 0.1, 0.07]
UTILITY = {"utility_knots": KNOTS, "utility_floor": -0.59}


def discounted_years(days: int) -> float:
    """Geometric sum of the mid-day discount factors."""
    ratio = (1.0 + RATE) ** (-1.0 / 365.0)
    return (1.0 + RATE) ** (-0.5 / 365.0) * (1.0 - ratio**days) / (1.0 - ratio) / 365.0


def run_without_treatment(days: int, utility: float = 0.9, **traits: object):
    plan = still_plan(ketamine_offered=0, horizon_days=days, discount_rate=RATE, **UTILITY)
    plan = dataclasses.replace(plan, norm_utility=np.full_like(plan.norm_utility, utility))
    return run(plan, keep_events=True, traits=still_traits(plan, **traits))


@pytest.mark.parametrize("days", [1, 365, 1500])
def test_constant_utility_adds_up_to_the_closed_form(days):
    results = run_without_treatment(days, pain_level=6.0).results
    utility = 0.9 * 0.7
    assert results["qaly"] == pytest.approx(utility * discounted_years(days), rel=1e-12)
    assert results["qaly_undiscounted"] == pytest.approx(utility * days / 365.0, rel=1e-12)
    assert results["pain_days"] == 6.0 * days


def test_utility_between_knots_is_linear_and_has_a_floor():
    at_half = run_without_treatment(365, pain_level=6.5).results["qaly_undiscounted"]
    assert at_half == pytest.approx(0.9 * (0.7 + 0.5 * (0.53 - 0.7)), rel=1e-12)
    at_top = run_without_treatment(365, pain_level=12.0).results["qaly_undiscounted"]
    assert at_top == pytest.approx(0.9 * 0.07, rel=1e-12)
    below = run_without_treatment(365, utility=-20.0, pain_level=6.5).results["qaly_undiscounted"]
    assert below == pytest.approx(-0.59, rel=1e-12)


def test_utility_follows_age_on_mondays():
    plan = still_plan(ketamine_offered=0, horizon_days=365)
    # 50 years old on day 101, a Wednesday; the utility of 50 counts from the next Monday, day 105.
    traits = still_traits(plan, age_days=50 * 365 - 101, pain_level=0.0, male=1)
    results = run(plan, traits=traits).results
    norm = plan.norm_utility[1]
    assert results["qaly_undiscounted"] == pytest.approx((105 * norm[49] + 260 * norm[50]) / 365)


def test_books_close_on_the_day_of_death():
    plan = still_plan(ketamine_offered=0, discount_rate=RATE)
    mortality = np.full_like(plan.mortality_per_day, 0.01)
    norm_utility = np.full_like(plan.norm_utility, 1.0)
    plan = dataclasses.replace(plan, mortality_per_day=mortality, norm_utility=norm_utility)
    traits = still_traits(plan, death_clock=1.0, pain_level=0.0)
    result = run(plan, keep_events=True, traits=traits)
    assert result.results["died_day"] == 105
    assert result.results["qaly"] == pytest.approx(discounted_years(105), rel=1e-12)
    assert result.weekly["deaths"].tolist() == [0] * 15 + [1] + [0] * 89
    assert result.weekly["in_state"].sum(axis=1).tolist() == [1] * 15 + [0] * 90
    assert result.events["day"].max() == 105


@pytest.mark.parametrize(
    ("traits", "rules"),
    [
        ({}, {"flare_innovation_sd": 1.0}),
        ({"expectation_amplitude": 10.0}, {"remaining_floor": 0.97}),
        ({}, {"utility_floor": 2.0}),
        ({"expectation_amplitude": 0.0}, {"slow_uptake_per_hour": 0.0}),
    ],
    ids=["flare", "no pain left", "utility at its floor", "effect of a day"],
)
def test_the_sum_over_days_is_the_sum_of_days(traits, rules):
    plan = still_plan(**ALWAYS_PASSES, discount_rate=RATE, **rules)
    with open_model(plan, traits) as model:
        patient = model.patients[0]
        qaly, pain_days, removed = 0.0, 0.0, 0.0
        for day in range(plan.horizon_days):
            model.step()
            if day != patient.last_infusion_day:
                assert patient.pain_for_utility == patient.pain
            utility = patient.utility_at(patient.pain_for_utility)
            qaly += utility * (plan.effect_prefix[day + 1] - plan.effect_prefix[day])
            pain_days += patient.pain
            removed += patient.removed
        model.take_results()
        results = model.result().results
    assert results["qaly"] == pytest.approx(qaly, rel=1e-12)
    assert results["pain_days"] == pytest.approx(pain_days, rel=1e-12)
    assert results["floor_pain_days"] == pytest.approx(removed, rel=1e-12)


def mixed(trace: int, *values: int | float) -> int:
    """The trace written a second time, from the formula."""
    for value in values:
        form = "<d" if isinstance(value, float) else "<q"
        bits = int.from_bytes(struct.pack(form, value), "little")
        trace = (trace ^ bits) * 0x9E3779B97F4A7C15 % 2**64
        trace ^= trace >> 29
    return trace


def test_trace_of_a_patient_to_whom_little_happens():
    traits = {"pain_level": 6.0, "lead_to_assessment_days": 3}
    result = run_without_treatment(9, **traits)
    trace = mixed(0, 0, Step.REFERRALS, Event.REFERRED, 1, 49.0, 6.0, 18250.0, 0, 0)
    trace = mixed(trace, 3, Step.VISITS, Event.ASSESSED, 1, 18253.0, 0.0, 0.0, 0, 0)
    trace = mixed(trace, 6.0, 0.0, 0.0, 1.0, State.CONVENTIONAL)  # Sunday, day 6
    trace = mixed(trace, 6.0, 0.0, 0.0, 1.0, State.CONVENTIONAL)  # last day, day 8
    assert int(result.results["trace"][0]) == trace


def test_trace_covers_the_log_whether_it_is_kept_or_not():
    plan = make_plan(patients=5, years=1)
    kept, not_kept = run(plan, keep_events=True), run(plan)
    assert not_kept.events is None
    assert kept.results.tobytes() == not_kept.results.tobytes()
    assert kept.weekly.tobytes() == not_kept.weekly.tobytes()


def test_records_have_the_layout_of_the_package():
    plan = make_plan(patients=3, horizon_days=60)
    result = run(plan, keep_events=True)
    assert result.results.dtype == numpy_dtype(RESULTS)
    assert result.weekly.dtype == numpy_dtype(WEEKLY) and len(result.weekly) == plan.weeks
    assert result.events.dtype == numpy_dtype(EVENT)
    assert result.traits.dtype == numpy_dtype(TRAITS)


def test_weekly_rows_agree_with_the_patients():
    plan = make_plan(patients=40, years=2)
    result = run(plan, keep_events=True)
    results, weekly = result.results, result.weekly
    assert weekly["infusions"].sum() == results["infusions"].sum()
    assert weekly["first_infusions"].sum() == (results["first_infusion_day"] >= 0).sum()
    assert weekly["exits"].sum() == (results["exit_reason"] != ExitReason.NONE).sum()
    assert weekly["deaths"].sum() == (results["died_day"] >= 0).sum()
    assert weekly["racemic_equivalent_mg_e3"].sum() == np.round(results["racemic_mg"].sum() * 1e3)
    alive = len(results) - np.cumsum(weekly["deaths"])
    assert weekly["in_state"].sum(axis=1).tolist() == alive.tolist()
    assert weekly["in_state"][:, State.DEAD].sum() == 0
    assert weekly["in_state"][-1, : State.DEAD].tolist() == [
        (results["state"] == state).sum() for state in range(State.DEAD)
    ]


def test_weekly_sums_are_of_the_symptoms_of_that_day():
    plan = still_plan(**ALWAYS_PASSES, horizon_days=71)
    with open_model(plan, {"lead_to_treatment_days": 6}) as model:
        patient = model.patients[0]
        for _ in range(35):
            model.step()
        # The first infusion is on Sunday, day 34: raised expectation is not in that day's row.
        assert patient.infusions == 1 and patient.expectation == 1.0
        model.run()
        weekly = model.result().weekly
        assert len(weekly) == 11
        assert weekly["expectation_sum_e6"][4] == 0
        assert weekly["expectation_sum_e6"][5] == np.floor(np.exp(-1.0) * 1e6 + 0.5)
        assert weekly["pain_sum_e6"][:5].tolist() == [6_800_000] * 5
        assert weekly["pain_sum_e6"][5] < weekly["pain_without_drug_sum_e6"][5] < 6_800_000
        assert weekly["pain_sum_e6"][10] == np.floor(patient.pain * 1e6 + 0.5)


def test_events_are_ordered_by_patient_then_as_they_happened():
    result = run(make_plan(patients=8, years=1), keep_events=True)
    events = result.events
    assert (np.diff(events["patient"]) >= 0).all()
    for patient in range(8):
        lines = events[events["patient"] == patient]
        when = lines["day"] * 11 + lines["step"]
        assert (np.diff(when) >= 0).all()
        assert lines["event"][0] == Event.REFERRED


def test_draws_that_decided_are_named_in_the_log():
    result = run_still({"death_clock": IMMORTAL}, adherence_to_rule=0.0, criterion_percent_x10=1001)
    lines = of_kind(result, Event.FAILURE_NOT_ACTED_ON)
    assert (lines["draw_purpose"] == Purpose.ADHERENCE_TO_RULE).all()
    assert lines["draw_occurrence"].tolist() == list(range(len(lines)))
    assert lines["code"].tolist() == list(range(len(lines)))
    scores = of_kind(result, Event.WITHIN_DAY_SCORE)
    numbers = np.arange(len(scores) // 3)[:, None] * 4 + [0, 1, 2]
    assert scores["draw_occurrence"].tolist() == (numbers.ravel() // 2).tolist()
