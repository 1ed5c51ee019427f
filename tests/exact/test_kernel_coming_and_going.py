"""Loss, leaving, further referrals and infusions bought elsewhere, one by one."""

from __future__ import annotations

import pytest
from kernel_blocks import Block
from plans import make_plan, make_traits

from pathways.codes import CostLine, Event, ExitReason, OutsideEnd, Payer, State
from pathways.engines import kernel_engine

AT_ONCE = 1e6
"""A hazard per day under which every clock runs out on the first Monday."""
FOLLOWED = {"maintenance_interval_days": 42, "recovery_hazard_per_day": 0.0}
REFUSED = {"ketamine_offered": 0, "recovery_hazard_per_day": 0.0}
BUYING = {
    "outside_share": 1.0,
    "outside_step": 0,
    "outside_delay_days": 10,
    "outside_interval_days": 21,
    "price_outside": 400.0,
    "price_travel": 15.0,
}


def run(horizon_days=200, traits=None, **overrides):
    """Return one patient, assessed on day 28 and treated on day 42 if anything is offered."""
    calendar = {"calendar_days": overrides.pop("calendar_days", horizon_days)}
    plan = make_plan(patients=1, horizon_days=horizon_days, **calendar, **overrides)
    alike = make_traits(plan, death_clock=1e9, **(traits or {}))
    return kernel_engine.run(plan, keep_events=True, traits=alike)


def days_of(raw, event, value="day"):
    return raw.events[raw.events["event"] == event][value].tolist()


def test_patients_are_lost_between_courses_only():
    raw = run(lost_hazard_per_day=AT_ONCE, **FOLLOWED)
    # Treated on day 42, a Monday: the next Monday is day 49.
    assert days_of(raw, Event.EXITED) == [49]
    assert raw.results["exit_reason"] == ExitReason.LOST
    assert raw.results["first_exit_day"] == 49
    assert not days_of(run(lost_hazard_per_day=0.0, **FOLLOWED), Event.EXITED)[:1] == [49]


def test_who_waits_may_leave_before_the_assessment():
    raw = run(waiting_leave_hazard_per_day=AT_ONCE, **FOLLOWED)
    assert days_of(raw, Event.EXITED) == [7]
    assert days_of(raw, Event.EXIT_RULE_TRUE, "code") == [ExitReason.LEFT_WAITING_LIST]
    assert not days_of(raw, Event.ASSESSED)
    assert raw.results["state"] == State.EXITED
    assert raw.weekly["exits"][1] == 1


def test_who_waits_may_leave_after_the_assessment():
    changes = {30: {"waiting_leave_hazard_per_day": AT_ONCE}}
    raw = run(changes=changes, **FOLLOWED)
    assert days_of(raw, Event.ASSESSED) == [28]
    assert days_of(raw, Event.EXITED) == [35]
    assert raw.results["exit_reason"] == ExitReason.LEFT_WAITING_LIST
    assert not raw.results["infusions"].any()


def test_other_reasons_do_not_end_what_has_not_begun():
    """Nobody waits for a first visit and is lost or stops of their own accord."""
    raw = run(lost_hazard_per_day=AT_ONCE, choice_hazard_per_day=AT_ONCE, **FOLLOWED)
    assert days_of(raw, Event.EXITED) == [49]
    assert raw.results["exit_reason"] == ExitReason.PATIENT_CHOICE


def referred_again(**overrides):
    usual = {"waiting_leave_hazard_per_day": AT_ONCE, "rereferral_hazard_per_day": AT_ONCE}
    after = {"rereferral_after_days": 30, "changes": {8: {"waiting_leave_hazard_per_day": 0.0}}}
    return run(**{**usual, **after, **FOLLOWED, **overrides})


def test_a_further_referral_starts_anew():
    raw = referred_again()
    assert days_of(raw, Event.EXITED)[:1] == [7]
    # 30 days after day 7 is day 37; the next Monday is 42, and the first visit 28 days later.
    assert days_of(raw, Event.RE_REFERRED) == [42]
    assert days_of(raw, Event.RE_REFERRED, "code") == [1]
    assert days_of(raw, Event.RE_REFERRED, "value_1") == [35.0]
    assert days_of(raw, Event.ASSESSED) == [70]
    assert days_of(raw, Event.COURSE_STARTED)[:1] == [84]
    results = raw.results[0]
    assert (results["re_referrals"], results["exit_day"], results["assessed_day"]) == (1, -1, 70)
    assert results["first_exit_reason"] == ExitReason.LEFT_WAITING_LIST
    assert results["first_exit_day"] == 7
    assert raw.weekly["referrals"].sum() == 1


