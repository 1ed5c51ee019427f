"""What a plan says about time and clinics: who is studied, until when, in which clinic and region.

Replicate regions are copies of the declared clinics with patients of their own. The plan lists its
clinics region by region, so rows of one region lie together.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pathways import layout
from pathways.plan import Plan

CLOSED_COHORT = "closed_cohort"
LOADED_COHORT = "loaded_cohort"
ARRIVALS = "arrivals"

DAYS_PER_WEEK = 7
UNLIMITED = -1

Capacity = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""From clinics, shape (rule sets, clinics): amounts, shape (weekdays, clinics), and unlimited."""


def kind_of(plan: Plan) -> str:
    """Return how patients come: all on one day, the same with queues, or over calendar time."""
    if plan.calendar_days > plan.horizon_days:
        return ARRIVALS
    return LOADED_COHORT if plan.queues else CLOSED_COHORT


def is_studied(plan: Plan) -> np.ndarray:
    """Tell for each patient whether the referral lies in the study window."""
    first, end = plan.studied_days
    return (plan.referral_days >= first) & (plan.referral_days < end)


def studied_patients(plan: Plan) -> int:
    """Return how many patients are studied: everybody where nobody comes over calendar time."""
    return int(np.count_nonzero(is_studied(plan)))


def patients_to_ask_for(plan: Plan) -> int:
    """Return a number of patients that gives this plan again: with arrivals it sets regions."""
    if kind_of(plan) != ARRIVALS:
        return plan.patients
    first, end = plan.studied_days
    per_day = plan.description["scenario"]["referrals"]["per_year"] / 365.0
    return max(1, int(per_day * (end - first) * regions_of(plan)))


def end_days(plan: Plan) -> np.ndarray:
    """Return the patient day at whose start each patient's results are taken (docs/model.md 1)."""
    return np.minimum(plan.horizon_days, plan.calendar_days - plan.referral_days)


def clinic_numbers(plan: Plan) -> np.ndarray:
    """Return the number of each clinic, in the order of the plan."""
    return plan.clinics["number"][0]


def clinic_of_patients(plan: Plan) -> np.ndarray:
    """Return the position of each patient's clinic in the plan."""
    return np.repeat(np.arange(len(plan.clinic_patients)), plan.clinic_patients)


def index_in_clinic(plan: Plan) -> np.ndarray:
    """Return each patient's index in the clinic."""
    return np.arange(plan.patients) - first_rows(plan)[clinic_of_patients(plan)]


def first_rows(plan: Plan) -> np.ndarray:
    """Return the row of each clinic's first patient."""
    return np.cumsum(plan.clinic_patients) - plan.clinic_patients


def rows_of(plan: Plan, clinics: np.ndarray, patients: np.ndarray) -> np.ndarray:
    """Return the rows of patients that are given by clinic number and index in the clinic."""
    places = np.searchsorted(clinic_numbers(plan), clinics)
    return first_rows(plan)[places] + patients


def weeks_of_clinics(plan: Plan, values: np.ndarray) -> np.ndarray:
    """Return a column of the weekly rows by clinic and week."""
    return values.reshape(len(plan.clinic_patients), plan.weeks, *values.shape[1:])


def regions_of(plan: Plan) -> int:
    """Return the number of replicate regions."""
    return int(plan.description.get("regions", 1))


def clinics_of_region(plan: Plan) -> int:
    """Return the number of declared clinics."""
    return len(plan.clinic_patients) // regions_of(plan)


def clinic_names(plan: Plan) -> list[str]:
    """Return the names of the declared clinics; their places from 1 if they have none."""
    places = [str(place + 1) for place in range(clinics_of_region(plan))]
    return plan.description.get("clinic_names") or places


def rows_of_regions(plan: Plan) -> list[slice]:
    """Return the rows of the patients of each region."""
    clinics = clinics_of_region(plan)
    starts = np.append(first_rows(plan), plan.patients)[::clinics].tolist()
    return [slice(start, end) for start, end in zip(starts[:-1], starts[1:], strict=True)]


