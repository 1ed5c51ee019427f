"""First visits and places in the programme on booking days, worked out from docs/model.md 8c."""

from __future__ import annotations

import pytest
from reference_runs import (
    days_by_patient,
    days_of,
    of_kind,
    open_model,
    queue_plan,
    run_queues,
)

from pathways.codes import Event, ProgrammeFor, QueueOrder, State, Step
from pathways.rules.queues import Request

WEEKDAYS = 0b0011111
UNTREATED = {"ketamine_offered": 0}
CLASSES = {
    **UNTREATED,
    "programme_for": ProgrammeFor.ALL,
    "therapies": 1,
    "therapy_sessions": 4,
    "therapy_sessions_per_week": 2,
    "therapy_attendance": 1.0,
    "horizon_days": 42,
}
"""Four sessions, two a week: whoever starts in one week is through on the second Monday."""


def assessed(result) -> list[list[int]]:
    return days_by_patient(result, Event.ASSESSED)


def started(result) -> list[list[int]]:
    return days_by_patient(result, Event.PROGRAMME_STARTED)


# First visits


@pytest.mark.parametrize(
    ("slots", "open_days", "days"),
    [
        # The window of day 0 is Tuesday, day 1, to Monday, day 7.
        (7, 0b1111111, [1, 2, 3, 4, 5, 6, 7]),
        (5, WEEKDAYS, [1, 2, 3, 4, 7]),
        (2, WEEKDAYS, [1, 3]),
        (3, WEEKDAYS, [1, 2, 4]),
        (7, WEEKDAYS, [1, 1, 2, 3, 3, 4, 7]),
        (1, 0b0000001, [7]),
        (0, WEEKDAYS, []),
        (9, 0, []),
    ],
)
def test_slots_are_spread_over_the_open_days(slots, open_days, days):
    clinic = {"assessment_slots_per_week": slots, "open_days": open_days}
    result = run_queues(clinic, patients=9, horizon_days=8, **UNTREATED)
    assert sum(assessed(result), []) == days
    waiting = result.weekly["waiting_for_assessment"][0]
    assert waiting == 9 - len(days)


@pytest.mark.parametrize("every", [1, 2, 3, 5, 7, 10, 14])
@pytest.mark.parametrize("slots", [0, 1, 2, 5, 11])
def test_as_many_slots_as_weeks_whatever_the_booking_days(every, slots):
    clinic = {"assessment_slots_per_week": slots, "booking_every_days": every}
    given = []
    with open_model(queue_plan(clinic)) as model:
        agent = model.clinics[0]
        for day in range(0, 210, every):
            model.day, agent.window_end = day, day + every
            days = list(agent.assessment_days())
            assert all(day < slot <= day + every for slot in days)
            assert days == sorted(days)
            given += days
    assert len(given) == 210 * slots // 7


def test_slots_of_five_a_week_every_three_days():
    # floor(5 * 3 / 7) = 2, floor(30 / 7) - 2 = 2, floor(45 / 7) - 4 = 2, then 2, then 2
    clinic = {"assessment_slots_per_week": 5, "booking_every_days": 3}
    result = run_queues(clinic, patients=12, horizon_days=16, **UNTREATED)
    # Of three open days the slots are on the first and the second.
    assert sum(assessed(result), []) == [1, 2, 4, 5, 7, 8, 10, 11, 13, 14]


def test_unlimited_first_visits_are_on_the_first_open_day():
    result = run_queues({"open_days": 0b0011000}, patients=3, **UNTREATED)
    assert assessed(result) == [[3]] * 3


def test_slots_nobody_took_are_not_kept():
    # Nobody waits on day 0; two are referred on day 1 and share the one slot of each week.
    result = run_queues(
        {"assessment_slots_per_week": 1},
        None,
        referral_days=[1, 1],
        calendar_days=28,
        **UNTREATED,
    )
    assert assessed(result) == [[8], [15]]


def test_first_visits_go_by_the_day_of_referral_then_by_index():
    result = run_queues(
        {"assessment_slots_per_week": 1, "booking_every_days": 14},
        None,
        referral_days=[0, 1, 1, 3],
        calendar_days=84,
        **UNTREATED,
    )
    # Two slots in each fortnight, on its first and eighth day.
    assert assessed(result) == [[1], [15], [22], [29]]


def test_highest_pain_orders_first_visits_too():
    clinic = {"assessment_slots_per_week": 1, "queue_order": QueueOrder.HIGHEST_PAIN}
    traits = {"enrolment_score_sum": [45, 60, 45]}
    result = run_queues(clinic, 3, traits, **UNTREATED)
    assert assessed(result) == [[8], [1], [15]]


