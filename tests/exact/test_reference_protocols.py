"""Courses that a protocol fixes, and a responder drawn again, on the reference engine.

docs/model.md 8e. Day 0 is a Monday, so are the days 35 and 70.
"""

from __future__ import annotations

import numpy as np
import pytest
from clinic_records import FIRST_CLINIC
from reference_runs import (
    ALWAYS_PASSES,
    NEVER_PASSES,
    courses_of,
    days_by_patient,
    days_of,
    of_kind,
    open_model,
    protocol,
    run_still,
    still_plan,
)

from pathways.codes import (
    ChronicHarm,
    Comorbidity,
    CostLine,
    Event,
    ExitReason,
    HarmCause,
    Maintenance,
    Payer,
    ProgrammeFor,
    Purpose,
    State,
    Step,
)
from pathways.fastcore.draws import Draws

TWO_REGIMENS = courses_of([80.0], [100.0, 60.0])
CROSSOVER = {**TWO_REGIMENS, **protocol([1, 36], [0, 1], end_day=70)}
"""80 mg on day 1, 100 and 60 mg on the days 36 and 37, a last visit on day 70."""
REVIEWS = [2, 38, 70]
DECISIONS = (Event.JUDGED, Event.CRITERION_SCORED, Event.ESCALATED, Event.MAINTAINED)
AT_ONCE = 1e9
"""A hazard that strikes on the first Monday on which it counts."""


def clock(purpose: Purpose) -> float:
    return -np.log(Draws(1).uniform(FIRST_CLINIC, 0, purpose, 0))


def exits_of(result) -> list[tuple[int, ExitReason]]:
    lines = of_kind(result, Event.EXITED)
    return [(int(line["day"]), ExitReason(line["code"])) for line in lines]


# Courses


def test_everybody_has_the_same_courses_on_the_same_days():
    traits = {"pain_level": [5.0, 9.0, 7.0], "responder": [0, 1, 1]}
    traits |= {"lead_to_assessment_days": [1, 40, 300], "lead_to_treatment_days": [1, 90, 300]}
    result = run_still(traits, patients=3, **CROSSOVER, horizon_days=100)
    assert days_by_patient(result, Event.ASSESSED) == [[0]] * 3
    assert days_by_patient(result, Event.BOOKED) == [[0, 2]] * 3
    assert days_by_patient(result, Event.ADMINISTERED) == [[1, 36, 37]] * 3
    assert days_by_patient(result, Event.COURSE_COMPLETED) == [[1, 37]] * 3
    assert days_by_patient(result, Event.BASELINE_TAKEN) == [[1]] * 3
    assert exits_of(result) == [(70, ExitReason.TREATMENT_COMPLETED)] * 3
    assert (result.results["assessed_day"] == 0).all()


def test_bookings_tell_the_regimen_and_the_day():
    lines = of_kind(run_still(**CROSSOVER), Event.BOOKED)
    columns = ["step", "code", "value_1", "value_2", "value_3"]
    assert lines[columns].tolist() == [
        (Step.VISITS, 0, 1.0, 80.0, 0.0),
        (Step.VISITS, 1, 36.0, 160.0, 1.0),
    ]


@pytest.mark.parametrize("definition", [ALWAYS_PASSES, NEVER_PASSES])
@pytest.mark.parametrize("judge_at_days", [0, 21])
def test_nothing_is_judged_and_no_move_is_made(definition, judge_at_days):
    rules = {**CROSSOVER, **definition, "judge_at_days": judge_at_days}
    result = run_still(**rules)
    assert days_of(result, *DECISIONS, Event.REPEATED) == []
    assert days_of(result, Event.ADMINISTERED) == [1, 36, 37]
    assert result.results["judgements"] == result.results["continuations"] == 0
    assert result.results["responder_observed"] == -1


def test_regimens_may_cross_over_and_come_back():
    rules = {**TWO_REGIMENS, **protocol([1, 15, 36], [1, 0, 1], end_day=50)}
    result = run_still(**rules)
    assert of_kind(result, Event.ADMINISTERED)["value_1"].tolist() == [100, 60, 80, 100, 60]
    assert of_kind(result, Event.COURSE_STARTED)["code"].tolist() == [1, 0, 1]
    assert result.results["highest_step"] == 2
    assert result.results["courses"] == 3


def test_the_ladder_is_left_alone():
    with open_model(still_plan(**CROSSOVER, horizon_days=60)) as model:
        model.run()
        (patient,) = model.patients
        assert patient.ladder_step == 0
        assert patient.tries_at_step == patient.courses == 2
        assert patient.judgement == 0


