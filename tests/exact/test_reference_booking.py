"""Courses in chairs and beds: slots worked out by hand from docs/model.md 8c.

Day 0 is a Monday. Unless a test says otherwise patients are assessed on day 1, ask for a course
from day 2 and are booked on day 7 for the days 8 to 14. An infusion takes 120 minutes and the
chair 60 more.
"""

from __future__ import annotations

import pytest
from clinic_records import FIRST_CLINIC
from reference_runs import (
    ALWAYS_PASSES,
    courses_of,
    days_by_patient,
    days_of,
    of_kind,
    open_model,
    queue_plan,
    run_queues,
)

from pathways.codes import Event, ExitReason, Purpose, QueueOrder, State, Step
from pathways.fastcore.draws import Draws
from pathways.model.patient import PatientAgent
from pathways.rules.queues import Request

ONE_A_DAY = {"chairs": 1, "open_minutes": 180}
MONDAY, TUESDAY, WEDNESDAY, FRIDAY = 0b1, 0b10, 0b100, 0b10000
EVERY_DAY = {"booking_every_days": 1}


def given(result) -> list[list[int]]:
    return days_by_patient(result, Event.ADMINISTERED)


# Chairs


@pytest.mark.parametrize(
    ("open_minutes", "days"),
    [
        (539, [8, 8, 9, 9, 10]),
        (540, [8, 8, 8, 9, 9]),
        (360, [8, 8, 9, 9, 10]),
        (359, [8, 9, 10, 11, 12]),
    ],
)
def test_a_chair_takes_as_many_as_its_minutes_allow(open_minutes, days):
    result = run_queues({"chairs": 1, "open_minutes": open_minutes}, patients=5)
    assert given(result) == [[day] for day in days]
    assert result.weekly["chair_minutes_used"].tolist() == [0, 5 * 180, 0, 0]


def test_infusion_and_turnaround_both_take_time():
    clinic = {"chairs": 1, "open_minutes": 480, "turnaround_minutes": 0}
    assert given(run_queues(clinic, patients=5)) == [[8], [8], [8], [8], [9]]
    long = run_queues(clinic, patients=3, step_minutes=[[241]])
    assert given(long) == [[8], [9], [10]]
    assert long.weekly["chair_minutes_used"].sum() == 3 * 241


def test_nothing_is_split_between_chairs():
    result = run_queues({"chairs": 2, "open_minutes": 300}, patients=5)
    assert given(result) == [[8], [8], [9], [9], [10]]


def test_the_first_chair_with_room_is_taken():
    with open_model(queue_plan({"chairs": 3, "open_minutes": 480})) as model:
        clinic = model.clinics[0]
        clinic.minutes_used.update({(8, 0): 301, (8, 1): 300, (9, 0): 480})
        assert clinic.free_chair(8, 180) == 1
        assert clinic.free_chair(8, 179) == 0
        assert clinic.free_chair(8, 181) == 2
        assert clinic.free_chair(9, 180) == 1
        assert clinic.free_chair(8, 481) is None


def test_an_infusion_longer_than_the_day_is_never_given():
    result = run_queues({"chairs": 9, "open_minutes": 179}, patients=2)
    assert given(result) == [[], []]
    assert result.weekly["waiting_for_course"].tolist() == [2, 2, 2, 2]


@pytest.mark.parametrize("chairs", [0, -1])
def test_no_chairs_and_unlimited_chairs(chairs):
    result = run_queues({"chairs": chairs, "open_minutes": 0}, patients=4)
    assert given(result) == [[8] if chairs else []] * 4
    assert result.weekly["chair_minutes_used"].sum() == (4 * 180 if chairs else 0)
    assert (result.results["state"] == (State.FOLLOW_UP if chairs else State.WAITING)).all()


def test_who_finds_no_slot_keeps_waiting():
    result = run_queues({**ONE_A_DAY, "open_days": TUESDAY}, patients=3)
    assert given(result) == [[8], [15], [22]]
    assert result.weekly["waiting_for_course"].tolist() == [3, 2, 1, 0]
    assert days_by_patient(result, Event.REQUESTED) == [[1]] * 3
    assert days_by_patient(result, Event.BOOKED) == [[7], [14], [21]]


# Courses of several days


def test_all_days_of_a_course_must_fit():
    result = run_queues(ONE_A_DAY, patients=3, **courses_of([80.0] * 3))
    # The third course does not fit before day 14; its last days are beyond the window.
    assert given(result) == [[8, 9, 10], [11, 12, 13], [14, 15, 16]]


