"""Results on a fixed day of each patient, weekly rows and clinics of the reference engine.

docs/model.md 1 and 9.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from clinic_records import FIRST_CLINIC
from plans import make_plan
from reference_runs import (
    ALWAYS_PASSES,
    days_of,
    of_kind,
    open_model,
    run_still,
    still_plan,
    still_traits,
)

from pathways.codes import Event, ExitReason, Purpose, State
from pathways.engines.mesa_engine import run
from pathways.fastcore.draws import Draws
from pathways.fastcore.population import sample_all_traits
from pathways.layout import PANEL_PATIENTS
from pathways.model.model import PathwayModel

MIDWEEK = 108


def run_arrivals(referral_days: list[int], **overrides: object):
    plan = still_plan(None, referral_days=referral_days, **overrides)
    return run(plan, keep_events=True, traits=still_traits(plan, referral_day=plan.referral_days))


# The end of the results


def test_results_are_those_of_the_morning_of_the_last_day():
    # Assessed on day 28 and infused on day 42: neither counts on the morning of its day.
    for days, assessed, infusions in ((28, -1, 0), (29, 28, 0), (42, 28, 0), (43, 28, 1)):
        result = run_still(horizon_days=days, calendar_days=70)
        assert result.results["assessed_day"] == assessed
        assert result.results["infusions"] == infusions
        assert days_of(result, Event.ADMINISTERED) == [42], "the patient lives on"


def test_everybody_is_followed_for_as_long():
    result = run_arrivals([0, 5, 33], horizon_days=50, calendar_days=120, **ALWAYS_PASSES)
    assert result.results["infusions"].tolist() == [1, 1, 1]
    lines = of_kind(result, Event.ADMINISTERED)
    given = [lines["day"][lines["patient"] == patient].tolist() for patient in range(3)]
    # 42 days after the referral and every 42 days after that, until day 119.
    assert given == [[42, 84], [47, 89], [75, 117]]
    assert result.results["pain_days"] == pytest.approx([result.results["pain_days"][0]] * 3)


def test_who_is_referred_late_is_followed_to_the_end_of_the_calendar():
    result = run_arrivals([0, 60, 99], horizon_days=50, calendar_days=100)
    assert result.results["qaly_undiscounted"][1] == pytest.approx(
        result.results["qaly_undiscounted"][0] * 40 / 50, rel=0.05
    )
    assert result.results["pain_days"][2] == pytest.approx(6.8)
    assert result.results["assessed_day"].tolist() == [28, 28, -1]


def test_what_comes_after_the_results_does_not_show_in_them():
    rules = {**ALWAYS_PASSES, "limit_courses": 1, "rereferral_hazard_per_day": 1e9}
    # Exit by a cap on day 63, referred again on day 70.
    before = run_still(**rules, horizon_days=70, calendar_days=70).results
    going_on = run_still(**rules, horizon_days=70, calendar_days=200).results
    assert before.tobytes() == going_on.tobytes()
    assert going_on["exit_reason"] == ExitReason.COUNT_CAP and going_on["re_referrals"] == 0


def test_a_death_after_the_results_does_not_show_in_them():
    plan = still_plan(ketamine_offered=0, horizon_days=100, calendar_days=300)
    mortality = np.full_like(plan.mortality_per_day, 0.01)
    plan = dataclasses.replace(plan, mortality_per_day=mortality)
    for death_clock, died in ((0.99, 105), (0.95, 98)):
        result = run(plan, keep_events=True, traits=still_traits(plan, death_clock=death_clock))
        assert of_kind(result, Event.DIED)["day"] == died
        assert result.results["died_day"] == (died if died < 100 else -1)
        assert result.results["state"] == (State.DEAD if died < 100 else State.CONVENTIONAL)
        assert result.weekly["deaths"].sum() == 1


def test_the_trace_covers_the_days_before():
    short = run_still(horizon_days=28, calendar_days=28, ketamine_offered=0)
    long = run_still(horizon_days=28, calendar_days=90, ketamine_offered=0)
    assert short.results["trace"] == long.results["trace"]
    # The last day of a calendar that does not end on Sunday has a weekly row of its own.
    ragged = run_still(horizon_days=27, calendar_days=27, ketamine_offered=0)
    cut = run_still(horizon_days=27, calendar_days=90, ketamine_offered=0)
    assert ragged.results["trace"] != cut.results["trace"]
    assert ragged.results["qaly"] == cut.results["qaly"]


def test_background_care_is_paid_to_the_end_of_the_results_once():
    rules = {"price_background_per_day": 2.0, "ketamine_offered": 0, "calendar_days": 200}
    result = run_still(**rules, horizon_days=100)
    assert result.results["cost_line"].sum() == 200.0
    early = run_still(**rules, horizon_days=50)
    assert early.results["cost_line"].sum() == 100.0
    with open_model(still_plan(**rules, horizon_days=50)) as model:
        model.run()
        assert sum(model.patients[0].cost_line) == 0.0, "closed on a copy"


# Weekly rows


def test_the_last_day_of_the_calendar_has_a_row_for_everybody():
    result = run_arrivals([0, 20], horizon_days=10, calendar_days=MIDWEEK)
    assert len(result.weekly) == 16
    assert result.weekly["in_state"].sum(axis=1).tolist() == [1, 1] + [2] * 14


def test_referrals_and_assessments_are_counted_in_their_week():
    result = run_arrivals([0, 8, 8, 30], horizon_days=40, ketamine_offered=0)
    assert np.flatnonzero(result.weekly["referrals"]).tolist() == [0, 1, 4]
    assert result.weekly["referrals"].sum() == 4
    # Assessed 28 days later.
    assert np.flatnonzero(result.weekly["assessments"]).tolist() == [4, 5, 8]
    assert result.weekly["assessments"].max() == 2


def test_pain_before_drug_and_expectation_is_written_down_too():
    programme = {
        "programme_for": 1,
        "programme_after_exit": 1,
        "therapies": 1,
        "therapy_progress_per_week": 1.0,
        "therapy_effect": 0.25,
    }
    result = run_still(**ALWAYS_PASSES, **programme, horizon_days=49)
    weekly = result.weekly
    assert weekly["base_pain_sum_e6"].tolist() == [6_800_000] * 7
    # Runs from the assessment on Monday, day 28; the first Monday after it is day 35.
    assert weekly["programme_pain_sum_e6"].tolist() == [6_800_000] * 5 + [5_100_000] * 2
    assert weekly["pain_sum_e6"][6] < 5_100_000


def test_without_queues_nobody_waits_for_the_clinic_and_no_chair_is_counted():
    result = run(make_plan(patients=20, horizon_days=200))
    assert result.weekly["infusions"].sum() > 0
    for name in (
        "waiting_for_assessment",
        "waiting_for_course",
        "waiting_for_programme",
        "chair_minutes_used",
        "bed_days_used",
    ):
        assert result.weekly[name].sum() == 0


def test_the_panel_are_diary_scores_of_every_fourth_sunday():
    plan = make_plan(patients=25, horizon_days=66, ketamine_offered=0)
    traits = sample_all_traits(plan)
    rules = plan.rule_sets[0]
    draws = Draws(1)
    expected = []
    with PathwayModel(plan, traits) as model:
        for day in range(66):
            model.step()
            if (day % 7 == 6 or day == 65) and day // 7 % 4:
                expected.append((0, 0))
            elif day % 7 == 6 or day == 65:
                scores = [
                    _score(draws, rules, patient, day)
                    for patient in model.present
                    if draws.uniform(
                        FIRST_CLINIC, patient.patient, Purpose.DIARY_MISSING, day // 2, day % 2
                    )
                    >= rules["diary_missing_probability"]
                ]
                expected.append((len(scores), sum(scores)))
        model.take_results()
        weekly = model.result().weekly
    assert weekly[["panel_present", "panel_score_sum"]].tolist() == expected
    assert 0 < min(present for present, _ in expected if present) < 25


def _score(draws, rules, patient, day):
    """The diary score of a day by the moving average of the newest eight normals."""
    error = 0.0
    for lag in range(8):
        k = day - lag
        z = draws.normal(FIRST_CLINIC, patient.patient, Purpose.DIARY_ERROR, k // 2, k % 2)
        error += rules["diary_weights"][lag] * z
    score = np.floor(patient.pain + rules["diary_error_sd"] * error + 0.5)
    return int(min(max(score, 0), 10))


def test_only_the_first_patients_of_a_clinic_are_in_the_panel():
    plan = make_plan(patients=PANEL_PATIENTS + 5, horizon_days=7, diary_missing_probability=0.0)
    assert run(plan).weekly["panel_present"].tolist() == [PANEL_PATIENTS]


# Several clinics


def test_rows_of_two_clinics_come_one_after_the_other():
    plan = make_plan(
        clinics=[{"number": 2}, {"number": 5}], clinic_patients=[3, 4], horizon_days=30
    )
    result = run(plan, keep_events=True)
    assert result.traits["clinic"].tolist() == [2] * 3 + [5] * 4
    assert result.traits["patient"].tolist() == [0, 1, 2, 0, 1, 2, 3]
    assert len(result.weekly) == 2 * plan.weeks
    assert result.weekly["in_state"].sum(axis=1).tolist() == [3] * 5 + [4] * 5
    order = list(zip(result.events["clinic"], result.events["patient"], strict=True))
    assert order == sorted(order)
    assert set(order) == {(2, p) for p in range(3)} | {(5, p) for p in range(4)}


def test_patients_of_clinics_with_other_numbers_are_others():
    one, other = (
        run(make_plan(patients=5, horizon_days=60, clinics=[{"number": number}])).results
        for number in (2, 5)
    )
    assert not (one["trace"] == other["trace"]).any()


def test_a_clinic_that_nobody_is_referred_to():
    plan = make_plan(clinics=[{}, {}], clinic_patients=[3, 0], horizon_days=30, queues=True)
    result = run(plan)
    assert len(result.results) == 3
    assert result.weekly["in_state"][plan.weeks :].sum() == 0