def test_a_further_referral_needs_the_time_since_the_exit():
    assert days_of(referred_again(rereferral_after_days=35), Event.RE_REFERRED) == [42]
    assert days_of(referred_again(rereferral_after_days=36), Event.RE_REFERRED) == [49]
    assert days_of(referred_again(rereferral_hazard_per_day=0.0), Event.RE_REFERRED) == []


def test_days_before_a_further_referral_have_no_diary():
    """Of the fourteen days before the course of day 49 only those from day 42 on are there."""
    quick = {"lead_to_assessment_days": 1, "lead_to_treatment_days": 6}
    fortnight = {"criterion_baseline_days": 14, "diary_missing_probability": 0.0}
    raw = referred_again(traits=quick, **fortnight)
    assert days_of(raw, Event.RE_REFERRED)[:1] == [42]
    assert days_of(raw, Event.BASELINE_TAKEN)[:2] == [7, 49]
    assert days_of(raw, Event.BASELINE_TAKEN, "value_2")[:2] == [7.0, 7.0]


def test_with_queues_a_further_referral_waits_for_a_visit():
    raw = referred_again(queues=True, clinics=[{"open_days": 0b11111}])
    assert days_of(raw, Event.RE_REFERRED)[:1] == [42]
    assert days_of(raw, Event.ASSESSMENT_BOOKED)[:2] == [0, 42]
    assert days_of(raw, Event.ASSESSMENT_BOOKED, "value_1")[:2] == [1, 43]


def test_the_programme_is_not_started_again():
    programme = {"programme_for": 1, "therapies": 1, "therapy_sessions": [30]}
    sessions = {"therapy_sessions_per_week": [1], "programme_after_exit": 1}
    lost = {"lost_hazard_per_day": AT_ONCE, "rereferral_hazard_per_day": AT_ONCE}
    raw = run(500, **lost, **programme, **sessions, **FOLLOWED)
    assert len(days_of(raw, Event.ASSESSED)) > 2
    assert days_of(raw, Event.PROGRAMME_STARTED) == [28]


def test_infusions_are_bought_after_a_refusal():
    raw = run(100, **REFUSED, **BUYING)
    assert days_of(raw, Event.OUTSIDE_STARTED) == [28]
    assert days_of(raw, Event.OUTSIDE_STARTED, "value_1") == [38.0]
    assert days_of(raw, Event.OUTSIDE_INFUSION) == [38, 59, 80]
    results = raw.results[0]
    assert results["outside_infusions"] == 3 and results["outside_mg"] == 240.0
    assert results["infusions"] == 0 and results["racemic_mg"] == 0.0
    assert results["ketamine_auc_s"] > 0.0 and results["last_infusion_day"] == -1
    assert results["cost_line"][CostLine.OUTSIDE] == 1200.0
    assert results["cost_line"][CostLine.TRAVEL] == 45.0
    assert results["cost_undiscounted"][Payer.PATIENT] == 1245.0
    assert raw.weekly["outside_infusions"].sum() == 3
    assert raw.weekly["outside_mg_e3"].sum() == 240_000
    assert not raw.weekly["infusions"].any() and not days_of(raw, Event.WITHIN_DAY_SCORE)


def test_what_is_bought_relieves_and_harms():
    bought = run(59, **REFUSED, **BUYING, acute_intercept=1e9)
    refused = run(59, **REFUSED)
    assert bought.results["pain_days"] < refused.results["pain_days"]
    assert bought.results["acute_count"][0].tolist() == [1, 1, 1, 1]
    assert days_of(bought, Event.ACUTE_HARM, "draw_occurrence") == [
        4 * 1048576 + harm for harm in range(4)
    ]


def test_nobody_buys_without_a_share():
    raw = run(100, **REFUSED, **{**BUYING, "outside_share": 0.0})
    assert not days_of(raw, Event.OUTSIDE_STARTED)