def test_days_between_those_of_a_course_are_free_for_others():
    result = run_queues(ONE_A_DAY, patients=4, **courses_of([80.0] * 3, gap_days=2))
    # The fourth is offered nothing on day 7; on day 14 the days 16 and 18 are taken.
    assert given(result) == [[8, 10, 12], [9, 11, 13], [14, 16, 18], [15, 17, 19]]


def test_chairs_of_different_days_may_differ():
    clinic = {"chairs": 2, "open_minutes": 180}
    plan = queue_plan(clinic, patients=2, **courses_of([80.0] * 2))
    with open_model(plan) as model:
        for _ in range(7):
            model.step()
        agent = model.clinics[0]
        agent.minutes_used[8, 0] = agent.minutes_used[9, 1] = 180
        model.step()
        assert dict(agent.minutes_used) == {
            **dict.fromkeys([(8, 0), (9, 1), (8, 1), (9, 0)], 180),
            **dict.fromkeys([(10, 0), (11, 0)], 180),
        }


def test_each_day_of_a_course_has_its_own_minutes():
    course = {**courses_of([80.0] * 2), "step_minutes": [[60, 240]]}
    result = run_queues({"chairs": 1, "open_minutes": 420}, patients=3, **course)
    # 120 minutes on the first day and 300 on the second: a second and a first fit in one day.
    assert given(result) == [[8, 9], [9, 10], [10, 11]]


# Possible days


def test_closed_days_are_passed_over():
    clinic = {"open_days": MONDAY | WEDNESDAY | FRIDAY}
    result = run_queues(clinic, **courses_of([80.0] * 4))
    assert days_of(result, Event.ASSESSED) == [2]
    assert days_of(result, Event.ADMINISTERED) == [9, 11, 14, 16]


def test_opening_days_of_the_booking_hold_for_the_whole_course():
    result = run_queues(
        {"open_days": MONDAY | WEDNESDAY | FRIDAY},
        **courses_of([80.0] * 4),
        changes={10: {"clinics": [{"open_days": TUESDAY}]}},
    )
    assert days_of(result, Event.ADMINISTERED) == [9, 11, 14, 16]


@pytest.mark.parametrize(("skips", "days"), [(0, [3, 4, 5, 6]), (1, [3, 4, 7, 8])])
def test_weekends_of_the_regimen(skips, days):
    # Referred on Tuesday, day 1; day 3 is a Thursday.
    rules = {**courses_of([80.0] * 4), "step_skip_weekends": skips, "referral_days": [1]}
    assert given(run_queues(EVERY_DAY, None, **rules)) == [days]
    assert given(run_queues(EVERY_DAY, None, **rules, step_bed=1)) == [days]


def test_a_course_cannot_start_on_a_weekend_of_its_regimen():
    # Referred on Thursday, so that the first day possible is Saturday, day 5.
    rules = {"referral_days": [3], "patients": None}
    assert given(run_queues(EVERY_DAY, **rules)) == [[5]]
    # Nothing is possible on the booking days 4 and 5, whose windows are Saturday and Sunday.
    skipping = run_queues(EVERY_DAY, **rules, step_skip_weekends=1)
    assert days_of(skipping, Event.BOOKED) == [6]
    assert given(skipping) == [[7]]


def test_a_clinic_open_only_when_the_regimen_is_not_given_treats_nobody():
    clinic = {"open_days": 0b1100000}
    result = run_queues(clinic, step_skip_weekends=1, **courses_of([80.0] * 2))
    assert days_of(result, Event.ASSESSED) == [5]
    assert days_of(result, Event.ADMINISTERED, Event.BOOKED) == []


def test_a_clinic_that_is_never_open_sees_nobody():
    result = run_queues({"open_days": 0}, patients=2)
    assert days_of(result, Event.ASSESSMENT_BOOKED) == []
    assert result.weekly["waiting_for_assessment"].tolist() == [2] * 4


# Beds


def test_a_bed_is_held_from_the_first_day_to_the_last():
    rules = {**courses_of([80.0] * 2, gap_days=3), "step_bed": 1}
    result = run_queues({"beds": 1, "chairs": 0}, patients=3, **rules)
    # The days 8 to 11 and 12 to 15; the next bed is free on day 16, booked on day 14.
    assert given(result) == [[8, 11], [12, 15], [16, 19]]
    assert days_by_patient(result, Event.BOOKED) == [[7], [7], [14]]
    assert result.weekly["bed_days_used"].tolist() == [0, 3, 3, 0]
    assert result.weekly["chair_minutes_used"].sum() == 0


