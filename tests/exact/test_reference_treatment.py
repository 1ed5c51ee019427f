"""Assessment, ladder, limits, pauses, taper and the end of treatment in the reference engine."""

from __future__ import annotations

import pytest
from reference_runs import (
    ALWAYS_PASSES,
    NEVER_PASSES,
    courses_of,
    days_of,
    of_kind,
    open_model,
    run_still,
    still_plan,
)

from pathways.codes import Comorbidity, Event, ExitReason, Maintenance, Moment, State, Step
from pathways.rules.treatment import Move

THREE_STEPS = courses_of([80.0], [100.0], [120.0])


# Assessment


@pytest.mark.parametrize(
    ("traits", "rules", "eligible"),
    [
        ({}, {}, 1),
        ({"condition": 3}, {"eligible_conditions": 0b0111}, 0),
        ({"condition": 2}, {"eligible_conditions": 0b0111}, 1),
        ({"comorbidities": 1 << Comorbidity.PSYCHOSIS_HISTORY}, {}, 0),
        ({"comorbidities": 1 << Comorbidity.ANXIETY}, {}, 1),
        ({"enrolment_score_sum": 28}, {"minimum_enrolment_score_x10": 40}, 1),
        ({"enrolment_score_sum": 27}, {"minimum_enrolment_score_x10": 40}, 0),
        ({"age_days": 18 * 365 - 28}, {}, 1),
        ({"age_days": 18 * 365 - 29}, {}, 0),
        ({"age_days": 85 * 365 - 28}, {}, 1),
        ({"age_days": 85 * 365 - 27}, {}, 0),
    ],
)
def test_who_is_eligible(traits, rules, eligible):
    result = run_still(traits, **rules, horizon_days=60)
    assert result.results["assessed_day"] == 28
    assert result.results["eligible"] == eligible
    assert of_kind(result, Event.ASSESSED)["code"] == eligible + 2
    assert (result.results["infusions"] > 0) == bool(eligible)


def test_nothing_offered_is_conventional_care():
    result = run_still(ketamine_offered=0)
    assert of_kind(result, Event.ASSESSED)["code"] == 1
    assert result.results["state"] == State.CONVENTIONAL
    assert result.results["exit_reason"] == ExitReason.NONE


def test_a_cap_below_the_first_course_ends_treatment_at_the_assessment():
    result = run_still(limit_racemic_mg=79.0)
    assert result.results["exit_reason"] == ExitReason.DOSE_CAP
    assert result.results["exit_day"] == 28
    assert result.results["courses"] == 0


# The ladder


def test_failures_climb_the_ladder_and_end_treatment():
    result = run_still(**NEVER_PASSES, **THREE_STEPS)
    assert of_kind(result, Event.ADMINISTERED)["value_1"].tolist() == [80.0, 100.0, 120.0]
    assert days_of(result, Event.ADMINISTERED) == [42, 77, 112]
    assert of_kind(result, Event.ESCALATED)["code"].tolist() == [1, 2]
    assert result.results["exit_reason"] == ExitReason.NON_RESPONSE
    assert result.results["exit_day"] == 133
    assert result.results["highest_step"] == 3


def test_each_step_may_be_tried_twice():
    result = run_still(**NEVER_PASSES, **courses_of([80.0], [100.0]), tries_per_step=2)
    moves = of_kind(result, Event.ESCALATED, Event.REPEATED)
    assert moves["event"].tolist() == [Event.REPEATED, Event.ESCALATED, Event.REPEATED]
    assert moves["code"].tolist() == [0, 1, 1]
    assert result.results["courses"] == 4


def test_a_response_is_maintained_at_its_interval():
    result = run_still(**ALWAYS_PASSES, horizon_days=300)
    assert days_of(result, Event.ADMINISTERED) == [42, 84, 126, 168, 210, 252, 294]
    assert result.results["continuations"] == 6
    assert result.results["state"] == State.FOLLOW_UP


