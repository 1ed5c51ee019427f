"""Runs of the reference engine with clinics that should differ in one known way, or not at all."""

from __future__ import annotations

import numpy as np
import pytest
from plans import make_plan
from reference_runs import days_by_patient, run_queues

from pathways.codes import Event
from pathways.engines.mesa_engine import run
from pathways.model.clinic import ClinicAgent
from pathways.model.patient import PatientAgent
from pathways.plan import RawResult
from pathways.rules.queues import Standing

BUSY = {
    "chairs": 1,
    "open_minutes": 400,
    "open_days": 0b0010111,
    "assessment_slots_per_week": 3,
    "therapy_slots_per_week": 8,
    "no_show": 0.1,
    "late_cancellation": 0.1,
}
EVERYTHING = {
    "harms": True,
    "programme": True,
    "prices": True,
    "leaving": True,
    "outside": True,
}
DAYS = 300
PATIENTS = 20


def arrivals(patients: int, seed: int) -> list[int]:
    """Return days of referral in the first two hundred days, in order."""
    return sorted(np.random.default_rng(seed).integers(0, 200, patients).tolist())


def run_busy(referral_days: list[int], clinics: list[dict], **overrides: object) -> RawResult:
    settings = {
        "horizon_days": DAYS,
        "calendar_days": DAYS,
        "queues": True,
        "referral_days": referral_days,
        "clinics": clinics,
        **EVERYTHING,
        **overrides,
    }
    return run(make_plan(**settings), keep_events=True)


# Clinics share nothing


def test_patients_of_another_clinic_change_nothing():
    mine, theirs = arrivals(PATIENTS, 1), arrivals(PATIENTS, 2)
    clinics = [{"number": 3, **BUSY}, {"number": 4, **BUSY, "queue_order": 3}]
    alone = run_busy(mine, clinics[:1])
    together = run_busy([*mine, *theirs], clinics, clinic_patients=[PATIENTS, PATIENTS])
    weeks = len(alone.weekly)
    assert alone.results.tobytes() == together.results[:PATIENTS].tobytes()
    assert alone.weekly.tobytes() == together.weekly[:weeks].tobytes()
    assert alone.events.tobytes() == together.events[together.events["clinic"] == 3].tobytes()
    assert len(together.events) > len(alone.events)


def test_a_change_of_another_clinic_changes_nothing():
    days = [*arrivals(PATIENTS, 1), *arrivals(PATIENTS, 2)]
    clinics = [{"number": 3, **BUSY}, {"number": 4, **BUSY}]
    settings = {"clinic_patients": [PATIENTS, PATIENTS]}
    base = run_busy(days, clinics, **settings)
    other = run_busy(days, [clinics[0], {**clinics[1], "chairs": 0}], **settings)
    assert base.results[:PATIENTS].tobytes() == other.results[:PATIENTS].tobytes()
    assert base.results[PATIENTS:].tobytes() != other.results[PATIENTS:].tobytes()


# Nothing before a change depends on it