def test_beds_know_no_closed_days():
    rules = {**courses_of([80.0] * 2), "step_bed": 1}
    result = run_queues({"open_days": MONDAY, "beds": 1}, **rules, horizon_days=21)
    # Assessed on Monday, day 7, after the clinic's booking; booked on day 14 for Tuesday.
    assert days_of(result, Event.ASSESSED) == [7]
    assert days_of(result, Event.ADMINISTERED) == [8, 9]


@pytest.mark.parametrize(("beds", "expected"), [(0, []), (2, [8]), (-1, [8])])
def test_no_beds_some_and_unlimited(beds, expected):
    result = run_queues({"beds": beds}, patients=2, step_bed=1)
    assert given(result) == [expected] * 2


# Booking days and capacity that changes


@pytest.mark.parametrize(
    ("every", "assessed", "start"), [(1, 1, 2), (2, 1, 3), (5, 1, 6), (7, 1, 8), (14, 1, 15)]
)
def test_a_request_waits_for_the_next_booking_day(every, assessed, start):
    result = run_queues({"booking_every_days": every})
    assert days_of(result, Event.ASSESSED) == [assessed]
    assert days_of(result, Event.ADMINISTERED) == [start]


def test_a_request_of_the_evening_is_not_booked_that_day():
    taper = {
        "limit_courses": 1,
        "taper_reasons": 1 << ExitReason.COUNT_CAP,
        "taper_courses": 2,
        "taper_fraction": 0.5,
        "taper_interval_days": [28, 1],
    }
    result = run_queues(EVERY_DAY, **ALWAYS_PASSES, **taper, horizon_days=50)
    # The second taper course is asked for at the first, in step 8 of day 30: after that booking.
    assert days_of(result, Event.ADMINISTERED) == [2, 30, 32]
    requests = of_kind(result, Event.REQUESTED)
    assert requests[["day", "step", "value_1"]].tolist() == [
        (1, 6, 2.0),
        (23, 6, 30.0),
        (30, 8, 31.0),
    ]
    assert requests["value_2"].tolist() == [80.0, 40.0, 40.0]
    assert result.results["exit_reason"] == ExitReason.TAPER_COMPLETED


def test_capacity_of_the_booking_day_holds_for_all_days_of_the_window():
    closed = {"chairs": 0}
    later = run_queues(closed, changes={10: {"clinics": [{"chairs": -1}]}})
    assert days_of(later, Event.BOOKED) == [14]
    on_the_day = run_queues(closed, changes={7: {"clinics": [{"chairs": -1}]}})
    assert days_of(on_the_day, Event.BOOKED) == [7]


def test_what_is_booked_stays_booked():
    changes = {8: {"clinics": [{"chairs": 0, "turnaround_minutes": 5}]}}
    result = run_queues(ONE_A_DAY, patients=3, changes=changes)
    assert given(result) == [[8], [9], [10]]
    assert result.weekly["chair_minutes_used"].sum() == 3 * 180, "as reserved"


def test_use_of_unlimited_chairs_is_not_remembered():
    rules = courses_of([80.0] * 2, gap_days=7)
    changes = {14: {"clinics": [ONE_A_DAY]}}
    # One was booked for days 8 and 15 without a chair; the other, referred on day 8, finds day 15.
    result = run_queues(
        {}, patients=None, referral_days=[0, 7], changes=changes, calendar_days=35, **rules
    )
    assert given(result) == [[8, 15], [15, 22]]


# What is asked for


def test_events_of_a_request_and_a_booking():
    result = run_queues({}, **ALWAYS_PASSES, horizon_days=60)
    lines = of_kind(result, Event.REQUESTED, Event.BOOKED)
    fields = ["day", "step", "event", "code", "value_1", "value_2", "value_3"]
    assert lines[fields].tolist() == [
        (1, Step.VISITS, Event.REQUESTED, 0, 2.0, 80.0, 0.0),
        (7, Step.BOOKING, Event.BOOKED, 0, 8.0, 80.0, 0.0),
        (29, Step.VISITS, Event.REQUESTED, 0, 50.0, 80.0, 1.0),
        # 50 is a Tuesday, in the window of day 49.
        (49, Step.BOOKING, Event.BOOKED, 0, 50.0, 80.0, 1.0),
    ]


def test_a_request_for_later_counts_as_waiting_from_its_day():
    rules = {**ALWAYS_PASSES, "maintenance_interval_days": 42, "horizon_days": 70}
    result = run_queues({}, **rules, changes={14: {"clinics": [{"chairs": 0}]}})
    # Infused on day 8, judged on day 29, wanted from day 50 on: not waiting on Sunday, day 48.
    assert result.weekly["waiting_for_course"].tolist() == [1] + [0] * 6 + [1] * 3
    assert result.results["state"] == State.MAINTENANCE