def counted_weeks(plan: Plan) -> slice:
    """Return the weeks that stand for a clinic at work: those wholly within the intake.

    Of a cohort that is referred on one day, the whole calendar.
    """
    if kind_of(plan) != ARRIVALS:
        return slice(0, plan.weeks)
    first, end = plan.studied_days
    return slice(-(-first // DAYS_PER_WEEK), end // DAYS_PER_WEEK)


def shared_weeks(plan: Plan) -> int:
    """Return the first weeks in which results and weekly rows cover the same patient-days.

    They are those before anybody's follow-up ended; in a closed cohort all weeks.
    """
    ends = plan.referral_days + end_days(plan)
    first_end = int(ends.min(initial=plan.calendar_days))
    return plan.weeks if first_end == plan.calendar_days else first_end // DAYS_PER_WEEK


def days_of_weeks(plan: Plan) -> np.ndarray:
    """Return the days of each calendar week, fewer in a last week that is not complete."""
    starts = np.arange(plan.weeks) * DAYS_PER_WEEK
    return np.minimum(DAYS_PER_WEEK, plan.calendar_days - starts)


def chair_minutes_open(plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    """Return the minutes chairs are open by clinic and week, and where they are unlimited.

    Returns
    -------
    minutes : numpy.ndarray
        int64, shape (clinics, weeks): chairs times open minutes on the open days.
    unlimited : numpy.ndarray
        Bool of the same shape.
    """
    days = np.arange(plan.calendar_days)
    last = np.searchsorted(plan.change_days, days, side="right") - 1
    in_force = last[:, None] == np.arange(len(plan.change_days))
    return _by_week(plan, in_force, _chair_minutes)


def most_chair_minutes(plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    """Return the most minutes that bookings can have filled, and where there is no such limit.

    A day's chairs are filled on booking days up to ``layout.BOOKING_DAYS`` before it, each with the
    rule set then in force (docs/model.md 8c). The arrays are those of :func:`chair_minutes_open`
    with :func:`window_weeks` more weeks, in which bookings of the last week may lie.
    """
    return _by_week(plan, _sets_that_booked(plan), _chair_minutes)


def most_bed_days(plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    """Return the most bed days that bookings can have filled, as :func:`most_chair_minutes`."""
    return _by_week(plan, _sets_that_booked(plan), _beds)


def window_weeks(plan: Plan) -> int:
    """Return the weeks after its own into which a booking day's first days may fall."""
    return -(-int(plan.clinics["booking_every_days"].max()) // DAYS_PER_WEEK)


def _sets_that_booked(plan: Plan) -> np.ndarray:
    """Tell which rule sets were in force on days that may have booked a day: (days, rule sets)."""
    days = np.arange((plan.weeks + window_weeks(plan)) * DAYS_PER_WEEK)[:, None]
    starts = plan.change_days
    ends = np.append(starts[1:], len(days))
    return (starts < days) & (ends > days - layout.BOOKING_DAYS)


def _by_week(plan: Plan, sets: np.ndarray, capacity: Capacity) -> tuple[np.ndarray, np.ndarray]:
    """Add up over the days of each week what some of the rule sets allow on their weekdays."""
    combinations, place = np.unique(sets, axis=0, return_inverse=True)
    days = np.arange(len(sets))
    weeks = -(-len(sets) // DAYS_PER_WEEK)
    counts = np.zeros((weeks, len(combinations), DAYS_PER_WEEK), np.int64)
    counts[days // DAYS_PER_WEEK, place.reshape(-1), days % DAYS_PER_WEEK] = 1
    found = [capacity(plan.clinics[chosen]) for chosen in combinations]
    amounts = np.stack([amount for amount, _ in found])
    unlimited = np.stack([endless for _, endless in found])
    total = np.tensordot(amounts, counts, axes=((0, 1), (1, 2)))
    return total, np.tensordot(unlimited, counts.sum(axis=2), axes=((0,), (1,))) > 0


def _chair_minutes(clinics: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the most chair minutes by weekday and clinic under some rule sets, and unlimited."""
    weekdays = np.arange(DAYS_PER_WEEK)[:, None, None]
    is_open = (clinics["open_days"] >> weekdays) & 1
    chairs = (is_open * clinics["chairs"]).max(axis=1, initial=0)
    minutes = (is_open * clinics["open_minutes"]).max(axis=1, initial=0)
    return chairs * minutes, _is_unlimited(clinics["chairs"])


def _beds(clinics: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    beds = clinics["beds"].max(axis=0, initial=0)
    return np.tile(beds, (DAYS_PER_WEEK, 1)), _is_unlimited(clinics["beds"])


def _is_unlimited(amounts: np.ndarray) -> np.ndarray:
    return (amounts == UNLIMITED).any(axis=0).astype(np.int64)