@pytest.mark.parametrize("order", [QueueOrder.CONTINUING_FIRST, QueueOrder.NEW_FIRST])
def test_earlier_infusions_do_not_order_first_visits(order):
    plan = queue_plan({"queue_order": order}, patients=3)
    with open_model(plan) as model:
        model.clinics[0].patients = model.patients
        for patient in model.patients:
            patient.assessment_request = Request(earliest=0, joined=0)
        model.patients[1].infusions = 4
        queue = model.clinics[0].queue_for_assessments()
        assert [patient.patient for patient in queue] == [0, 1, 2]


def test_events_of_a_first_visit():
    result = run_queues({"open_days": 0b0000100}, 1, **UNTREATED, horizon_days=5)
    booked = of_kind(result, Event.ASSESSMENT_BOOKED)
    assert booked[["day", "step", "code", "value_1"]].tolist() == [(0, Step.BOOKING, 0, 2.0)]
    assert result.weekly["referrals"].tolist() == [1]
    assert result.weekly["assessments"].tolist() == [1]
    # Sunday is not reached; the last day is day 4.
    assert result.weekly["waiting_for_assessment"].tolist() == [0]


def test_a_patient_day_is_booked_for_those_referred_later():
    result = run_queues({}, None, referral_days=[9], calendar_days=40, **UNTREATED)
    booked = of_kind(result, Event.ASSESSMENT_BOOKED)
    assert booked[["day", "value_1"]].tolist() == [(14, 6.0)]
    assert days_of(result, Event.ASSESSED) == [15]
    assert result.results["assessed_day"] == 6


def test_a_recovery_ends_the_wait():
    changes = {7: {"recovery_hazard_per_day": 1e9}}
    result = run_queues({"assessment_slots_per_week": 0}, changes=changes)
    assert days_of(result, Event.RECOVERED) == [7]
    assert result.weekly["waiting_for_assessment"].tolist() == [1, 0, 0, 0]
    assert result.results["state"] == State.RECOVERED


# Places in the programme


def test_a_place_is_held_until_the_last_session():
    result = run_queues({"therapy_slots_per_week": 4}, 5, **CLASSES)
    # Asked for on day 1; two start on day 8, have two sessions on day 14 and two on day 21; their
    # places are free in the booking of day 21.
    assert started(result) == [[7], [7], [21], [21], [35]]
    lines = of_kind(result, Event.PROGRAMME_STARTED)
    assert lines[["step", "code", "value_1"]].tolist() == [
        (Step.BOOKING, 1, 8.0),
        (Step.BOOKING, 1, 8.0),
        (Step.BOOKING, 1, 22.0),
        (Step.BOOKING, 1, 22.0),
        (Step.BOOKING, 1, 36.0),
    ]
    assert days_by_patient(result, Event.THERAPY_COMPLETED)[:3] == [[21], [21], [35]]
    assert result.weekly["waiting_for_programme"].tolist() == [5, 3, 3, 1, 1, 0]


@pytest.mark.parametrize(
    ("slots", "at_once"), [(0, 0), (1, 0), (2, 1), (3, 1), (4, 2), (5, 2), (99, 5)]
)
def test_a_place_takes_the_sessions_of_a_week(slots, at_once):
    result = run_queues({"therapy_slots_per_week": slots}, 5, **CLASSES)
    assert started(result).count([7]) == at_once


def test_sessions_of_all_therapies_count_and_medication_does_not():
    three = {
        **CLASSES,
        "therapies": 3,
        "therapy_sessions": [4, 0, 6],
        "therapy_sessions_per_week": [2, 9, 3],
    }
    assert started(run_queues({"therapy_slots_per_week": 9}, 2, **three)) == [[7], [21]]
    assert started(run_queues({"therapy_slots_per_week": 10}, 2, **three)) == [[7], [7]]


def test_without_sessions_or_without_a_limit_the_programme_starts_at_the_assessment():
    medication = {**CLASSES, "therapy_sessions": 0, "therapy_delay_days": 4}
    for clinic, fields in (
        ({"therapy_slots_per_week": 0}, medication),
        ({"therapy_slots_per_week": -1}, {**CLASSES, "therapy_delay_days": 4}),
    ):
        lines = of_kind(run_queues(clinic, 2, **fields), Event.PROGRAMME_STARTED)
        assert lines[["day", "step", "value_1"]].tolist() == [(1, Step.VISITS, 5.0)] * 2


@pytest.mark.parametrize(
    ("delay", "granted", "start"), [(0, 7, 8), (7, 7, 8), (12, 7, 13), (13, 7, 14), (14, 14, 15)]
)
def test_a_place_is_given_in_the_window_of_its_day(delay, granted, start):
    result = run_queues({"therapy_slots_per_week": 2}, **CLASSES, therapy_delay_days=delay)
    lines = of_kind(result, Event.PROGRAMME_STARTED)
    assert lines[["day", "value_1"]].tolist() == [(granted, float(start))]