def test_neither_caps_nor_rests_nor_money_nor_time_change_a_protocol():
    limits = {"limit_courses": 1, "limit_infusions": 1, "limit_racemic_mg": 1.0, "limit_days": 1}
    limits |= {"limit_courses_per_year": 1, "rest_after_courses": 1, "rest_days": 100}
    money = {"infusion_payer": Payer.PATIENT, "budget_limits": 1, "price_infusion": 1e9}
    rules = {**CROSSOVER, **limits, **money, "maintenance": Maintenance.NONE}
    result = run_still(**rules)
    assert days_of(result, Event.ADMINISTERED) == [1, 36, 37]
    assert days_of(result, Event.PAUSED) == []
    assert exits_of(result) == [(70, ExitReason.TREATMENT_COMPLETED)]


def test_a_day_that_has_passed_becomes_tomorrow():
    rules = {**TWO_REGIMENS, **protocol([0, 2], [1, 1], end_day=0)}
    result = run_still(**rules)
    # Assessed on day 0; the review of the first course is on day 3, of the second on day 6.
    assert days_of(result, Event.ADMINISTERED) == [1, 2, 4, 5]
    assert exits_of(result) == [(6, ExitReason.TREATMENT_COMPLETED)]


def test_a_weekend_moves_a_course_that_skips_it():
    rules = {**TWO_REGIMENS, **protocol([5, 13, 19], [0, 0, 1], end_day=30)}
    result = run_still(**rules, step_skip_weekends=[1, 0])
    # Saturday becomes Monday; so does Sunday the 13th; the other regimen starts on a Saturday.
    assert days_of(result, Event.COURSE_STARTED) == [7, 14, 19]
    assert of_kind(result, Event.BOOKED)["value_1"].tolist() == [7, 14, 19]


def test_days_count_from_each_patients_referral():
    rules = {**CROSSOVER, "referral_days": [0, 3], "horizon_days": 80, "patients": None}
    result = run_still({"referral_day": [0, 3]}, **rules)
    assert days_by_patient(result, Event.ASSESSED) == [[0], [3]]
    assert days_by_patient(result, Event.ADMINISTERED) == [[1, 36, 37], [4, 39, 40]]
    assert result.results["exit_day"].tolist() == [70, 70]


# States, visits and the end


def test_patients_wait_for_the_first_course_only():
    rules = {**TWO_REGIMENS, **protocol([10, 40], [0, 0], end_day=70)}
    weekly = run_still(**rules, horizon_days=84).weekly["in_state"]
    states = weekly.argmax(axis=1).tolist()
    assert states == [State.WAITING] + [State.FOLLOW_UP] * 9 + [State.EXITED] * 2


def test_a_review_follows_each_course_and_the_end():
    result = run_still(**CROSSOVER, price_follow_up=100.0, tests=1, test_every_days=[1])
    assert days_of(result, Event.TESTED) == [0, *REVIEWS]
    assert result.results["cost_line"][0, CostLine.FOLLOW_UP] == 300.0
    assert result.results["state"] == State.EXITED


def test_a_protocol_that_ends_before_the_last_review_ends_there():
    rules = {**TWO_REGIMENS, **protocol([1, 36], [0, 1], end_day=38)}
    assert exits_of(run_still(**rules)) == [(38, ExitReason.TREATMENT_COMPLETED)]
    rules |= {"protocol_end_day": 39}
    assert exits_of(run_still(**rules)) == [(39, ExitReason.TREATMENT_COMPLETED)]


def test_the_last_visit_may_start_a_taper():
    taper = {"taper_courses": 1, "taper_reasons": 1 << ExitReason.TREATMENT_COMPLETED}
    taper |= {"taper_fraction": 0.5, "taper_interval_days": 40}
    result = run_still(**CROSSOVER, **taper)
    assert days_of(result, Event.TAPER_STARTED) == [70]
    lines = of_kind(result, Event.ADMINISTERED)[3:]
    assert lines[["day", "value_1"]].tolist() == [(77, 50.0), (78, 30.0)]
    assert exits_of(result) == [(79, ExitReason.TAPER_COMPLETED)]


def test_who_is_not_eligible_has_no_course():
    traits = {"comorbidities": 1 << Comorbidity.PSYCHOSIS_HISTORY}
    result = run_still(traits, **CROSSOVER)
    assert days_of(result, Event.ASSESSED) == [0]
    assert days_of(result, Event.BOOKED) == []
    assert result.results["state"] == State.CONVENTIONAL
    assert run_still(**CROSSOVER, ketamine_offered=0).results["courses"] == 0