def test_an_interval_that_is_over_means_tomorrow():
    result = run_still(**ALWAYS_PASSES, maintenance_interval_days=7, horizon_days=100)
    assert days_of(result, Event.ADMINISTERED) == [42, 64, 86]


def test_a_maintenance_regimen_of_its_own():
    doses = {**courses_of([80.0], [30.0]), "ladder_steps": 1}
    result = run_still(**ALWAYS_PASSES, **doses, maintenance_step=1, horizon_days=180)
    assert of_kind(result, Event.ADMINISTERED)["value_1"].tolist() == [80.0, 30.0, 30.0, 30.0]
    assert of_kind(result, Event.BOOKED)["code"].tolist() == [0, 1, 1, 1]
    assert of_kind(result, Event.MAINTAINED)["code"].tolist() == [0, 0, 0]
    assert result.results["highest_step"] == 1


def test_without_maintenance_a_response_completes_treatment():
    result = run_still(**ALWAYS_PASSES, maintenance=Maintenance.NONE)
    assert result.results["exit_reason"] == ExitReason.TREATMENT_COMPLETED
    assert result.results["courses"] == 1


def test_a_failure_not_acted_on_goes_on_as_for_a_response():
    result = run_still(**NEVER_PASSES, adherence_to_rule=0.0, horizon_days=300)
    assert result.results["continuations"] == 6
    assert result.results["false_positive_continuations"] == 6
    assert result.results["judgements_passed"] == 0
    assert len(of_kind(result, Event.FAILURE_NOT_ACTED_ON)) == 6


@pytest.mark.parametrize(
    ("bits", "rules", "move"),
    [
        (0b011, {"loss_failures": 2, "loss_of_last": 3}, Move.ESCALATE),
        (0b101, {"loss_failures": 2, "loss_of_last": 3}, Move.ESCALATE),
        (0b1001, {"loss_failures": 2, "loss_of_last": 3}, Move.MAINTAIN),
        (0b111, {"loss_failures": 0, "loss_of_last": 3}, Move.MAINTAIN),
        (0b11, {"loss_escalates": 0}, ExitReason.LOSS_OF_RESPONSE),
        (0b11, {"ladder_steps": 1}, ExitReason.LOSS_OF_RESPONSE),
    ],
)
def test_loss_of_response(bits, rules, move):
    with open_model(still_plan(**rules)) as model:
        patient = model.patients[0]
        patient.ever_passed = True
        patient.judgement_bits = bits
        assert patient.next_move(acted=True) is move
        assert patient.next_move(acted=False) is Move.MAINTAIN


def test_a_judgement_on_the_day_of_the_infusion():
    moment = {"criterion_moment": Moment.END, "judge_at_days": 0, "criterion_percent_x10": 1001}
    result = run_still(**moment, **courses_of([80.0, 80.0], [90.0]), escalation_gap_days=1)
    lines = result.events[result.events["day"] == 43]
    assert lines["event"].tolist()[-5:] == [
        Event.COURSE_COMPLETED,
        Event.CRITERION_SCORED,
        Event.JUDGED,
        Event.ESCALATED,
        Event.BOOKED,
    ]
    assert (lines["step"] == Step.ADMINISTRATION).all()
    assert days_of(result, Event.ADMINISTERED) == [42, 43, 44]


# Limits


def test_caps_are_tested_before_booking_and_never_cut_a_course():
    three_days = courses_of([80.0] * 3)
    result = run_still(**ALWAYS_PASSES, **three_days, limit_infusions=8)
    assert result.results["infusions"] == 6
    assert result.results["exit_reason"] == ExitReason.COUNT_CAP
    exact = run_still(**ALWAYS_PASSES, **three_days, limit_infusions=9)
    assert exact.results["infusions"] == 9


@pytest.mark.parametrize(("limit_mg", "courses"), [(239.0, 2), (240.0, 3), (241.0, 3)])
def test_the_dose_cap_counts_the_planned_course(limit_mg, courses):
    result = run_still(**ALWAYS_PASSES, limit_racemic_mg=limit_mg)
    assert result.results["courses"] == courses
    assert result.results["exit_reason"] == ExitReason.DOSE_CAP


