"""Leaving the waiting list, being lost and further referrals, against clocks run by hand (8d).

Without queues patients are assessed on day 28, infused on day 42 and judged on day 63.
"""

from __future__ import annotations

import numpy as np
import pytest
from clinic_records import FIRST_CLINIC
from reference_runs import (
    ALWAYS_PASSES,
    NEVER_PASSES,
    courses_of,
    days_of,
    of_kind,
    open_model,
    run_queues,
    run_still,
    still_plan,
)

from pathways.codes import (
    Baseline,
    Event,
    ExitReason,
    Maintenance,
    ProgrammeFor,
    Purpose,
    State,
    Step,
    Verdict,
)
from pathways.fastcore.draws import Draws

AT_ONCE = 1e9
"""A hazard that strikes on the first Monday on which it is not 0."""
NON_RESPONSE = {**NEVER_PASSES, "ladder_steps": 1}
"""Treatment ends with the first judgement, on day 63, a Monday; Mondays after it: 70, 77 ..."""
REFER_AT_ONCE = {"rereferral_hazard_per_day": AT_ONCE, "rereferral_after_days": 0}
LONG_WAIT = {"lead_to_assessment_days": 1000}


def clock(purpose: Purpose, occurrence: int = 0) -> float:
    return -np.log(Draws(1).uniform(FIRST_CLINIC, 0, purpose, occurrence))


def mondays_until(clock_left: float, hazard: float) -> int:
    """Days of whole weeks after which a hazard has spent a clock."""
    return 7 * int(np.ceil(clock_left / hazard / 7.0))


# Leaving the waiting list


def test_the_wait_for_an_assessment_ends_with_its_clock():
    hazard = 0.01
    result = run_still(LONG_WAIT, waiting_leave_hazard_per_day=hazard)
    day = mondays_until(clock(Purpose.WAITING_CLOCK), hazard)
    lines = of_kind(result, Event.EXIT_RULE_TRUE, Event.EXITED)
    assert (
        lines[["day", "step", "code"]].tolist()
        == [(day, Step.VISITS, ExitReason.LEFT_WAITING_LIST)] * 2
    )
    assert result.results["state"] == State.EXITED
    assert result.results["exit_reason"] == ExitReason.LEFT_WAITING_LIST
    assert result.results["exit_day"] == result.results["first_exit_day"] == day
    assert result.results["assessed_day"] == -1
    assert result.weekly["exits"].sum() == 1


def test_the_clock_runs_on_while_waiting_for_the_first_course():
    hazard = 0.01
    day = mondays_until(clock(Purpose.WAITING_CLOCK), hazard)
    assert day > 7, "the assessment is to come first"
    traits = {"lead_to_assessment_days": 3, "lead_to_treatment_days": 1000}
    result = run_still(traits, waiting_leave_hazard_per_day=hazard)
    assert days_of(result, Event.ASSESSED) == [3]
    assert days_of(result, Event.EXITED) == [day]


def test_a_course_that_is_booked_is_given_up():
    change = {35: {"waiting_leave_hazard_per_day": AT_ONCE}}
    result = run_still(changes=change)
    assert days_of(result, Event.BOOKED) == [28]
    assert days_of(result, Event.EXITED) == [35]
    assert days_of(result, Event.ADMINISTERED) == []


def test_leaving_comes_before_the_visit_of_that_day():
    change = {28: {"waiting_leave_hazard_per_day": AT_ONCE}}
    result = run_still(changes=change)
    assert days_of(result, Event.EXITED) == [28]
    assert result.results["assessed_day"] == -1


def test_nobody_leaves_on_the_monday_of_the_referral_nor_in_treatment():
    first = run_still(waiting_leave_hazard_per_day=AT_ONCE)
    assert days_of(first, Event.EXITED) == [7]
    change = {36: {"waiting_leave_hazard_per_day": AT_ONCE}}
    # On the next Monday, day 42, the first infusion is due and the patient is still waiting.
    assert days_of(run_still(changes=change), Event.EXITED) == [42]
    change = {43: {"waiting_leave_hazard_per_day": AT_ONCE}}
    treated = run_still(**ALWAYS_PASSES, changes=change, horizon_days=400)
    assert days_of(treated, Event.EXITED) == []


