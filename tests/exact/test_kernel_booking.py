"""Booking by hand: who gets which day, worked out on paper for a handful of patients."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from plans import make_plan, make_traits

from pathways.codes import Event, ProgrammeFor, Purpose, QueueOrder
from pathways.engines import kernel_engine
from pathways.fastcore.draws import Draws

TUESDAY = 1 << 1
MONDAY_TO_FRIDAY = 0b0011111
ONE_REGIMEN = {"ladder_steps": 1, "step_days": [1], "step_minutes": [[120]]}
# One infusion of two hours and an hour to prepare the chair.
SEVERAL_DAYS = {"step_dose": [[80.0] * 3], "step_hours": [[2.0] * 3], "step_minutes": [[120] * 3]}
TWO_DAYS = {**SEVERAL_DAYS, "step_days": [2], "step_gap_days": [[0, 1]]}
ONE_A_DAY = {"chairs": 1, "open_minutes": 180}


def run(patients=3, clinic=None, traits=None, referral_days=None, **overrides):
    """Return the result of one small clinic; requests for courses are made on day 1."""
    days = [0] * patients if referral_days is None else referral_days
    plan = make_plan(
        queues=True,
        clinics=[{"open_days": MONDAY_TO_FRIDAY, **(clinic or {})}],
        referral_days=days,
        **{"horizon_days": 60, "calendar_days": 60, **ONE_REGIMEN, **overrides},
    )
    alike = make_traits(plan, referral_day=days, death_clock=1e9)
    for name, values in (traits or {}).items():
        alike[name] = values
    return kernel_engine.run(plan, keep_events=True, traits=alike)


def days_of(raw, event, value="day"):
    """Return (patient, day of the event or its value_1) in the order in which they happened."""
    rows = raw.events[raw.events["event"] == event]
    rows = rows[np.argsort(rows["day"], kind="stable")]
    return [(int(row["patient"]), int(row[value])) for row in rows]


def starts(raw):
    return [day for _, day in days_of(raw, Event.BOOKED, "value_1")]


def test_everything_unlimited_is_the_first_open_day_of_the_window():
    raw = run(patients=3)
    assert days_of(raw, Event.ASSESSMENT_BOOKED, "value_1") == [(0, 1), (1, 1), (2, 1)]
    assert days_of(raw, Event.REQUESTED, "value_1") == [(0, 2), (1, 2), (2, 2)]
    assert days_of(raw, Event.BOOKED)[0] == (0, 7)
    assert starts(raw)[:3] == [8, 8, 8]


def test_chairs_are_filled_in_minutes():
    raw = run(patients=5, clinic={"chairs": 1, "open_minutes": 480})
    assert starts(raw)[:5] == [8, 8, 9, 9, 10]
    assert raw.weekly["chair_minutes_used"][1] == 5 * 180
    assert raw.weekly["bed_days_used"].sum() == 0


def test_minutes_of_two_chairs_are_not_put_together():
    raw = run(patients=5, clinic={"chairs": 2, "open_minutes": 300})
    assert starts(raw)[:5] == [8, 8, 9, 9, 10]


def test_a_course_that_needs_more_than_a_chair_is_open_never_fits():
    raw = run(clinic={"chairs": 5, "open_minutes": 179})
    assert starts(raw) == []
    assert len(days_of(raw, Event.REQUESTED)) == 3


def test_all_days_of_a_course_are_booked_together():
    raw = run(clinic=ONE_A_DAY, **TWO_DAYS)
    assert starts(raw)[:3] == [8, 10, 14]
    given = [day for patient, day in days_of(raw, Event.ADMINISTERED) if patient == 2]
    assert given[:2] == [14, 15]


def test_the_next_day_of_a_course_waits_for_an_open_day():
    raw = run(patients=1, clinic={"open_days": 1 << 4 | 1 << 0}, **TWO_DAYS)
    assert [day for _, day in days_of(raw, Event.ADMINISTERED)][:2] == [11, 14]


def test_a_bed_is_held_from_the_first_day_to_the_last():
    in_bed = {"step_bed": [1], "step_days": [3], "step_gap_days": [[0, 2, 2]]}
    raw = run(patients=2, clinic={"beds": 1}, **SEVERAL_DAYS, **in_bed)
    assert starts(raw)[:2] == [8, 13]
    given = [day for patient, day in days_of(raw, Event.ADMINISTERED) if patient == 1]
    assert given[:3] == [13, 15, 17]
    assert raw.weekly["bed_days_used"][:3].tolist() == [0, 4, 2]
    assert raw.weekly["chair_minutes_used"].sum() == 0


def test_slots_for_first_visits_are_spread_over_the_open_days():
    raw = run(patients=5, clinic={"assessment_slots_per_week": 3})
    visits = [day for _, day in days_of(raw, Event.ASSESSMENT_BOOKED, "value_1")]
    assert visits == [1, 2, 4, 8, 9]
    assert raw.weekly["waiting_for_assessment"][:2].tolist() == [2, 0]
    assert raw.weekly["assessments"][:2].tolist() == [3, 2]
    assert raw.weekly["referrals"].tolist() == [5] + [0] * 8


def test_slots_per_week_hold_whatever_the_distance_of_booking_days():
    clinic = {"assessment_slots_per_week": 2, "booking_every_days": 3, "open_days": 0b1111111}
    raw = run(patients=8, clinic=clinic)
    visits = [day for _, day in days_of(raw, Event.ASSESSMENT_BOOKED, "value_1")]
    # Windows of three days from day 1: 0, then six times 1 slot, 0, 1, 1.
    assert visits == [4, 7, 10, 13, 16, 19, 25, 28]


def test_places_of_the_programme_are_held_while_sessions_run():
    programme = {
        "programme_for": ProgrammeFor.ALL,
        "therapies": 1,
        "therapy_sessions": [4],
        "therapy_sessions_per_week": [2],
        "therapy_attendance": [1.0],
        "ketamine_offered": 0,
    }
    raw = run(patients=4, clinic={"therapy_slots_per_week": 5}, **programme)
    assert days_of(raw, Event.PROGRAMME_STARTED) == [(0, 7), (1, 7), (2, 21), (3, 21)]
    started = [day for _, day in days_of(raw, Event.PROGRAMME_STARTED, "value_1")]
    assert started == [8, 8, 22, 22]
    assert days_of(raw, Event.THERAPY_COMPLETED)[0] == (0, 21)
    assert raw.weekly["waiting_for_programme"][:4].tolist() == [4, 2, 2, 0]
    assert starts(raw) == []


def test_a_programme_without_limits_starts_at_the_assessment():
    programme = {"programme_for": ProgrammeFor.ALL, "therapies": 1, "therapy_sessions": [4]}
    raw = run(patients=1, **programme, therapy_sessions_per_week=[2])
    assert days_of(raw, Event.PROGRAMME_STARTED) == [(0, 1)]


def test_no_shows_use_the_first_day_and_ask_again():
    raw = run(patients=2, clinic={**ONE_A_DAY, "no_show": 1.0})
    assert days_of(raw, Event.NO_SHOW, "value_1")[:4] == [(0, 8), (1, 9), (0, 15), (1, 16)]
    assert raw.results["no_shows"].tolist() == [8, 8]
    assert raw.weekly["no_shows"][:3].tolist() == [0, 2, 2]
    assert raw.weekly["chair_minutes_lost"][:3].tolist() == [0, 360, 360]
    assert not raw.results["infusions"].any()
    assert raw.weekly["waiting_for_course"][:3].tolist() == [2, 2, 2]


def test_a_cancelled_course_uses_nothing():
    raw = run(clinic={**ONE_A_DAY, "late_cancellation": 1.0, "no_show": 1.0})
    assert days_of(raw, Event.CANCELLED, "value_1")[:4] == [(0, 8), (1, 8), (2, 8), (0, 15)]
    assert raw.results["cancellations"].tolist() == [8, 8, 8]
    assert not raw.results["no_shows"].any()
    assert not raw.weekly["chair_minutes_lost"].any()


def seed_with_one_no_show():
    """Return a seed under which only the first booking of patient 0 is missed."""

    def misses(seed, patient, booking):
        return Draws(seed).uniform(1, patient, Purpose.NO_SHOW, booking) < 0.5

    return next(
        seed
        for seed in range(1000)
        if misses(seed, 0, 0) and not misses(seed, 0, 1) and not misses(seed, 1, 0)
    )


@pytest.mark.parametrize(("keeps_place", "second"), [(1, 0), (0, 1)])
def test_the_place_in_the_queue_after_a_no_show(keeps_place, second):
    clinic = {**ONE_A_DAY, "open_days": TUESDAY, "no_show": 0.5, "keeps_place": keeps_place}
    raw = run(clinic=clinic, seed=seed_with_one_no_show())
    assert days_of(raw, Event.NO_SHOW)[0] == (0, 7)
    assert days_of(raw, Event.BOOKED)[0] == (second, 14)


@pytest.mark.parametrize(
    ("order", "booked"),
    [
        (QueueOrder.FIRST_COME, [0, 1, 0]),
        (QueueOrder.CONTINUING_FIRST, [0, 0, 0]),
        (QueueOrder.NEW_FIRST, [0, 1, 2]),
    ],
)
def test_the_order_of_new_and_continuing_patients(order, booked):
    """One infusion a week; patient 0 asks again for day 15, patient 2 first for day 16."""
    again = {"adherence_to_rule": 0.0, "maintenance_interval_days": 7, "judge_at_days": 6}
    window = {"criterion_window_from": 0, "criterion_window_to": 6}
    clinic = {**ONE_A_DAY, "open_days": TUESDAY, "queue_order": order}
    raw = run(clinic=clinic, referral_days=[0, 0, 14], **again, **window)
    assert [patient for patient, _ in days_of(raw, Event.BOOKED)][:3] == booked


def test_the_highest_pain_comes_first_in_every_queue():
    clinic = {**ONE_A_DAY, "assessment_slots_per_week": 2, "queue_order": QueueOrder.HIGHEST_PAIN}
    raw = run(patients=4, clinic=clinic, traits={"enrolment_score_sum": [50, 60, 50, 70]})
    visited = [patient for patient, _ in days_of(raw, Event.ASSESSED)]
    assert visited == [3, 1, 0, 2]
    treated = [patient for patient, _ in days_of(raw, Event.COURSE_STARTED)]
    assert treated[:2] == [3, 1]


@pytest.mark.parametrize(
    ("clinic", "last"),
    [
        ({"chairs": 0}, Event.REQUESTED),
        ({"open_days": 0}, Event.REFERRED),
        ({"assessment_slots_per_week": 0}, Event.REFERRED),
    ],
)
def test_a_clinic_without_capacity_treats_nobody(clinic, last):
    raw = run(clinic=clinic)
    assert not raw.results["infusions"].any()
    assert raw.events["event"][-1] == last


def test_a_bed_regimen_without_beds_treats_nobody():
    assert starts(run(clinic={"beds": 0}, step_bed=[1])) == []


def test_a_dated_change_counts_from_the_booking_day_on():
    changes = {20: {"clinics": [{"chairs": 3}]}}
    raw = run(patients=7, clinic={**ONE_A_DAY, "open_days": TUESDAY}, changes=changes)
    first = [day for _, day in days_of(raw, Event.BOOKED, "value_1")][:7]
    assert first == [8, 15, 22, 22, 22, 29, 29]


def test_a_change_of_order_sorts_who_waits_already():
    changes = {10: {"clinics": [{"queue_order": QueueOrder.HIGHEST_PAIN}]}}
    scores = {"enrolment_score_sum": [50, 51, 52, 53]}
    clinic = {**ONE_A_DAY, "open_days": TUESDAY}
    raw = run(patients=4, clinic=clinic, changes=changes, traits=scores)
    assert [patient for patient, _ in days_of(raw, Event.BOOKED)][:4] == [0, 3, 2, 1]


def test_what_is_asked_for_after_the_booking_waits_for_the_next():
    """Assessed on booking day 7 in the morning: booked that day; judged at night: a week later."""
    raw = run(patients=1, referral_days=[6], clinic={"booking_every_days": 1})
    assert days_of(raw, Event.ASSESSMENT_BOOKED)[0] == (0, 6)
    assert days_of(raw, Event.ASSESSED)[0] == (0, 7)
    assert days_of(raw, Event.BOOKED)[0] == (0, 7)
    same_day = {"judge_at_days": 0, "criterion_moment": 0, "criterion_window_from": 0}
    gap = {"criterion_window_to": 0, "escalation_gap_days": 1, "tries_per_step": 9}
    raw = run(patients=1, **same_day, **gap, criterion_percent_x10=1000)
    asked = [day for _, day in days_of(raw, Event.REQUESTED)]
    assert asked[:2] == [1, 8] and [day for _, day in days_of(raw, Event.BOOKED)][:2] == [7, 14]


def test_the_dead_and_the_recovered_do_not_keep_a_slot():
    raw = run(
        patients=3,
        clinic={**ONE_A_DAY, "open_days": TUESDAY},
        traits={"death_clock": [1e9, 1e-9, 1e9]},
    )
    assert days_of(raw, Event.DIED) == [(1, 7)]
    assert [patient for patient, _ in days_of(raw, Event.BOOKED)][:2] == [0, 2]


def test_who_needs_less_fits_where_others_did_not():
    """Day 15 has 240 minutes: 180 for patient 1, not for 2, and the last 60 for patient 3."""
    changes = {8: {"step_minutes": [[0]]}}
    clinic = {"chairs": 1, "open_minutes": 240, "open_days": TUESDAY}
    raw = run(clinic=clinic, referral_days=[0, 0, 0, 7], changes=changes)
    booked = [row for row in days_of(raw, Event.BOOKED) if row[1] <= 21]
    assert booked == [(0, 7), (1, 14), (3, 14), (2, 21)]


def test_a_long_queue_moves_one_by_one():
    raw = run(patients=300, clinic={**ONE_A_DAY, "open_days": TUESDAY})
    assert starts(raw)[:7] == [8, 15, 22, 29, 36, 43, 50]
    assert raw.weekly["waiting_for_course"][1] == 299


def test_a_long_queue_gives_what_a_short_one_gives():
    many = run(patients=60, clinic=ONE_A_DAY)
    few = run(patients=20, clinic=ONE_A_DAY)
    assert days_of(many, Event.BOOKED)[:10] == days_of(few, Event.BOOKED)[:10]


def test_clinics_share_nothing():
    plan = make_plan(queues=True, clinics=[ONE_A_DAY, ONE_A_DAY], clinic_patients=[9, 9], years=1)
    raw = kernel_engine.run(plan, keep_events=True)
    alone = dataclasses.replace(
        plan,
        patients=9,
        clinics=plan.clinics[:, 1:].copy(),
        clinic_patients=plan.clinic_patients[1:].copy(),
        referral_days=plan.referral_days[9:].copy(),
    )
    second = kernel_engine.run(alone, keep_events=True)
    assert raw.results[9:].tobytes() == second.results.tobytes()
    assert raw.weekly[plan.weeks :].tobytes() == second.weekly.tobytes()
    assert raw.events[raw.events["clinic"] == 2].tobytes() == second.events.tobytes()
