"""What a plan says about time, clinics, regions and capacity, against hand-made calendars."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from plans import make_plan

from pathways import layout
from pathways.outcomes import calendar

WEEKDAYS, EVERY_DAY = 0b0011111, 0b1111111


def arrivals(**options: object):
    days = {"horizon_days": 70, "calendar_days": 154, "studied_days": (28, 84)}
    return make_plan(**(days | {"referral_days": [0, 28, 83, 84, 153]} | options))


def clinic_of(changes: dict | None = None, *, calendar_days: int = 28, **fields: int):
    fields = {"chairs": 2, "open_minutes": 100, "open_days": EVERY_DAY} | fields
    changed = {day: {"clinics": [one]} for day, one in (changes or {}).items()}
    size = {"horizon_days": calendar_days, "patients": 1, "queues": True}
    return make_plan(**size, clinics=[fields], changes=changed)


def open_minutes(plan) -> list[int | None]:
    minutes, unlimited = calendar.chair_minutes_open(plan)
    return [None if u else int(m) for m, u in zip(minutes[0], unlimited[0], strict=True)]


def most_minutes(plan) -> list[int | None]:
    minutes, unlimited = calendar.most_chair_minutes(plan)
    return [None if u else int(m) for m, u in zip(minutes[0], unlimited[0], strict=True)]


def test_kind_of_run():
    assert calendar.kind_of(arrivals()) == "arrivals"
    assert calendar.kind_of(make_plan(patients=1)) == "closed_cohort"
    assert calendar.kind_of(make_plan(patients=1, queues=True)) == "loaded_cohort"


def test_studied_are_those_of_the_window_and_followed_equally_long():
    plan = arrivals()
    assert calendar.is_studied(plan).tolist() == [False, True, True, False, False]
    assert calendar.end_days(plan).tolist() == [70, 70, 70, 70, 1]


def test_counted_weeks_lie_wholly_in_the_intake():
    assert calendar.counted_weeks(arrivals()) == slice(4, 12)
    assert calendar.counted_weeks(arrivals(studied_days=(29, 83))) == slice(5, 11)
    assert calendar.counted_weeks(make_plan(patients=1, years=1)) == slice(0, 53)


def test_weeks_that_results_and_weekly_rows_share():
    assert calendar.shared_weeks(arrivals()) == 10
    assert calendar.shared_weeks(arrivals(referral_days=[6, 7])) == 10
    assert calendar.shared_weeks(arrivals(referral_days=[7, 7])) == 11
    assert calendar.shared_weeks(make_plan(patients=1, years=1)) == 53


def test_last_week_may_be_short():
    assert calendar.days_of_weeks(make_plan(patients=1, horizon_days=16)).tolist() == [7, 7, 2]


def test_rows_by_clinic_and_region():
    clinics = [{"number": number} for number in (5, 9, 70000, 70002)]
    plan = arrivals(clinics=clinics, clinic_patients=[2, 0, 1, 2])
    plan = replace(plan, description={"regions": 2, "clinic_names": ["A", "B"]})
    assert calendar.clinic_of_patients(plan).tolist() == [0, 0, 2, 3, 3]
    assert calendar.index_in_clinic(plan).tolist() == [0, 1, 0, 0, 1]
    found = calendar.rows_of(plan, np.array([70002, 5, 70000]), np.array([1, 1, 0]))
    assert found.tolist() == [4, 1, 2]
    assert calendar.rows_of_regions(plan) == [slice(0, 2), slice(2, 5)]
    assert calendar.clinics_of_region(plan) == 2
    assert calendar.clinic_names(plan) == ["A", "B"]
    assert calendar.clinic_names(arrivals(clinics=clinics, clinic_patients=[5, 0, 0, 0])) == list(
        "1234"
    )


@pytest.mark.parametrize(
    ("fields", "changes", "expected"),
    [
        ({}, {}, [1400, 1400, 1400, 1400]),
        ({"open_days": WEEKDAYS}, {}, [1000] * 4),
        ({"open_days": 0}, {}, [0] * 4),
        ({"chairs": 0}, {}, [0] * 4),
        ({"chairs": -1}, {}, [None] * 4),
        # A Wednesday: two days of the old rules, five of the new.
        ({}, {9: {"chairs": 4}}, [1400, 2 * 200 + 5 * 400, 2800, 2800]),
        ({"open_days": WEEKDAYS}, {9: {"open_minutes": 50}}, [1000, 2 * 200 + 3 * 100, 500, 500]),
        ({}, {9: {"chairs": -1}}, [1400, None, None, None]),
    ],
)
def test_open_minutes_follow_weekdays_and_changes(fields, changes, expected):
    assert open_minutes(clinic_of(changes, **fields)) == expected


def test_open_minutes_of_a_short_week():
    assert open_minutes(clinic_of(calendar_days=16, open_days=WEEKDAYS)) == [1000, 1000, 400]


def test_most_minutes_leave_out_the_first_day_and_look_beyond_the_calendar():
    # Day 0 is booked by nobody; bookings of the last week reach into the next.
    assert most_minutes(clinic_of()) == [1200, 1400, 1400, 1400, 1400]
    assert calendar.window_weeks(clinic_of(booking_every_days=8)) == 2


def test_most_minutes_remember_what_was_booked_before_a_change():
    # Booked up to day 8 with two chairs, afterwards with one: old bookings may lie later.
    assert most_minutes(clinic_of({9: {"chairs": 1}})) == [1200, 1400, 1400, 1400, 1400]
    fewer = most_minutes(clinic_of({8: {"chairs": 1}}, calendar_days=layout.BOOKING_DAYS + 35))
    # Booked with two chairs up to day 7, for 512 days: to day 519, a Tuesday.
    assert fewer[73:76] == [1400, 2 * 200 + 5 * 100, 700]


def test_more_chairs_are_filled_the_day_after_the_change():
    # Day 9 itself was booked before; from day 10 on three chairs.
    assert most_minutes(clinic_of({9: {"chairs": 3}}))[1] == 3 * 200 + 4 * 300


def test_most_bed_days():
    minutes, unlimited = calendar.most_bed_days(clinic_of(beds=3))
    assert minutes[0].tolist() == [18, 21, 21, 21, 21]
    assert not unlimited.any()
    assert calendar.most_bed_days(clinic_of(beds=-1))[1].all()


def test_each_clinic_has_its_own_minutes():
    plan = make_plan(
        horizon_days=14,
        queues=True,
        clinic_patients=[1, 1],
        clinics=[{"chairs": 1, "open_minutes": 10}, {"chairs": 3, "open_minutes": 20}],
    )
    minutes, _ = calendar.chair_minutes_open(plan)
    assert minutes.tolist() == [[70, 70], [420, 420]]