@pytest.mark.parametrize("day", [60, 143, 150])
@pytest.mark.parametrize(
    "capacity",
    [
        {"chairs": 4},
        {"chairs": 0},
        {"open_days": 0b1111111},
        {"assessment_slots_per_week": 0},
        {"therapy_slots_per_week": 2},
        {"queue_order": 2, "no_show": 0.5},
    ],
    ids=["more chairs", "no chairs", "open every day", "no visits", "fewer places", "order"],
)
def test_events_before_a_change_of_capacity_do_not_depend_on_it(day, capacity):
    days = arrivals(PATIENTS, 5)
    change = {day: {"clinics": [capacity]}}
    unchanged = run_busy(days, [BUSY], changes={day: {}})
    changed = run_busy(days, [BUSY], changes=change)
    before, after = unchanged.events["day"] < day, changed.events["day"] < day
    assert unchanged.events[before].tobytes() == changed.events[after].tobytes()
    assert unchanged.weekly[: day // 7].tobytes() == changed.weekly[: day // 7].tobytes()
    assert unchanged.events.tobytes() != changed.events.tobytes()


# A longer calendar


@pytest.mark.parametrize("queues", [False, True])
def test_a_longer_calendar_changes_no_result(queues):
    # A multiple of seven, as the last day of a calendar has a weekly row in the trace.
    settings = {
        "queues": queues,
        "referral_days": [0] * PATIENTS,
        "horizon_days": 280,
        "clinics": [{"no_show": 0.1}],
        **EVERYTHING,
    }
    short = run(make_plan(**settings, calendar_days=280))
    long = run(make_plan(**settings, calendar_days=420))
    assert short.results.tobytes() == long.results.tobytes()
    assert short.weekly.tobytes() == long.weekly[: len(short.weekly)].tobytes()


def test_a_longer_calendar_changes_no_result_of_a_busy_clinic_that_is_complete():
    # Who is followed to the end of their horizon in both.
    days = arrivals(PATIENTS, 7)
    short = run_busy(days, [BUSY], horizon_days=70, calendar_days=280)
    long = run_busy(days, [BUSY], horizon_days=70, calendar_days=350)
    assert short.results.tobytes() == long.results.tobytes()


def test_later_referrals_change_nothing_when_resources_are_unlimited():
    few, many = arrivals(PATIENTS, 3), [*arrivals(PATIENTS, 3), 201, 205]
    alone = run_busy(few, [{}])
    joined = run_busy(many, [{}])
    assert alone.results.tobytes() == joined.results[:PATIENTS].tobytes()


# More and less


def test_more_chairs_mean_earlier_courses():
    def first_days(chairs: int) -> np.ndarray:
        clinic = {"chairs": chairs, "open_minutes": 400, "open_days": 0b0000111}
        result = run_queues(clinic, 40, horizon_days=200, maintenance_interval_days=300)
        days = days_by_patient(result, Event.ADMINISTERED)
        return np.array([first[0] if first else 999 for first in days])

    one, two, four = first_days(1), first_days(2), first_days(4)
    assert (two <= one).all() and (four <= two).all()
    assert four.sum() < two.sum() < one.sum()


def test_the_same_clinic_by_a_change_that_changes_nothing():
    days = arrivals(PATIENTS, 9)
    base = run_busy(days, [BUSY])
    changed = run_busy(days, [BUSY], changes={101: {"clinics": [BUSY]}})
    kept = changed.events[changed.events["event"] != Event.RULES_CHANGED]
    assert base.events.tobytes() == kept.tobytes()
    assert base.weekly.tobytes() == changed.weekly.tobytes()


def test_one_chair_of_two_lengths_is_two_chairs_of_one():
    # Two infusions fit into one long day as into two short chairs.
    short = run_queues({"chairs": 2, "open_minutes": 180}, 12, horizon_days=28)
    long = run_queues({"chairs": 1, "open_minutes": 360}, 12, horizon_days=28)
    assert short.events.tobytes() == long.events.tobytes()
    assert short.results.tobytes() == long.results.tobytes()


def test_without_queues_the_clinic_does_not_matter():
    settings = {"patients": PATIENTS, "horizon_days": DAYS, **EVERYTHING}
    unlimited = run(make_plan(**settings))
    nothing = {"chairs": 0, "beds": 0, "assessment_slots_per_week": 0, "open_days": 0}
    closed = run(make_plan(**settings, clinics=[nothing]))
    assert unlimited.results.tobytes() == closed.results.tobytes()
    assert unlimited.weekly.tobytes() == closed.weekly.tobytes()


@pytest.mark.parametrize(
    ("field", "hazards"),
    [
        ("waiting_leave_hazard_per_day", {}),
        ("lost_hazard_per_day", {}),
        ("rereferral_hazard_per_day", {"rereferral_after_days": 0}),
        ("outside_share", {"outside_step": 0, "price_outside": 10.0}),
    ],
)
def test_what_is_switched_off_is_not_there(field, hazards):
    settings = {"patients": PATIENTS, "horizon_days": DAYS}
    plain = run(make_plan(**settings), keep_events=True)
    off = run(make_plan(**settings, **{field: 0.0}, **hazards), keep_events=True)
    on = run(make_plan(**settings, **{field: 0.3}, **hazards), keep_events=True)
    assert plain.events.tobytes() == off.events.tobytes()
    assert plain.events.tobytes() != on.events.tobytes()


# A researcher replaces one decision


class YoungestFirst(ClinicAgent):
    def standing(self, patient):
        return Standing(0, -patient.age_days)


class NeverOffersTheFirstChair(ClinicAgent):
    def free_chair(self, day, minutes):
        chair = super().free_chair(day, minutes)
        return None if chair == 0 and self.resources.chairs == 1 else chair


class SeesEverybodyOnTheLastDay(ClinicAgent):
    def assessment_days(self):
        return [self.window_end] * 100


class ComesAlways(PatientAgent):
    def stays_away(self, u):
        return False

    def cancels_late(self, u):
        return False


class NeverLeaves(PatientAgent):
    def waiting_hazard(self):
        return 0.0


class NeverBuys(PatientAgent):
    def begins_to_buy(self, u):
        return False


def test_a_queue_of_ones_own():
    traits = {"age_days": [60 * 365, 40 * 365, 50 * 365]}
    clinic = {"chairs": 1, "open_minutes": 180}
    plan_of = {"clinic": clinic, "patients": 3, "traits": traits}
    assert days_by_patient(run_queues(**plan_of), Event.ADMINISTERED) == [[8], [9], [10]]
    own = run_queues(**plan_of, clinic_class=YoungestFirst)
    assert days_by_patient(own, Event.ADMINISTERED) == [[10], [8], [9]]


def test_a_chair_of_ones_own():
    own = run_queues({"chairs": 1}, 2, clinic_class=NeverOffersTheFirstChair)
    assert days_by_patient(own, Event.ADMINISTERED) == [[], []]


def test_first_visits_of_ones_own():
    own = run_queues({}, 2, clinic_class=SeesEverybodyOnTheLastDay)
    assert days_by_patient(own, Event.ASSESSED) == [[7], [7]]


@pytest.mark.parametrize(
    ("patient_class", "equivalent"),
    [
        (ComesAlways, {"clinics": [{**BUSY, "no_show": 0.0, "late_cancellation": 0.0}]}),
        (NeverLeaves, {"waiting_leave_hazard_per_day": 0.0}),
        (NeverBuys, {"outside_share": 0.0}),
    ],
)
def test_one_decision_can_be_replaced(patient_class, equivalent):
    settings = {
        "referral_days": arrivals(PATIENTS, 4),
        "horizon_days": DAYS,
        "calendar_days": DAYS,
        "queues": True,
        "clinics": [BUSY],
        **EVERYTHING,
    }
    plain = run(make_plan(**settings))
    overridden = run(make_plan(**settings), patient_class=patient_class)
    by_rule = run(make_plan(**{**settings, **equivalent}))
    assert overridden.results.tobytes() == by_rule.results.tobytes()
    assert plain.results.tobytes() != by_rule.results.tobytes()
