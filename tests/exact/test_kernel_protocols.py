"""Courses fixed by a protocol, and the responder drawn again at each course."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
from kernel_blocks import Block, eventful_plan
from plans import make_plan, make_traits

from pathways import fastcore, layout
from pathways.codes import (
    CostLine,
    Event,
    ExitReason,
    Payer,
    ProgrammeFor,
    Purpose,
    State,
    Verdict,
)
from pathways.engines import kernel_engine
from pathways.fastcore import kernel
from pathways.fastcore.draws import Draws

AT_ONCE = 1e6
"""A hazard per day under which every clock runs out on the first Monday."""
ALWAYS = 1e9
"""Log odds of what always happens."""
# One infusion of regimen 0 on day 7, a Monday, two of regimen 1 from day 35 on, a last visit.
TRIAL = {
    "protocol_courses": 2,
    "protocol_day": [7, 35],
    "protocol_step": [0, 1],
    "protocol_end_day": 60,
    "recovery_hazard_per_day": 0.0,
}
MOVES = {Event.ESCALATED, Event.MAINTAINED, Event.REPEATED, Event.PAUSED}
JUDGING = {Event.JUDGED, Event.CRITERION_SCORED, Event.FAILURE_NOT_ACTED_ON}


def run(horizon_days=100, traits=None, patients=1, **overrides):
    """Return alike patients who live through a trial."""
    plan = make_plan(patients=patients, **{"horizon_days": horizon_days, **TRIAL, **overrides})
    alike = make_traits(plan, death_clock=1e9, **(traits or {}))
    return kernel_engine.run(plan, keep_events=True, traits=alike)


def days_of(raw, event, value="day"):
    return raw.events[raw.events["event"] == event][value].tolist()


def test_courses_are_on_the_days_and_with_the_regimens_of_the_protocol():
    raw = run()
    assert days_of(raw, Event.ASSESSED) == [0]
    assert days_of(raw, Event.BOOKED) == [0, 8]
    assert days_of(raw, Event.BOOKED, "code") == [0, 1]
    assert days_of(raw, Event.BOOKED, "value_1") == [7.0, 35.0]
    assert days_of(raw, Event.BOOKED, "value_2") == [80.0, 200.0]
    assert days_of(raw, Event.BOOKED, "value_3") == [0.0, 1.0]
    assert days_of(raw, Event.ADMINISTERED) == [7, 35, 36]
    assert days_of(raw, Event.EXITED) == [60]
    assert days_of(raw, Event.EXIT_RULE_TRUE, "code") == [ExitReason.TREATMENT_COMPLETED]
    assert not {*raw.events["event"].tolist()} & (MOVES | JUDGING)


def test_the_counts_of_a_trial():
    results = run().results[0]
    counts = ("courses", "infusions", "highest_step", "judgements", "continuations")
    assert [results[name] for name in counts] == [2, 3, 2, 0, 0]
    assert (results["assessed_day"], results["exit_day"]) == (0, 60)
    assert results["responder_observed"] == results["responder_drug_any"] == -1


def test_reviews_are_paid_for_the_day_after_each_course_and_on_the_last_day():
    lines = run(price_follow_up=10.0).results["cost_line"][0]
    assert lines[CostLine.FOLLOW_UP] == 30.0
    # The review after the second course, on day 37, is the last.
    lines = run(price_follow_up=10.0, protocol_end_day=37).results["cost_line"][0]
    assert lines[CostLine.FOLLOW_UP] == 20.0


@pytest.mark.parametrize(("end_day", "exit_day"), [(0, 37), (37, 37), (38, 38), (99, 99)])
def test_treatment_ends_on_the_last_day_or_after_the_last_course(end_day, exit_day):
    assert days_of(run(protocol_end_day=end_day), Event.EXITED) == [exit_day]


def test_a_course_is_booked_for_tomorrow_at_the_earliest():
    raw = run(protocol_day=[0, 0])
    assert days_of(raw, Event.BOOKED) == [0, 2]
    assert days_of(raw, Event.COURSE_STARTED) == [1, 3]


def test_a_weekend_moves_a_course():
    raw = run(protocol_day=[5, 34], step_skip_weekends=[1, 0])
    assert days_of(raw, Event.COURSE_STARTED) == [7, 34]
    raw = run(referral_days=[2], calendar_days=102, protocol_day=[3, 35], step_skip_weekends=[1, 0],
              traits={"referral_day": 2})  # fmt: skip
    assert days_of(raw, Event.COURSE_STARTED) == [7, 37]


def test_neither_caps_nor_rests_nor_the_budget_move_or_end_a_trial():
    limits = {"limit_courses": 1, "limit_infusions": 1, "limit_racemic_mg": 1.0, "limit_days": 1}
    rests = {"limit_courses_per_year": 1, "rest_after_courses": 1, "rest_days": 100}
    poor = {"infusion_payer": Payer.PATIENT, "budget_limits": 1, "price_infusion": 1e6}
    assert run(**limits, **rests, **poor).events.tobytes() == run().events.tobytes()


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_a_crossover_gives_each_arm_in_its_order(order):
    raw = run(protocol_step=order, step_days=[1, 1], step_sham={1: 1}, protocol_day=[7, 60])
    assert days_of(raw, Event.COURSE_STARTED, "code") == order
    given = [80.0, 0.0] if order == [0, 1] else [0.0, 80.0]
    assert days_of(raw, Event.ADMINISTERED, "value_1") == given
    assert raw.results["highest_step"] == 2


def test_sixteen_courses_fit():
    most = layout.MAX_PROTOCOL_COURSES
    raw = run(protocol_courses=most, protocol_day=list(range(0, 160, 10)), protocol_step=[0] * most,
              horizon_days=200)  # fmt: skip
    assert days_of(raw, Event.COURSE_STARTED) == [1, *range(10, 160, 10)]
    assert days_of(raw, Event.EXITED) == [151]


def test_states_in_a_trial():
    days = [0, 1, 7, 8, 9, 35, 36, 37, 60, 61]
    seen = run(observed_days=days).observations["state"][0]
    waiting, between = [State.WAITING] * 2, [State.FOLLOW_UP] * 3
    course = [State.COURSE, State.FOLLOW_UP, State.FOLLOW_UP]
    assert seen.tolist() == [State.REFERRED, *waiting, *between, *course, State.EXITED]


@pytest.mark.parametrize("judge_at_days", [0, 21])
def test_a_trial_is_never_judged(judge_at_days):
    same_day = {"criterion_moment": 0, "judge_at_days": judge_at_days}
    raw = run(**same_day)
    assert not {*raw.events["event"].tolist()} & JUDGING
    assert days_of(raw, Event.EXITED) == [60]


@pytest.mark.parametrize(
    ("hazard", "reason"),
    [
        ("lost_hazard_per_day", ExitReason.LOST),
        ("choice_hazard_per_day", ExitReason.PATIENT_CHOICE),
    ],
)
def test_patients_drop_out_between_courses(hazard, reason):
    raw = run(**{hazard: AT_ONCE})
    assert days_of(raw, Event.EXITED) == [14]
    assert days_of(raw, Event.COURSE_STARTED) == [7]
    assert raw.results["exit_reason"] == reason


def test_patients_drop_out_while_they_wait_for_the_last_visit():
    raw = run(changes={50: {"lost_hazard_per_day": AT_ONCE}})
    assert days_of(raw, Event.EXITED) == [56]
    assert days_of(raw, Event.COURSE_STARTED) == [7, 35]


def test_who_waits_for_the_first_course_may_leave():
    raw = run(waiting_leave_hazard_per_day=AT_ONCE, protocol_day=[10, 35])
    assert days_of(raw, Event.EXITED) == [7]
    assert raw.results["exit_reason"] == ExitReason.LEFT_WAITING_LIST


def test_an_acute_harm_ends_a_trial():
    harm = {"acute_intercept": {1: ALWAYS}, "adverse_event_acute": 0b10, "adverse_event_times": 2}
    raw = run(**harm)
    assert days_of(raw, Event.ADMINISTERED) == days_of(raw, Event.ACUTE_HARM) == [7, 35]
    assert days_of(raw, Event.EXITED) == [35]
    assert raw.results["exit_reason"] == ExitReason.ADVERSE_EVENT


LIVER_TEST = {
    "harm_background": {0: AT_ONCE},
    "tests": 1,
    "test_sensitivity": 1.0,
    "laboratory_stop_harms": 1,
    "protocol_day": [6, 35],
}


@pytest.mark.parametrize(("every", "exit_day"), [("courses", 7), ("days", 7)])
def test_a_review_tests_and_stops(every, exit_day):
    """Liver injury begins on the first Monday, day 7, on which the review is."""
    raw = run(**LIVER_TEST, **{f"test_every_{every}": [1]})
    assert days_of(raw, Event.TESTED)[-1] == exit_day
    assert days_of(raw, Event.EXITED) == [exit_day]
    assert raw.results["exit_reason"] == ExitReason.LABORATORY_STOP


def test_tests_are_done_at_the_assessment_and_the_last_visit_too():
    tested = {"tests": 1, "test_every_days": [1]}
    assert days_of(run(**tested), Event.TESTED) == [0, 8, 37, 60]


def test_recovery_ends_a_trial():
    raw = run(changes={20: {"recovery_hazard_per_day": AT_ONCE}})
    assert days_of(raw, Event.EXITED) == [21]
    assert raw.results["exit_reason"] == ExitReason.RECOVERED


def test_who_is_not_eligible_is_told_on_the_day_of_referral():
    raw = run(traits={"condition": 0}, eligible_conditions=0b1110)
    assert days_of(raw, Event.ASSESSED) == [0]
    assert raw.results["state"] == State.CONVENTIONAL
    assert not days_of(raw, Event.BOOKED)


def test_the_programme_starts_at_the_assessment():
    raw = run(programme_for=ProgrammeFor.ALL, therapies=1, therapy_delay_days=3)
    assert days_of(raw, Event.PROGRAMME_STARTED) == [0]
    assert days_of(raw, Event.PROGRAMME_STARTED, "value_1") == [3.0]


def test_a_taper_goes_on_as_without_a_protocol():
    taper = {"taper_courses": 2, "taper_reasons": 1 << ExitReason.TREATMENT_COMPLETED}
    shares = {"taper_fraction": [0.5, 0.25], "taper_interval_days": [40, 10]}
    raw = run(**taper, **shares)
    assert days_of(raw, Event.TAPER_STARTED) == [60]
    assert days_of(raw, Event.COURSE_STARTED) == [7, 35, 76, 87]
    assert days_of(raw, Event.EXITED) == [89]
    assert raw.results["exit_reason"] == ExitReason.TAPER_COMPLETED


def test_a_protocol_that_is_no_longer_in_force_is_left_at_the_next_visit():
    raw = run(changes={8: {"protocol_courses": 0}})
    assert days_of(raw, Event.MAINTAINED) == [8]
    assert days_of(raw, Event.COURSE_STARTED)[:2] == [7, 49]


def test_a_judgement_set_before_a_protocol_is_held():
    """Assessed on day 28 and treated on day 42; the judgement is on day 63."""
    changes = {50: {**TRIAL, "protocol_day": [7, 100], "protocol_end_day": 0}}
    raw = run(150, changes=changes, protocol_courses=0, criterion_percent_x10=0)
    assert days_of(raw, Event.JUDGED) == [63]
    assert days_of(raw, Event.JUDGED, "code") == [Verdict.PASSED]
    # The course that follows from it is reviewed, and the protocol's second is over by then.
    assert days_of(raw, Event.COURSE_STARTED) == [42, 84]
    assert days_of(raw, Event.EXITED) == [85]


def test_a_further_referral_begins_with_the_first_course():
    lost = {"lost_hazard_per_day": AT_ONCE, "rereferral_hazard_per_day": AT_ONCE}
    raw = run(80, **lost, rereferral_after_days=30, traits={"lead_to_assessment_days": 3})
    assert days_of(raw, Event.EXITED)[:1] == [14]
    # The first Monday 30 days after day 14 is day 49.
    assert days_of(raw, Event.ASSESSED) == [0, 52]
    assert days_of(raw, Event.BOOKED, "code")[-1] == 0
    assert days_of(raw, Event.COURSE_STARTED) == [7, 53]
    # With two courses behind this patient the last visit would be on day 60; lost on a Monday.
    assert days_of(raw, Event.EXITED) == [14, 56]


# --- the cut into calls, units and threads


def trial_plan(**overrides):
    usual = {
        "protocol_courses": 5,
        "protocol_day": [3, 40, 110, 180, 181],
        "protocol_step": [0, 1, 0, 0, 1],
        "protocol_end_day": 260,
        "responder_redrawn": 1,
        "taper_reasons": 1 << ExitReason.TREATMENT_COMPLETED,
        "leaving": True,
        "outside": True,
        "horizon_days": 420,
        "referral_days": [day * 3 % 29 for day in range(40)],
    }
    overrides = {**usual, **overrides}
    overrides["referral_days"] = sorted(overrides["referral_days"])
    return eventful_plan(patients=None, **overrides)


TRIAL_PLAN = trial_plan()


@pytest.fixture(scope="module")
def whole():
    return Block(TRIAL_PLAN).run()


def test_much_happens_in_the_trial_of_these_tests(whole):
    results = np.frombuffer(whole[0], Block(TRIAL_PLAN).results.dtype)
    reasons = {*results["first_exit_reason"].tolist()}
    assert {ExitReason.TAPER_COMPLETED, ExitReason.LOST, ExitReason.ADVERSE_EVENT} & reasons
    assert len(reasons) > 3 and results["courses"].max() > 5


@pytest.mark.parametrize("cuts", [range(1, 440), [0, 3, 3, 41, 250]])
def test_the_cut_into_calls_does_not_show(cuts, whole):
    assert Block(TRIAL_PLAN).run(list(cuts)) == whole


@pytest.mark.parametrize(("threads", "unit_patients"), [(1, 1), (3, 7)])
def test_threads_and_units_do_not_show(threads, unit_patients, whole):
    raw = kernel_engine.run(TRIAL_PLAN, threads, unit_patients, keep_events=True)
    assert (raw.results.tobytes(), raw.weekly.tobytes(), raw.events.tobytes()) == whole


@pytest.mark.parametrize("level", fastcore.available_levels())
def test_every_instruction_set_gives_the_same_bytes(level, whole):
    module = importlib.import_module(f"pathways.fastcore._kernel_{level}")
    assert Block(TRIAL_PLAN, kernel=module).run() == whole


# --- the responder drawn again

OBSERVED = list(range(100))
FROM_SECOND_COURSE = slice(36, 100)


def slow_relief(**overrides):
    return run(observed_days=OBSERVED, **overrides).observations["slow_relief"]


def test_the_first_course_keeps_the_trait():
    one = {"protocol_courses": 1, "responder_share": 0.0}
    redrawn, kept = run(**one, responder_redrawn=1), run(**one)
    assert redrawn.results.tobytes() == kept.results.tobytes()
    assert (
        redrawn.results["qaly_drug_only"]
        != run(traits={"responder": 0}).results[0]["qaly_drug_only"]
    )


@pytest.mark.parametrize("responder", [0, 1])
@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_further_course_draws_anew(responder, share):
    redrawn = {"responder_redrawn": 1, "responder_share": share}
    relief = slow_relief(**redrawn, traits={"responder": responder})[0]
    assert (relief[8:36] > 0.0).all() == responder
    assert (relief[FROM_SECOND_COURSE] > 0.0).all() == (share == 1.0)
    assert (relief[FROM_SECOND_COURSE] > 0.0).any() == (share == 1.0)


def test_the_draw_is_that_of_the_course_and_the_share_that_of_the_condition():
    shares = [0.0, 0.5, 1.0, 0.0]
    relief = slow_relief(
        patients=60, responder_redrawn=1, responder_share=shares, traits={"condition": 1}
    )
    draws = Draws(1)
    uniforms = [draws.uniform(1, k, Purpose.RESPONDER_AT_COURSE, 1) for k in range(60)]
    expected = [u < 0.5 for u in uniforms]
    assert (relief[:, 37] > 0.0).tolist() == expected
    assert 10 < sum(expected) < 50


def test_the_trait_stays_and_without_the_switch_the_shares_do_nothing():
    raw = run(responder_redrawn=1, responder_share=0.0)
    assert raw.traits["responder"].tolist() == [1]
    off = run(responder_redrawn=0, responder_share=0.0)
    assert off.results.tobytes() == run().results.tobytes() != raw.results.tobytes()


def test_redrawing_is_by_the_rules_in_force_and_not_for_protocols_alone():
    ladder = {"protocol_courses": 0, "horizon_days": 200, "responder_share": 0.0}
    switched = run(**ladder, changes={60: {"responder_redrawn": 1}}, observed_days=[50, 199])
    # Treated on day 42 and, as the response is held, again from day 84 on.
    assert (switched.observations["slow_relief"][0] > 0.0).tolist() == [True, False]


# --- what is refused


def inputs(**overrides):
    return kernel().Inputs(make_plan(patients=1, years=1, **{**TRIAL, **overrides}))


@pytest.mark.parametrize(
    ("name", "value", "place"),
    [
        ("protocol_courses", layout.MAX_PROTOCOL_COURSES + 1, ""),
        ("protocol_courses", -1, ""),
        ("protocol_step", [0, 2], r"\[1\]"),
        ("protocol_step", [-1, 0], r"\[0\]"),
        ("protocol_day", [7, -1], r"\[1\]"),
        ("protocol_day", {15: 2**40}, r"\[15\]"),
        ("protocol_end_day", -1, ""),
        ("responder_redrawn", 2, ""),
        ("responder_share", [0.0, 0.0, 1.5], r"\[2\]"),
    ],
)
def test_a_protocol_out_of_range_is_named(name, value, place):
    with pytest.raises(ValueError, match=rf"^rule_sets\[0\]\.{name}{place}: got"):
        inputs(**{name: value})


def test_regimens_beyond_the_courses_of_the_protocol_do_not_matter():
    inputs(protocol_step=[0, 1, 7])
    with pytest.raises(ValueError, match=r"^rule_sets\[1\]\.protocol_step\[1\]: got 1"):
        inputs(changes={50: {"ladder_steps": 1}})


def test_a_protocol_and_queues_are_refused():
    inputs(protocol_courses=0, queues=True)
    with pytest.raises(ValueError, match=r"^rule_sets\[0\]\.protocol_courses: got 2; allowed with"):
        inputs(queues=True)