def test_the_programme_starts_at_the_assessment_on_day_0():
    programme = {"programme_for": ProgrammeFor.TREATED, "therapies": 1, "therapy_delay_days": 7}
    result = run_still(**CROSSOVER, **programme)
    lines = of_kind(result, Event.PROGRAMME_STARTED)
    assert lines[["day", "value_1"]].tolist() == [(0, 7.0)]


# Leaving in between


@pytest.mark.parametrize(
    ("field", "purpose", "reason"),
    [
        ("lost_hazard_per_day", Purpose.LOSS_CLOCK, ExitReason.LOST),
        ("choice_hazard_per_day", Purpose.PATIENT_CHOICE, ExitReason.PATIENT_CHOICE),
    ],
)
def test_who_drops_out_between_courses_has_no_further_one(field, purpose, reason):
    # In follow-up from day 1, so the clock runs on Mondays from day 7.
    hazard = clock(purpose) / 20.0
    result = run_still(**CROSSOVER, **{field: hazard})
    assert days_of(result, Event.ADMINISTERED) == [1]
    assert exits_of(result) == [(21, reason)]
    assert result.results["courses"] == 1


def test_who_recovers_in_between_has_no_further_course():
    hazard = clock(Purpose.RECOVERY_CLOCK) / 20.0
    result = run_still(**CROSSOVER, recovery_hazard_per_day=hazard)
    assert days_of(result, Event.ADMINISTERED) == [1]
    assert exits_of(result) == [(21, ExitReason.RECOVERED)]


def test_a_harm_found_at_a_review_ends_treatment():
    harm = ChronicHarm.LIVER_INJURY
    # An onset on Monday, day 7; nobody notices it, and the second review is on day 38.
    rules = {"harm_background": {harm: AT_ONCE}, "harm_noticed_per_week": 0.0}
    rules |= {"tests": 1, "test_harm": harm, "test_every_courses": 1, "test_sensitivity": 1.0}
    result = run_still(**CROSSOVER, **rules, laboratory_stop_harms=1 << harm)
    found = of_kind(result, Event.HARM_DETECTED)
    assert found[["day", "step", "value_1"]].tolist() == [(38, Step.VISITS, HarmCause.BACKGROUND)]
    assert exits_of(result) == [(38, ExitReason.LABORATORY_STOP)]


def test_a_harm_found_at_an_assessment_leaves_no_course_to_book():
    # Nobody can have a harm on day 0, so this is the assessment after a further referral.
    harm = ChronicHarm.LIVER_INJURY
    rules = {**TWO_REGIMENS, **protocol([1], end_day=30), "laboratory_stop_harms": 1 << harm}
    rules |= {"rereferral_hazard_per_day": AT_ONCE, "rereferral_after_days": 0}
    rules |= {"tests": 1, "test_harm": harm, "test_every_days": 1, "test_sensitivity": 1.0}
    changes = {36: {"harm_background": {harm: AT_ONCE}}}
    result = run_still({"lead_to_assessment_days": 20}, **rules, changes=changes, horizon_days=60)
    assert days_of(result, Event.ASSESSED) == days_of(result, Event.BOOKED) + [55]
    assert exits_of(result)[1:] == [(55, ExitReason.LABORATORY_STOP)]


def test_an_acute_harm_ends_a_course_and_the_protocol():
    rules = {"acute_intercept": [1e9, -1e9, -1e9, -1e9], "adverse_event_acute": 1}
    rules |= protocol([1, 36], [1, 0], end_day=70)
    result = run_still(**TWO_REGIMENS, **rules)
    assert days_of(result, Event.ADMINISTERED) == [1]
    assert exits_of(result) == [(1, ExitReason.ADVERSE_EVENT)]


# Coming back, and changes of the rules


def test_a_further_referral_has_its_wait_and_begins_with_the_first_course():
    rules = {**TWO_REGIMENS, **protocol([1, 22], [0, 1], end_day=30)}
    rules |= {"rereferral_hazard_per_day": AT_ONCE, "rereferral_after_days": 0}
    result = run_still({"lead_to_assessment_days": 20}, **rules, horizon_days=90)
    # Two courses were had before, so the first of the second referral is its last.
    assert days_of(result, Event.RE_REFERRED)[0] == 35
    assert days_of(result, Event.ASSESSED)[:2] == [0, 55]
    lines = of_kind(result, Event.COURSE_STARTED)[:3]
    assert lines[["day", "code"]].tolist() == [(1, 0), (22, 1), (56, 0)]
    assert exits_of(result)[:2] == [
        (30, ExitReason.TREATMENT_COMPLETED),
        (57, ExitReason.TREATMENT_COMPLETED),
    ]


