"""Infusions of the reference engine: dose, effect site, immediate effect, expectation, weekends."""

from __future__ import annotations

import numpy as np
import pytest
from reference_runs import (
    ALWAYS_PASSES,
    courses_of,
    days_of,
    of_kind,
    open_model,
    run_still,
    still_plan,
)

from pathways.codes import Curve, Event, Moment

DECAY_PER_DAY = 2.0 ** (-1.0 / 10.9)
UPTAKE = np.log(2.0) / 10.9 / 24.0


def test_effect_site_is_the_sum_of_decayed_doses():
    plan = still_plan(**ALWAYS_PASSES, slow_floor=0.0)
    auc_s = 0.5 * 1000.0 * 80.0 / 86.0
    with open_model(plan) as model:
        patient = model.patients[0]
        for day in range(400):
            model.step()
            doses = [DECAY_PER_DAY ** (day - given) for given in range(42, day + 1, 42)]
            expected = UPTAKE * auc_s * np.sum(doses)
            assert patient.slow_site == pytest.approx(expected, rel=1e-12, abs=0.0)


def test_relief_is_of_the_day_after_and_follows_the_hyperbola():
    plan = still_plan(**ALWAYS_PASSES)
    with open_model(plan, {"expectation_amplitude": 0.0}) as model:
        patient = model.patients[0]
        while patient.infusions == 0:
            model.step()
        assert patient.pain == 6.8
        site = patient.slow_site
        model.step()
        site = site * DECAY_PER_DAY
        assert patient.pain == pytest.approx(6.8 * (1.0 - site / (10.5 + site)), rel=1e-12)
        assert patient.pain_without_drug == 6.8


def test_a_decay_ends_exactly_at_the_floor():
    plan = still_plan(**ALWAYS_PASSES, maintenance_interval_days=700)
    with open_model(plan) as model:
        patient = model.patients[0]
        seen = set()
        for _ in range(600):
            model.step()
            seen.add(patient.slow_site)
        assert patient.slow_site == 0.0 and patient.expectation == 0.0
        assert patient.pain == 6.8
        assert min(seen - {0.0}) >= 0.001


def test_tolerance_raises_the_c50_with_lifetime_exposure():
    plan = still_plan(**ALWAYS_PASSES, tolerance_kappa=2.0)
    with open_model(plan) as model:
        patient = model.patients[0]
        for _ in range(200):
            model.step()
        c50 = 10.5 * (1.0 + 2.0 * patient.lifetime_auc_s / 1000.0)
        assert patient.slow_relief() == pytest.approx(
            patient.slow_site / (c50 + patient.slow_site), rel=1e-12
        )


def test_the_floor_limits_relief_and_what_it_takes_is_booked():
    plan = still_plan(**ALWAYS_PASSES, remaining_floor=0.97)
    with open_model(plan, {"expectation_amplitude": 0.0}) as model:
        patient = model.patients[0]
        for _ in range(44):
            model.step()
        assert patient.pain == 6.8 * 0.97
        assert patient.removed == pytest.approx((0.97 - (1.0 - patient.slow_relief())) * 6.8)
        assert patient.removed > 0.0


@pytest.mark.parametrize(
    ("settings", "mg", "auc_s"),
    [
        ({"step_dose": [[80.0]]}, 80.0, 0.5 * 1000.0 * 80.0 / 86.0),
        ({"step_dose": [[80.0]], "step_s_ketamine": 1}, 80.0, 1000.0 * 80.0 / 86.0),
        ({"step_dose": [[0.5]], "step_per_kg": 1}, 40.0, 0.5 * 1000.0 * 40.0 / 86.0),
        ({"step_dose": [[82.5]], "vial_step_mg": 5.0}, 85.0, 0.5 * 1000.0 * 85.0 / 86.0),
        ({"step_dose": [[82.4]], "vial_step_mg": 5.0}, 80.0, 0.5 * 1000.0 * 80.0 / 86.0),
        ({"step_dose": [[80.0]], "step_sham": 1}, 0.0, 0.0),
    ],
)
def test_dose_and_exposure(settings, mg, auc_s):
    result = run_still(**settings)
    first = of_kind(result, Event.ADMINISTERED)[0]
    assert first["value_1"] == mg
    assert first["value_2"] == pytest.approx(auc_s, rel=1e-14)


def test_forms_of_ketamine_are_counted_apart_and_together():
    racemic = run_still(ladder_steps=1, criterion_percent_x10=1001)
    s_form = run_still(ladder_steps=1, criterion_percent_x10=1001, step_s_ketamine=1)
    assert racemic.results["racemic_mg"] == 80.0 and racemic.results["s_ketamine_mg"] == 0.0
    assert s_form.results["racemic_mg"] == 0.0 and s_form.results["s_ketamine_mg"] == 80.0
    assert racemic.weekly["racemic_equivalent_mg_e3"].sum() == 80_000
    assert s_form.weekly["racemic_equivalent_mg_e3"].sum() == 160_000
    assert of_kind(s_form, Event.EXITED)["value_1"] == 160.0