def test_the_dose_cap_is_in_racemic_equivalents():
    result = run_still(**ALWAYS_PASSES, limit_racemic_mg=480.0, step_s_ketamine=1)
    assert result.results["courses"] == 3
    assert of_kind(result, Event.BOOKED)["value_2"].tolist() == [160.0] * 3


def test_limit_of_courses_and_of_time():
    by_count = run_still(**ALWAYS_PASSES, limit_courses=2)
    assert by_count.results["courses"] == 2
    assert by_count.results["exit_reason"] == ExitReason.COUNT_CAP
    by_time = run_still(**ALWAYS_PASSES, limit_days=105)
    assert by_time.results["exit_reason"] == ExitReason.TIME_LIMIT
    assert by_time.results["exit_day"] == 147


def test_all_reasons_are_logged_and_the_first_by_precedence_is_recorded():
    result = run_still(
        **ALWAYS_PASSES, limit_racemic_mg=160.0, limit_courses=2, limit_days=63, horizon_days=200
    )
    held = [ExitReason.DOSE_CAP, ExitReason.COUNT_CAP, ExitReason.TIME_LIMIT]
    assert of_kind(result, Event.EXIT_RULE_TRUE)["code"].tolist() == held
    assert result.results["exit_reason"] == ExitReason.DOSE_CAP
    assert days_of(result, Event.EXIT_RULE_TRUE) == [105] * 3


def test_time_limit_precedes_non_response_and_caps_are_not_tested_then():
    result = run_still(**NEVER_PASSES, ladder_steps=1, limit_days=1, limit_courses=1)
    held = [ExitReason.TIME_LIMIT, ExitReason.NON_RESPONSE]
    assert of_kind(result, Event.EXIT_RULE_TRUE)["code"].tolist() == held


# Pauses


def test_a_rest_after_every_second_course():
    result = run_still(**ALWAYS_PASSES, rest_after_courses=2, rest_days=100)
    starts = days_of(result, Event.COURSE_STARTED)
    assert starts[:5] == [42, 84, 184, 226, 326]
    assert of_kind(result, Event.PAUSED)["code"].tolist()[:2] == [1, 1]
    assert of_kind(result, Event.PAUSED)["value_1"].tolist()[:2] == [184.0, 326.0]
    assert days_of(result, Event.PAUSED)[0] == 84 + 21


def test_no_more_courses_in_a_year_than_the_cap():
    result = run_still(**{**ALWAYS_PASSES, "limit_courses_per_year": 2})
    starts = days_of(result, Event.COURSE_STARTED)
    assert starts == [42, 84, 407, 449]
    paused = of_kind(result, Event.PAUSED)
    assert paused["code"].tolist() == [2, 2]
    weeks = result.weekly["in_state"][:, State.PAUSED]
    assert weeks.sum() == (407 - 105) // 7 + (730 - 470) // 7 + 1


def test_the_yearly_cap_is_tested_after_the_rest():
    settings = {"rest_after_courses": 2, "rest_days": 100, "limit_courses_per_year": 2}
    result = run_still(**{**ALWAYS_PASSES, **settings})
    assert of_kind(result, Event.PAUSED)["code"][0] == 2
    assert of_kind(result, Event.PAUSED)["value_1"][0] == 407.0


# Taper


def test_a_taper_gives_falling_doses_and_ends_treatment():
    result = run_still(
        **ALWAYS_PASSES,
        limit_courses=2,
        taper_reasons=1 << ExitReason.COUNT_CAP,
        taper_courses=2,
        taper_fraction=[0.5, 0.25],
        taper_interval_days=[28, 14],
    )
    doses = of_kind(result, Event.ADMINISTERED)
    assert doses["day"].tolist() == [42, 84, 112, 126]
    assert doses["value_1"].tolist() == [80.0, 80.0, 40.0, 20.0]
    assert of_kind(result, Event.COURSE_STARTED)["value_2"].tolist() == [1.0, 1.0, 0.5, 0.25]
    assert of_kind(result, Event.BOOKED)["value_2"].tolist() == [80.0, 80.0, 40.0, 20.0]
    assert result.results["taper_reason"] == ExitReason.COUNT_CAP
    assert result.results["exit_reason"] == ExitReason.TAPER_COMPLETED
    assert result.results["exit_day"] == 127
    assert result.results["judgements"] == 2
    assert result.weekly["exits"].sum() == 1