def test_a_referred_patient_keeps_no_other_reason_to_stop():
    harm = {"harm_background": AT_ONCE, "harm_noticed_per_week": 1.0, "adverse_event_chronic": 1}
    leaving = run_still(**harm, waiting_leave_hazard_per_day=AT_ONCE)
    assert of_kind(leaving, Event.EXIT_RULE_TRUE)["code"].tolist() == [ExitReason.LEFT_WAITING_LIST]
    staying = run_still(**harm)
    assert days_of(staying, Event.HARM_DETECTED)[0] == 7
    assert days_of(staying, Event.ASSESSED) == [28]


def test_all_reasons_of_a_waiting_patient_count():
    harm = {"harm_background": AT_ONCE, "harm_noticed_per_week": 1.0, "adverse_event_chronic": 1}
    change = {29: {**harm, "waiting_leave_hazard_per_day": AT_ONCE}}
    result = run_still(changes=change)
    assert of_kind(result, Event.EXIT_RULE_TRUE)[["day", "code"]].tolist() == [
        (35, ExitReason.ADVERSE_EVENT),
        (35, ExitReason.LEFT_WAITING_LIST),
    ]


def test_leaving_withdraws_what_was_asked_for():
    change = {14: {"waiting_leave_hazard_per_day": AT_ONCE}}
    no_visits = run_queues({"assessment_slots_per_week": 0}, changes=change)
    assert days_of(no_visits, Event.EXITED) == [14]
    assert no_visits.weekly["waiting_for_assessment"].tolist() == [1, 1, 0, 0]
    no_chairs = run_queues({"chairs": 0}, changes=change)
    assert no_chairs.weekly["waiting_for_course"].tolist() == [1, 1, 0, 0]


def test_a_date_for_the_first_visit_is_given_up():
    # The visit is booked on day 7 for day 13.
    clinic = {"booking_every_days": 7, "open_days": 0b1000000}
    change = {7: {"waiting_leave_hazard_per_day": AT_ONCE}}
    result = run_queues(clinic, None, referral_days=[6], calendar_days=28, changes=change)
    assert days_of(result, Event.ASSESSMENT_BOOKED) == []
    change = {8: {"waiting_leave_hazard_per_day": AT_ONCE}}
    clinic["open_days"] = 0b0000010
    result = run_queues(clinic, None, referral_days=[8], calendar_days=28, changes=change)
    # Referred on Tuesday, day 8; booked on day 14 for day 15; left on day 14, before the booking.
    assert days_of(result, Event.EXITED) == [14]
    assert days_of(result, Event.ASSESSMENT_BOOKED) == []


# Loss


def test_loss_runs_between_courses():
    hazard = 0.002
    result = run_still(**ALWAYS_PASSES, lost_hazard_per_day=hazard, years=10)
    # From Monday, day 49: on day 42 the patient waits, and no later Monday is in a course.
    day = 42 + mondays_until(clock(Purpose.LOSS_CLOCK), hazard)
    assert result.results["exit_reason"] == ExitReason.LOST
    assert days_of(result, Event.EXITED) == [day]
    assert of_kind(result, Event.EXITED)["step"] == Step.VISITS


@pytest.mark.parametrize("days", [LONG_WAIT, {"lead_to_treatment_days": 1000}])
def test_nobody_is_lost_while_waiting(days):
    result = run_still(days, lost_hazard_per_day=AT_ONCE, horizon_days=300)
    assert days_of(result, Event.EXITED) == []


def test_nobody_is_lost_in_a_course():
    # Infusions on the days 42 and 52: Monday, day 49, is in the course; day 56 is after it.
    result = run_still(**courses_of([80.0] * 2, gap_days=10), lost_hazard_per_day=AT_ONCE)
    assert days_of(result, Event.ADMINISTERED) == [42, 52]
    assert days_of(result, Event.EXITED) == [56]


# Further referrals