def test_who_is_referred_under_a_protocol_and_judged_without_it_goes_on_by_the_ladder():
    rules = {**CROSSOVER, **ALWAYS_PASSES, "changes": {20: {"protocol_courses": 0}}}
    result = run_still(**rules, horizon_days=100)
    # The course of day 36 is booked on day 2; judged 21 days after day 37, maintained by step 0.
    assert days_of(result, Event.COURSE_STARTED) == [1, 36, 79]
    assert days_of(result, Event.JUDGED) == [58]


def test_a_protocol_that_comes_into_force_takes_over_at_the_next_review():
    rules = {**TWO_REGIMENS, **ALWAYS_PASSES, "judge_every": 0, "maintenance_interval_days": 28}
    change = protocol([1, 1, 120, 140], [0, 0, 1, 1], end_day=150)
    result = run_still(**rules, changes={60: change}, horizon_days=160)
    # The judgement of day 63 was set before; the course it asks for is followed by a review.
    assert days_of(result, Event.JUDGED) == [63]
    lines = of_kind(result, Event.COURSE_STARTED)
    assert lines[["day", "code"]].tolist() == [(42, 0), (70, 0), (120, 1), (140, 1)]
    assert exits_of(result) == [(150, ExitReason.TREATMENT_COMPLETED)]


# A responder drawn again

FOUR_COURSES = {**courses_of([80.0]), **protocol([1, 29, 57, 85], end_day=112)}
STARTS = [1, 29, 57, 85]
SHARES = [0.45, 0.67, 0.45, 0.25]
REDRAWN = {**FOUR_COURSES, "responder_redrawn": 1, "responder_share": SHARES, "horizon_days": 120}


def responding(rules: dict, traits: dict, patients: int) -> np.ndarray:
    """Return whether each patient responds at the end of the day on which a course starts."""
    with open_model(still_plan(patients, **rules), traits) as model:
        found = []
        while model.day <= STARTS[-1]:
            model.step()
            if model.day - 1 in STARTS:
                found.append([patient.responds for patient in model.patients])
    return np.array(found)


def test_the_responder_is_drawn_again_from_the_second_course_on():
    patients, draws = 40, Draws(1)
    condition, trait = np.arange(patients) % 4, np.arange(patients) // 4 % 2
    found = responding(REDRAWN, {"condition": condition, "responder": trait}, patients)
    assert found[0].tolist() == trait.tolist()
    for course in (1, 2, 3):
        u = [
            draws.uniform(FIRST_CLINIC, p, Purpose.RESPONDER_AT_COURSE, course)
            for p in range(patients)
        ]
        expected = np.array(u) < np.array(SHARES)[condition]
        assert found[course].tolist() == expected.astype(int).tolist()
        assert 0 < expected.sum() < patients


def test_without_redrawing_the_trait_stays():
    trait = np.arange(10) % 2
    rules = REDRAWN | {"responder_redrawn": 0, "responder_share": 0.5}
    found = responding(rules, {"responder": trait}, 10)
    assert found.tolist() == [trait.tolist()] * len(STARTS)


@pytest.mark.parametrize(("trait", "share"), [(0, 1.0), (1, 0.0)])
def test_relief_follows_the_last_draw_from_the_day_after(trait, share):
    days = [2, 28, 29, 30, 58]
    rules = REDRAWN | {"responder_share": share, "observed_days": days}
    result = run_still({"responder": trait}, **rules)
    relief = result.observations["slow_relief"][0]
    # On day 29 the symptoms are felt before the course starts.
    assert (relief > 0.0).tolist() == [trait == 1] * 3 + [share == 1.0] * 2
    assert result.traits["responder"] == trait


def test_a_single_course_is_the_same_in_both_models():
    rules = {**courses_of([80.0]), **protocol([1], end_day=112), "responder_share": 0.5}
    kept, redrawn = (run_still(**rules, responder_redrawn=redrawn) for redrawn in (0, 1))
    assert kept.results.tobytes() == redrawn.results.tobytes()


def test_policies_without_a_protocol_redraw_too():
    rules = {**ALWAYS_PASSES, **courses_of([80.0]), "responder_redrawn": 1, "responder_share": 0.0}
    result = run_still(**rules, observed_days=[44, 84, 86], horizon_days=100)
    assert days_of(result, Event.ADMINISTERED) == [42, 84]
    assert (result.observations["slow_relief"][0] > 0.0).tolist() == [True, True, False]