def test_a_pause_moves_the_request():
    rules = {**ALWAYS_PASSES, "rest_after_courses": 1, "rest_days": 60, "horizon_days": 80}
    result = run_queues({}, **rules)
    assert of_kind(result, Event.PAUSED)[["day", "value_1"]].tolist() == [(29, 68.0)]
    assert of_kind(result, Event.REQUESTED)["value_1"].tolist() == [2.0, 68.0]
    # Day 68 is a Saturday in the window of day 63.
    assert days_of(result, Event.ADMINISTERED) == [8, 68]


def test_a_weekend_moves_the_start_but_not_the_request():
    rules = {**ALWAYS_PASSES, "rest_after_courses": 1, "rest_days": 60, "horizon_days": 80}
    result = run_queues({}, **rules, step_skip_weekends=1)
    assert of_kind(result, Event.REQUESTED)["value_1"].tolist() == [2.0, 68.0]
    assert days_of(result, Event.ADMINISTERED) == [8, 70]


def test_a_course_is_given_by_the_rules_of_the_request():
    # Asked for on day 1, booked on day 7.
    result = run_queues({}, changes={3: {"step_dose": 50.0}})
    assert of_kind(result, Event.ADMINISTERED)["value_1"].tolist() == [80.0]
    assert of_kind(result, Event.BOOKED)["value_2"].tolist() == [80.0]


def test_an_exit_withdraws_the_request():
    # Recovery on day 14 finds the request of day 1 still open.
    changes = {10: {"recovery_hazard_per_day": 1e9}}
    result = run_queues({"chairs": 0}, changes=changes)
    assert result.results["exit_reason"] == ExitReason.RECOVERED
    assert result.weekly["waiting_for_course"].tolist() == [1, 1, 0, 0]


def test_the_dead_wait_no_more():
    with open_model(queue_plan({"chairs": 0}), {"death_clock": 1e-9}) as model:
        model.run()
        assert model.patients[0].died_day == 7
        assert model.result().weekly["waiting_for_course"].tolist() == [1, 0, 0, 0]


# No-shows and late cancellations


class FirstMissesOnce(PatientAgent):
    """Patient 0 stays away from the first booking; all others come."""

    def stays_away(self, u):
        return self.patient == 0 and self.bookings == 1


class FirstCancelsOnce(PatientAgent):
    """Patient 0 calls off the first booking; nobody else does."""

    def cancels_late(self, u):
        return self.patient == 0 and self.bookings == 1


def test_a_no_show_uses_the_first_day_and_nothing_else():
    result = run_queues({**ONE_A_DAY, "no_show": 1.0}, patients=2, **courses_of([80.0] * 2))
    # Patient 0 loses day 8 only, so patient 1 is offered day 9.
    lines = of_kind(result, Event.NO_SHOW)
    first = lines[lines["day"] == 7]
    assert first[["patient", "code", "value_1", "step"]].tolist() == [
        (0, 0, 8.0, 7),
        (1, 0, 9.0, 7),
    ]
    assert result.results["no_shows"].tolist() == [3, 3]
    assert result.weekly["no_shows"].tolist() == [0, 2, 2, 2]
    assert result.weekly["chair_minutes_lost"].tolist() == [0, 360, 360, 360]
    assert result.weekly["chair_minutes_used"].sum() == 0
    assert days_of(result, Event.BOOKED) == []
    assert (result.results["state"] == State.WAITING).all()


def test_a_late_cancellation_uses_nothing():
    result = run_queues({**ONE_A_DAY, "late_cancellation": 1.0}, patients=2)
    lines = of_kind(result, Event.CANCELLED)
    assert lines["value_1"].tolist() == [8.0, 15.0, 22.0] * 2
    assert result.results["cancellations"].tolist() == [3, 3]
    assert result.results["no_shows"].tolist() == [0, 0]
    assert result.weekly["cancellations"].tolist() == [0, 2, 2, 2]
    assert result.weekly["chair_minutes_lost"].sum() == 0


def test_a_cancellation_goes_before_a_no_show():
    result = run_queues({"late_cancellation": 1.0, "no_show": 1.0})
    assert len(of_kind(result, Event.NO_SHOW)) == 0
    assert len(of_kind(result, Event.CANCELLED)) == 3