def test_a_further_referral_follows_its_clock():
    hazard, after = 0.01, 21
    result = run_still(
        **NON_RESPONSE, rereferral_hazard_per_day=hazard, rereferral_after_days=after, years=8
    )
    lines = of_kind(result, Event.RE_REFERRED)
    assert len(lines) >= 3
    exits = days_of(result, Event.EXITED)
    for number, line in enumerate(lines):
        left = clock(Purpose.REREFERRAL_CLOCK, number)
        # The first Monday that counts is the first on which `after` days have passed.
        first = 7 * int(np.ceil((exits[number] + after) / 7.0))
        day = first - 7 + mondays_until(left, hazard)
        assert line[["day", "step", "code", "value_1"]].tolist() == (
            day,
            Step.WEEKLY,
            number + 1,
            float(day - exits[number]),
        )
        assert line["draw_purpose"] == Purpose.REREFERRAL_CLOCK
        assert line["draw_occurrence"] == number
    assert result.results["re_referrals"] == len(lines)


@pytest.mark.parametrize(("after", "day"), [(0, 70), (7, 70), (8, 77), (14, 77)])
def test_the_shortest_time_from_exit_to_a_further_referral(after, day):
    rules = {**REFER_AT_ONCE, "rereferral_after_days": after, "horizon_days": 90}
    result = run_still(**NON_RESPONSE, **rules)
    assert days_of(result, Event.EXITED) == [63]
    assert days_of(result, Event.RE_REFERRED) == [day]


def test_the_pathway_is_entered_anew():
    result = run_still(**NON_RESPONSE, **REFER_AT_ONCE, horizon_days=180)
    # 70 + 28 assessed, + 14 infused, + 21 judged; referred once more on day 140.
    assert days_of(result, Event.RE_REFERRED) == [70, 140]
    assert days_of(result, Event.ASSESSED) == [28, 98, 168]
    assert days_of(result, Event.ADMINISTERED) == [42, 112]
    assert days_of(result, Event.JUDGED) == [63, 133]
    assert days_of(result, Event.REFERRED) == [0]
    results = result.results
    assert results["courses"] == 2 and results["judgements"] == 2
    assert results["first_infusion_day"] == 42 and results["last_infusion_day"] == 112
    assert results["assessed_day"] == 28 and results["eligible"] == 1
    assert results["first_exit_reason"] == ExitReason.NON_RESPONSE
    assert results["first_exit_day"] == 63
    assert results["exit_reason"] == ExitReason.NONE and results["exit_day"] == -1
    assert result.weekly["referrals"].sum() == 1
    assert result.weekly["assessments"].sum() == 3
    assert result.weekly["exits"].sum() == 2


def test_an_assessment_is_at_least_a_day_away():
    traits = {"lead_to_assessment_days": 0, "lead_to_treatment_days": 1}
    result = run_still(traits, **NON_RESPONSE, **REFER_AT_ONCE, horizon_days=50)
    # Infused on day 1, judged on day 22, referred on Monday, day 28.
    assert days_of(result, Event.ASSESSED) == [0, 29]


def test_the_last_assessment_decides_on_eligibility():
    change = {80: {"minimum_enrolment_score_x10": 100}}
    result = run_still(**NON_RESPONSE, **REFER_AT_ONCE, changes=change, horizon_days=180)
    assert days_of(result, Event.ASSESSED) == [28, 98]
    assert result.results["eligible"] == 0 and result.results["assessed_day"] == 28
    assert result.results["state"] == State.CONVENTIONAL
    # In conventional care nobody is referred again.
    assert result.results["re_referrals"] == 1


def test_the_ladder_begins_anew():
    two_steps = {**NEVER_PASSES, "tries_per_step": 1}
    result = run_still(**two_steps, **REFER_AT_ONCE, horizon_days=300)
    steps = of_kind(result, Event.COURSE_STARTED)["code"].tolist()
    assert steps[:4] == [0, 1, 0, 1]
    assert of_kind(result, Event.COURSE_STARTED)["value_1"].tolist()[:4] == [1.0, 2.0, 3.0, 4.0]


def test_caps_go_on_counting():
    result = run_still(**NON_RESPONSE, **REFER_AT_ONCE, limit_courses=1, horizon_days=160)
    assert of_kind(result, Event.EXITED)[["day", "code"]].tolist()[:2] == [
        (63, ExitReason.NON_RESPONSE),
        (98, ExitReason.COUNT_CAP),
    ]
    assert result.results["courses"] == 1