def test_the_clocks_of_a_programme_are_set_when_it_starts():
    # A medication beside the sessions: its ramp begins with the place, not with the assessment.
    both = {
        **CLASSES,
        "therapies": 2,
        "therapy_sessions": [4, 0],
        "therapy_progress_per_week": 0.25,
        "therapy_effect": [0.0, 0.4],
    }
    with open_model(queue_plan({"therapy_slots_per_week": 2}, **both)) as model:
        left = []
        for _ in range(29):
            model.step()
            left.append(model.patients[0].programme_remaining)
    # Runs from day 8; Mondays 14, 21 and 28.
    assert left[13] == 1.0
    assert left[14] == pytest.approx(0.9)
    assert left[21] == pytest.approx(0.8)
    assert left[28] == pytest.approx(0.7)


def test_who_drops_out_frees_the_place():
    result = run_queues(
        {"therapy_slots_per_week": 2},
        2,
        **{**CLASSES, "therapy_attendance": 0.0},
        therapy_dropout_per_miss=1.0,
    )
    assert days_by_patient(result, Event.THERAPY_STOPPED) == [[14], [21]]
    assert started(result) == [[7], [14]]


def test_the_dead_free_their_places():
    plan = queue_plan({"therapy_slots_per_week": 2}, 2, **{**CLASSES, "therapy_sessions": 400})
    # Of two alike patients the first dies on day 14.
    per_day = plan.mortality_per_day[0][50]
    with open_model(plan, {"death_clock": [per_day * 10, 1e9]}) as model:
        model.run()
        assert [patient.died_day for patient in model.patients] == [14, -1]
        assert model.patients[1].therapy_start_day == 15


@pytest.mark.parametrize(("after_exit", "expected"), [(0, []), (1, [14])])
def test_an_exit_withdraws_the_request_unless_the_programme_goes_on(after_exit, expected):
    # Accepted for infusions and stopped at once by a cap; places only from day 14.
    result = run_queues(
        {"therapy_slots_per_week": 0},
        **{**CLASSES, "ketamine_offered": 1},
        limit_racemic_mg=1.0,
        programme_after_exit=after_exit,
        changes={14: {"clinics": [{"therapy_slots_per_week": 2}]}},
    )
    assert days_of(result, Event.EXITED) == [1]
    assert days_of(result, Event.PROGRAMME_STARTED) == expected


def test_a_recovery_out_of_care_withdraws_the_request():
    changes = {
        7: {"recovery_hazard_per_day": 1e9},
        14: {"clinics": [{"therapy_slots_per_week": 2}]},
    }
    result = run_queues(
        {"therapy_slots_per_week": 0}, **CLASSES, programme_after_exit=1, changes=changes
    )
    assert days_of(result, Event.RECOVERED) == [7]
    assert days_of(result, Event.PROGRAMME_STARTED) == []


def test_a_recovered_patient_goes_on_with_the_sessions_and_holds_the_place():
    changes = {14: {"recovery_hazard_per_day": 1e9}}
    result = run_queues({"therapy_slots_per_week": 2}, 2, **CLASSES, changes=changes)
    assert days_by_patient(result, Event.RECOVERED)[0] == [14]
    assert days_by_patient(result, Event.THERAPY_COMPLETED)[0] == [21]


def test_the_place_keeps_its_size_and_is_judged_by_the_rules_of_the_day():
    # One place of 2 is held; on day 10 the programme shrinks to one session a week: 2 + 1 <= 3.
    clinic = {"therapy_slots_per_week": 3}
    fields = {**CLASSES, "therapy_sessions": 400}
    assert started(run_queues(clinic, 2, **fields)) == [[7], []]
    changes = {10: {"therapy_sessions_per_week": 1}}
    assert started(run_queues(clinic, 2, **fields, changes=changes)) == [[7], [14]]
    # 2 + 1 are held now; a third would need one more.
    assert started(run_queues(clinic, 3, **fields, changes=changes)) == [[7], [14], []]


def test_who_starts_without_a_limit_holds_no_place():
    fields = {**CLASSES, "therapy_sessions": 400, "referral_days": [0, 7], "calendar_days": 42}
    changes = {7: {"clinics": [{"therapy_slots_per_week": 2}]}}
    result = run_queues({"therapy_slots_per_week": -1}, None, **fields, changes=changes)
    assert started(result) == [[1], [14]]


def test_highest_pain_orders_places_too():
    clinic = {"therapy_slots_per_week": 2, "queue_order": QueueOrder.HIGHEST_PAIN}
    result = run_queues(clinic, 3, {"enrolment_score_sum": [45, 50, 60]}, **CLASSES)
    assert started(result) == [[35], [21], [7]]