def test_other_reasons_end_treatment_without_a_taper():
    result = run_still(
        **ALWAYS_PASSES,
        limit_days=63,
        taper_reasons=1 << ExitReason.COUNT_CAP,
        taper_courses=1,
        taper_fraction=0.5,
    )
    assert result.results["exit_reason"] == ExitReason.TIME_LIMIT
    assert result.results["taper_reason"] == ExitReason.NONE


def test_a_taper_is_neither_capped_nor_paused():
    result = run_still(
        **{**ALWAYS_PASSES, "limit_courses_per_year": 2},
        limit_courses=2,
        rest_after_courses=2,
        rest_days=300,
        taper_reasons=1 << ExitReason.COUNT_CAP,
        taper_courses=1,
        taper_fraction=[0.5],
        taper_interval_days=[28],
    )
    assert days_of(result, Event.ADMINISTERED) == [42, 84, 112]


# Dated changes


def test_a_change_is_in_force_from_its_day():
    result = run_still(**ALWAYS_PASSES, changes={147: {"maintenance_interval_days": 70}})
    starts = days_of(result, Event.COURSE_STARTED)
    assert starts[:5] == [42, 84, 126, 196, 266]
    assert days_of(result, Event.RULES_CHANGED) == [147]
    assert of_kind(result, Event.RULES_CHANGED)["code"].tolist() == [1]


def test_a_course_is_given_by_the_rules_under_which_it_was_booked():
    result = run_still(**ALWAYS_PASSES, changes={70: {"step_dose": [[50.0]]}})
    doses = of_kind(result, Event.ADMINISTERED)
    assert doses["value_1"][:3].tolist() == [80.0, 80.0, 50.0]
    assert doses["day"][:3].tolist() == [42, 84, 126]


def test_a_shorter_ladder_brings_patients_down():
    rules = {**THREE_STEPS, **NEVER_PASSES}
    result = run_still(**rules, changes={100: {"ladder_steps": 1, "criterion_percent_x10": 0}})
    # Step 2 is booked on day 98 and judged on day 133 by the definition under which it was booked.
    assert result.results["exit_reason"] == ExitReason.NON_RESPONSE
    kept = run_still(**rules, changes={100: {"ladder_steps": 1, "adherence_to_rule": 0.0}})
    assert of_kind(kept, Event.ADMINISTERED)["value_1"][:4].tolist() == [80.0, 100.0, 120.0, 80.0]
    assert of_kind(kept, Event.MAINTAINED)["code"][0] == 0


def test_a_change_on_the_day_of_referral_is_logged_before_it():
    result = run_still(changes={0: {"limit_courses": 1}, 5: {"limit_courses": 2}})
    assert result.events["event"][:3].tolist() == [
        Event.RULES_CHANGED,
        Event.REFERRED,
        Event.RULES_CHANGED,
    ]
    assert of_kind(result, Event.RULES_CHANGED)["day"].tolist() == [0, 5]


def test_a_later_referral_shifts_the_days_and_meets_the_rules_of_its_time():
    result = run_still(
        {"referral_day": 14, "flare_at_enrolment": 0.0},
        **ALWAYS_PASSES,
        changes={7: {"limit_courses": 1}},
    )
    assert days_of(result, Event.REFERRED) == [14]
    assert days_of(result, Event.ADMINISTERED) == [14 + 42]
    assert result.results["exit_reason"] == ExitReason.COUNT_CAP
    assert result.results["exit_day"] == 63
    assert not len(of_kind(result, Event.RULES_CHANGED))