def test_a_response_of_an_earlier_referral_is_forgotten():
    # Passed once, completed; in the second referral the first failure is a non-response, not a
    # loss of response.
    rules = {**ALWAYS_PASSES, **REFER_AT_ONCE, "maintenance": Maintenance.NONE, "ladder_steps": 1}
    change = {80: {"criterion_percent_x10": 1001}}
    result = run_still(**rules, changes=change, horizon_days=140)
    assert of_kind(result, Event.EXITED)["code"].tolist() == [
        ExitReason.TREATMENT_COMPLETED,
        ExitReason.NON_RESPONSE,
    ]


def test_everything_that_a_referral_forgets_and_keeps():
    with open_model(still_plan(**NON_RESPONSE, horizon_days=64)) as model:
        model.run()
        patient = model.patients[0]
        forgotten = {
            "ladder_step": 0,
            "tries_at_step": 0,
            "judgement_bits": 0,
            "ever_passed": False,
            "tapering": False,
            "taper_index": 0,
            "last_verdict": Verdict.FAILED,
            "baseline_definition": -1,
            "exit_reason": ExitReason.NONE,
            "exit_day": -1,
        }
        kept = ("courses", "infusions", "judgement", "judgements", "racemic_mg", "first_exit_day")
        before = [getattr(patient, name) for name in kept]
        for name in forgotten:
            setattr(patient, name, 3)
        patient.be_referred_again()
        assert {name: getattr(patient, name) for name in forgotten} == forgotten
        assert [getattr(patient, name) for name in kept] == before
        assert before[0] == 1 and patient.state == State.REFERRED


def test_clocks_are_wound_anew():
    hazard = 0.02
    result = run_still(
        {**LONG_WAIT},
        waiting_leave_hazard_per_day=hazard,
        **REFER_AT_ONCE,
        years=3,
    )
    day, expected = 0, []
    for number in range(3):
        day += mondays_until(clock(Purpose.WAITING_CLOCK, number), hazard)
        expected.append(day)
        day += 7
    assert days_of(result, Event.EXITED)[:3] == expected
    with open_model(still_plan(**NON_RESPONSE, **REFER_AT_ONCE, horizon_days=80)) as model:
        model.run()
        patient = model.patients[0]
        assert patient.re_referrals == 1
        for name, purpose in (
            ("choice_remaining", Purpose.PATIENT_CHOICE),
            ("waiting_remaining", Purpose.WAITING_CLOCK),
            ("lost_remaining", Purpose.LOSS_CLOCK),
            ("rereferral_remaining", Purpose.REREFERRAL_CLOCK),
        ):
            assert getattr(patient, name) == pytest.approx(clock(purpose, 1), rel=1e-14)


def test_baselines_are_taken_anew_from_the_days_since():
    # Infused 9 days after the further referral of day 70: of the 14 days before, 9 were kept.
    traits = {"lead_to_assessment_days": 4, "lead_to_treatment_days": 5}
    rules = {
        **NON_RESPONSE,
        **REFER_AT_ONCE,
        "criterion_baseline": Baseline.MEAN_OF_LAST_DAYS,
        "criterion_baseline_days": 14,
        "baseline_each_course": 0,
        "horizon_days": 60,
    }
    result = run_still(traits, **rules)
    # Infused on day 9, judged on day 30, referred again on day 35, infused on day 44.
    assert days_of(result, Event.RE_REFERRED) == [35]
    baselines = of_kind(result, Event.BASELINE_TAKEN)
    assert baselines[["day", "value_2"]].tolist() == [(9, 9.0), (44, 9.0)]


def test_who_waits_for_the_queue_waits_again():
    clinic = {"open_days": 0b0000001}
    result = run_queues(clinic, **NON_RESPONSE, **REFER_AT_ONCE, horizon_days=98)
    # Mondays only: assessed on day 7, infused on day 14 (booked on 7), judged on day 35, referred
    # again on day 42, before that day's booking.
    assert days_of(result, Event.RE_REFERRED) == [42, 84]
    assert days_of(result, Event.ASSESSMENT_BOOKED) == [0, 42, 84]
    assert days_of(result, Event.ASSESSED) == [7, 49, 91]
    assert days_of(result, Event.ADMINISTERED) == [14, 56]