def test_immediate_effect_at_the_three_moments():
    result = run_still({"expectation_amplitude": 0.0})
    scores = of_kind(result, Event.WITHIN_DAY_SCORE)[:3]
    assert scores["code"].tolist() == list(Moment)
    # 78 L/h and 82 kg are knots of the grid, third and fourth.
    plan = still_plan()
    per_mg = dict(zip(Moment, plan.curves[0, 0, 0, 1:4, 2, 3], strict=True))
    assert len(set(per_mg.values())) == 3
    traits = {"clearance": 78.0, "weight_kg": 82.0, "expectation_amplitude": 0.0}
    with open_model(plan, traits) as model:
        patient = model.patients[0]
        for _ in range(43):
            model.step()
        for moment in Moment:
            concentration = per_mg[moment] * 80.0 * 0.5
            effect = 0.55 * concentration / (75.0 + concentration)
            kept = patient.within_day[moment]
            assert kept.pain == pytest.approx(6.8 * (1.0 - effect), rel=1e-12)
            assert kept.pain_without_drug == 6.8
            assert kept.score == np.floor(kept.pain + 0.5)


@pytest.mark.parametrize(
    ("clearance", "weight_kg"),
    [(34.0, 40.0), (86.0, 79.0), (210.0, 152.0), (5.0, 20.0), (400.0, 300.0), (45.0, 60.0)],
)
def test_interpolation_is_bilinear_and_flat_outside_the_grid(clearance, weight_kg):
    scipy_interpolate = pytest.importorskip("scipy.interpolate")
    plan = still_plan()
    clearances = 34.0 + 22.0 * np.arange(9)
    weights = 40.0 + 14.0 * np.arange(9)
    table = plan.curves[0, 0, 0, 0]
    oracle = scipy_interpolate.RegularGridInterpolator((clearances, weights), table)
    inside = [np.clip(clearance, 34.0, 210.0), np.clip(weight_kg, 40.0, 152.0)]
    with open_model(plan, {"clearance": clearance, "weight_kg": weight_kg}) as model:
        found = model.patients[0].interpolate_curve(0)
    assert found == pytest.approx(oracle(inside)[0], rel=1e-12)


def test_the_day_of_an_infusion_has_the_mean_effect_in_the_utility_only():
    plan = still_plan(**ALWAYS_PASSES)
    with open_model(plan, {"expectation_amplitude": 0.0}) as model:
        patient = model.patients[0]
        for _ in range(43):
            model.step()
        mean_effect = patient.interpolate_curve(Curve.MEAN_EFFECT)
        assert mean_effect > 0.0
        assert patient.pain == 6.8
        assert patient.pain_for_utility == pytest.approx(6.8 * (1.0 - mean_effect), rel=1e-12)
        assert patient.held_utility > patient.utility_at(6.8)


def test_expectation_is_habituated_by_course_and_multiplied():
    settings = {
        **ALWAYS_PASSES,
        "step_setting_expectation": 1.5,
        "expectation_unblinding": 2.0,
        "expectation_habituation": [0.5**n for n in range(64)],
        "step_sham": 1,
        "step_perceived_effect": 0.25,
    }
    with open_model(still_plan(**settings)) as model:
        patient = model.patients[0]
        for course in range(3):
            while patient.courses == course:
                model.step()
            assert patient.expectation == 1.0 * 0.5**course * 1.5 * (1.0 + 2.0 * 0.25)


def test_infusions_close_together_are_one_course_of_expectation():
    settings = {**courses_of([80.0] * 3), **ALWAYS_PASSES, "step_gap_days": [[0, 13, 14]]}
    with open_model(still_plan(**settings)) as model:
        patient = model.patients[0]
        for infusions, courses in ((1, 1), (2, 1), (3, 2)):
            while patient.infusions < infusions:
                model.step()
            assert patient.expectation_course == courses


@pytest.mark.parametrize(("skip", "days"), [(0, [39, 40, 41, 42]), (1, [39, 42, 43, 44])])
def test_infusions_move_off_the_weekend(skip, days):
    # Day 39 is a Friday.
    result = run_still(
        {"lead_to_treatment_days": 11},
        **courses_of([80.0] * 4),
        step_skip_weekends=skip,
        criterion_percent_x10=1001,
    )
    assert days_of(result, Event.ADMINISTERED) == days


@pytest.mark.parametrize("lead_days", [12, 13])
def test_a_start_on_the_weekend_moves_to_monday(lead_days):
    result = run_still({"lead_to_treatment_days": lead_days}, step_skip_weekends=1)
    assert days_of(result, Event.ADMINISTERED)[0] == 42
    assert of_kind(result, Event.BOOKED)[0]["value_1"] == 42


def test_expectation_of_the_day_counts_within_the_day_but_not_in_the_utility():
    plan = still_plan(**ALWAYS_PASSES)
    with open_model(plan, {"expectation_amplitude": 2.0}) as model:
        patient = model.patients[0]
        for _ in range(43):
            model.step()
        assert patient.expectation == 2.0 and patient.expectation_felt == 0.0
        end = patient.immediate_effect(patient.concentration(Curve.END, 80.0))
        kept = patient.within_day[Moment.END]
        assert kept.pain == pytest.approx(6.8 * (1.0 - end) - 2.0, rel=1e-12)
        assert kept.pain_without_drug == 6.8 - 2.0
        mean_effect = patient.interpolate_curve(Curve.MEAN_EFFECT)
        assert patient.pain_for_utility == pytest.approx(6.8 * (1.0 - mean_effect), rel=1e-12)