def test_the_draws_of_a_booking():
    patients, no_show, cancellation = 20, 0.4, 0.3
    clinic = {"no_show": no_show, "late_cancellation": cancellation, "booking_every_days": 1}
    result = run_queues(clinic, patients)
    lines = of_kind(result, Event.NO_SHOW, Event.CANCELLED, Event.BOOKED)
    draws = Draws(1)
    for patient in range(patients):
        mine = lines[lines["patient"] == patient]
        for booking, line in enumerate(mine):
            missed, cancelled = (
                draws.uniform(FIRST_CLINIC, patient, Purpose.NO_SHOW, booking, lane)
                for lane in (0, 1)
            )
            if cancelled < cancellation:
                expected = (Event.CANCELLED, cancelled, cancellation, Purpose.NO_SHOW, booking)
            elif missed < no_show:
                expected = (Event.NO_SHOW, missed, no_show, Purpose.NO_SHOW, booking)
            else:
                expected = (Event.BOOKED, 80.0, 0.0, Purpose.NONE, 0)
            names = ["event", "value_2", "value_3", "draw_purpose", "draw_occurrence"]
            assert tuple(line[name] for name in names) == expected
            # Tried again on the next booking day, which here is the next day.
            assert line["day"] == 1 + booking and line["value_1"] == 2.0 + booking
    assert len(set(lines["event"].tolist())) == 3


@pytest.mark.parametrize(
    ("patient_class", "keeps_place", "days"),
    [
        (FirstMissesOnce, 0, [[29], [15], [22]]),
        (FirstMissesOnce, 1, [[15], [22], [29]]),
        (FirstCancelsOnce, 0, [[22], [8], [15]]),
        (FirstCancelsOnce, 1, [[15], [8], [22]]),
    ],
)
def test_the_place_in_the_queue_after_missing(patient_class, keeps_place, days):
    clinic = {**ONE_A_DAY, "open_days": TUESDAY, "keeps_place": keeps_place}
    result = run_queues(clinic, 3, patient_class=patient_class, horizon_days=35)
    assert given(result) == days


def test_a_no_show_in_a_bed_uses_its_first_night():
    rules = {**courses_of([80.0] * 2, gap_days=3), "step_bed": 1}
    result = run_queues({"beds": 1}, 2, patient_class=FirstMissesOnce, **rules)
    # Patient 0 loses day 8 only; patient 1 has the bed from day 9 to 12.
    assert given(result) == [[15, 18], [9, 12]]
    assert result.weekly["chair_minutes_lost"].sum() == 0
    assert result.weekly["no_shows"].sum() == 1


def test_lost_minutes_of_unlimited_chairs_are_counted():
    result = run_queues({"chairs": -1, "no_show": 1.0}, horizon_days=14)
    assert result.weekly["chair_minutes_lost"].tolist() == [0, 180]


# Queue orders

WAITING_LIST = [
    # joined, infusions, enrolment score sum
    (20, 0, 42),
    (10, 3, 49),
    (10, 0, 63),
    (15, 1, 56),
    (5, 2, 49),
]


@pytest.mark.parametrize(
    ("order", "served"),
    [
        (QueueOrder.FIRST_COME, [4, 1, 2, 3, 0]),
        (QueueOrder.CONTINUING_FIRST, [4, 1, 3, 2, 0]),
        (QueueOrder.NEW_FIRST, [2, 0, 4, 1, 3]),
        (QueueOrder.HIGHEST_PAIN, [2, 3, 4, 1, 0]),
    ],
)
def test_each_queue_order(order, served):
    with open_model(queue_plan({"queue_order": order}, patients=5)) as model:
        model.step()
        clinic = model.clinics[0]
        clinic.window_end = 30
        for patient, (joined, infusions, score_sum) in zip(
            model.patients, WAITING_LIST, strict=True
        ):
            patient.course_request = Request(earliest=joined, joined=joined)
            patient.infusions, patient.enrolment_score_sum = infusions, score_sum
        assert [patient.patient for patient in clinic.queue_for_courses()] == served
        model.patients[2].course_request = Request(earliest=31, joined=0)
        assert 2 not in [patient.patient for patient in clinic.queue_for_courses()]


def test_new_patients_first():
    # Patient 0 was infused on day 2 and asks for day 44, as does the new patient 1.
    clinic = {**ONE_A_DAY, **EVERY_DAY, "queue_order": QueueOrder.NEW_FIRST}
    rules = {**ALWAYS_PASSES, "referral_days": [0, 42], "calendar_days": 50}
    result = run_queues(clinic, None, **rules)
    assert given(result) == [[2, 45], [44]]
    first_come = run_queues({**clinic, "queue_order": QueueOrder.FIRST_COME}, None, **rules)
    assert given(first_come) == [[2, 44], [45]]