def test_a_further_referral_joins_the_queue_on_its_day():
    # One visit in two weeks, booked on days 0, 14, 28, 42: who was referred on day 40 goes first,
    # who comes back on day 42 second.
    clinic = {"assessment_slots_per_week": 1, "booking_every_days": 14}
    rules = {**NON_RESPONSE, **REFER_AT_ONCE, "referral_days": [0, 40], "calendar_days": 80}
    result = run_queues(clinic, None, **rules)
    lines = of_kind(result, Event.ASSESSMENT_BOOKED)
    found = sorted(zip(lines["day"].tolist(), lines["patient"].tolist(), strict=True))
    # Booked with two slots a fortnight, on its first and eighth day.
    assert days_of(result, Event.RE_REFERRED)[0] == 42
    assert found[:3] == [(0, 0), (42, 0), (42, 1)]
    visits = of_kind(result, Event.ASSESSED)
    days = sorted(zip(visits["day"].tolist(), visits["patient"].tolist(), strict=True))
    assert days[:3] == [(1, 0), (43, 1), (50, 0)]


def test_the_programme_goes_on_and_is_not_started_again():
    programme = {
        "programme_for": ProgrammeFor.TREATED,
        "programme_after_exit": 1,
        "therapies": 1,
        "therapy_sessions": 400,
        "therapy_sessions_per_week": 1,
    }
    result = run_still(**NON_RESPONSE, **REFER_AT_ONCE, **programme, horizon_days=180)
    assert len(days_of(result, Event.ASSESSED)) == 3
    assert days_of(result, Event.PROGRAMME_STARTED) == [28]


def test_who_still_waits_for_a_place_asks_only_once():
    programme = {
        "programme_for": ProgrammeFor.TREATED,
        "programme_after_exit": 1,
        "therapies": 1,
        "therapy_sessions": 4,
        "therapy_sessions_per_week": 1,
    }
    clinic = {"therapy_slots_per_week": 0}
    with_places = {84: {"clinics": [{"therapy_slots_per_week": 9}]}}
    result = run_queues(
        clinic, **NON_RESPONSE, **REFER_AT_ONCE, **programme, changes=with_places, horizon_days=120
    )
    assert len(days_of(result, Event.ASSESSED)) >= 2
    assert days_of(result, Event.PROGRAMME_STARTED) == [84]
    weeks = result.weekly["waiting_for_programme"].tolist()
    assert weeks == [1] * 12 + [0] * (len(weeks) - 12)


def test_the_recovered_are_not_referred_again_and_the_relapsed_are():
    changes = {
        64: {"recovery_hazard_per_day": AT_ONCE},
        100: {
            "recovery_hazard_per_day": 0.0,
            "relapse_hazard_per_day": AT_ONCE,
        },
    }
    rules = {**NON_RESPONSE, **REFER_AT_ONCE, "rereferral_after_days": 20, "horizon_days": 140}
    result = run_still(**rules, changes=changes)
    assert days_of(result, Event.RECOVERED) == [70]
    # The relapse on Monday, day 105, comes before the further referral in step 3.
    assert days_of(result, Event.RELAPSED) == [105]
    assert of_kind(result, Event.RE_REFERRED)[["day", "value_1"]].tolist() == [(105, 42.0)]


def test_who_recovered_while_waiting_again_does_not_come_back_once_more():
    changes = {
        71: {"recovery_hazard_per_day": AT_ONCE},
        80: {"recovery_hazard_per_day": 0.0, "relapse_hazard_per_day": AT_ONCE},
    }
    rules = {**NON_RESPONSE, **REFER_AT_ONCE, "horizon_days": 200}
    result = run_still(**rules, changes=changes)
    assert days_of(result, Event.RE_REFERRED) == [70]
    assert days_of(result, Event.RECOVERED) == [77]
    assert days_of(result, Event.RELAPSED) == [84]
    assert result.results["state"] == State.EXITED and result.results["exit_day"] == -1
    assert result.results["re_referrals"] == 1


def test_death_in_care_is_the_first_exit_if_there_was_none():
    result = run_still({"death_clock": 0.002}, **ALWAYS_PASSES, years=3)
    assert result.results["first_exit_reason"] == ExitReason.DEATH
    assert result.results["first_exit_day"] == result.results["died_day"] > 42