def test_infusions_are_bought_after_an_exit():
    raw = run(100, lost_hazard_per_day=AT_ONCE, **FOLLOWED, **BUYING)
    assert days_of(raw, Event.EXITED) == days_of(raw, Event.OUTSIDE_STARTED) == [49]
    assert days_of(raw, Event.OUTSIDE_INFUSION) == [59, 80]


def test_the_yearly_budget_ends_buying():
    raw = run(120, traits={"yearly_budget": 900.0}, **REFUSED, **BUYING)
    assert days_of(raw, Event.OUTSIDE_INFUSION) == [38, 59]
    assert days_of(raw, Event.OUTSIDE_STOPPED) == [80]
    assert days_of(raw, Event.OUTSIDE_STOPPED, "code") == [OutsideEnd.COULD_NOT_PAY]
    assert days_of(raw, Event.OUTSIDE_STOPPED, "value_1") == [2.0]


def test_buying_ends_of_its_own_accord():
    raw = run(120, **REFUSED, **BUYING, outside_stop_hazard_per_day=AT_ONCE)
    assert days_of(raw, Event.OUTSIDE_STOPPED) == [35]
    assert days_of(raw, Event.OUTSIDE_STOPPED, "code") == [OutsideEnd.OWN_ACCORD]
    assert not days_of(raw, Event.OUTSIDE_INFUSION)


@pytest.mark.parametrize("hazard", [0.0, 1e-9])
def test_recovery_ends_buying(hazard):
    changes = {50: {"recovery_hazard_per_day": AT_ONCE}}
    stop = {"outside_stop_hazard_per_day": hazard, "relapse_hazard_per_day": 0.0}
    raw = run(120, changes=changes, **REFUSED, **BUYING, **stop)
    assert days_of(raw, Event.OUTSIDE_INFUSION) == [38]
    assert days_of(raw, Event.RECOVERED) == days_of(raw, Event.OUTSIDE_STOPPED) == [56]
    assert days_of(raw, Event.OUTSIDE_STOPPED, "code") == [OutsideEnd.RECOVERED]


def test_a_further_referral_ends_buying():
    raw = referred_again(**BUYING)
    assert days_of(raw, Event.OUTSIDE_INFUSION)[:2] == [17, 38]
    assert days_of(raw, Event.OUTSIDE_STOPPED)[:1] == [42]
    assert days_of(raw, Event.OUTSIDE_STOPPED, "code")[:1] == [OutsideEnd.RE_REFERRED]


def test_what_was_bought_counts_for_harm_but_not_for_the_caps():
    """A lifetime cap of one course is not used up elsewhere; the lifetime dose of harm is."""
    harm = {"harm_base": {0: 1e-9}, "harm_link": {0: 2}, "harm_slope": {0: AT_ONCE}}
    raw = referred_again(**BUYING, **harm, limit_racemic_mg=100.0)
    assert days_of(raw, Event.COURSE_STARTED)
    onsets = raw.events[raw.events["event"] == Event.HARM_ONSET]
    assert len(onsets) == 0 or onsets["value_3"][0] >= 80.0
    strong = {**harm, "harm_base": {0: 1.0}}
    raw = run(100, **REFUSED, **BUYING, **strong)
    onsets = raw.events[raw.events["event"] == Event.HARM_ONSET]
    assert onsets["day"].tolist() == [42] and onsets["value_3"].tolist() == [80.0]


@pytest.mark.parametrize("hazard", [0.0, 2e-3])
def test_days_that_are_passed_over_would_have_changed_nothing(hazard):
    plan = make_plan(
        patients=40, years=4, ketamine_offered=0, recovery_hazard_per_day=1e-3,
        relapse_hazard_per_day=3e-3, outside_stop_hazard_per_day=1e-3,
        rereferral_hazard_per_day=hazard, waiting_leave_hazard_per_day=hazard,
        **{**BUYING, "outside_share": 0.3, "price_outside": 0.0},
    )  # fmt: skip
    block = Block(plan)
    assert block.run(list(range(1, plan.calendar_days))) == Block(plan).run()
    assert block.results["outside_infusions"].any()
    assert block.results["re_referrals"].any() == (hazard > 0.0)
