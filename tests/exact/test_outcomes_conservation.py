"""What must add up: an untouched result passes, and each count changed by one is found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from plans import make_plan
from raw_results import changed, five_patients

from pathways.codes import Event, State
from pathways.engines import mesa_engine
from pathways.errors import PathwaysError
from pathways.outcomes.conservation import ConservationError, check_conservation
from pathways.outcomes.dose_bands import dose_bands
from pathways.outcomes.tables import follow_up_days

TOTALS = {
    "results_complete": 5.0,
    "referrals": 5.0,
    "deaths": 1.0,
    "person_days": 4 * 365 + 112.0,
    "exits": 3.0,
    "first_infusions": 4.0,
    "assessments": 4.0,
    "infusions": 12.0,
    "no_shows": 0.0,
    "cancellations": 0.0,
    "outside_infusions": 0.0,
    "outside_mg": 0.0,
    "ketamine_mg": 160.0 + 240.0 + 80.0 + 50.0 / 0.5,
    "cost": 4 * 1840.5,
}
LOGGED = {
    "logged_infusions": 12.0,
    "logged_courses": 8.0,
    "logged_judgements": 8.0,
    "logged_exits": 3.0,
    "logged_deaths": 1.0,
    "logged_tests": 2.0,
    "logged_acute_harms": 4.0,
    "logged_harm_onsets": 4.0,
    "logged_harms_detected": 4.0,
    "logged_re_referrals": 0.0,
    "logged_no_shows": 0.0,
    "logged_cancellations": 0.0,
    "logged_outside_infusions": 0.0,
    "logged_mg": 530.0,
    "logged_outside_mg": 0.0,
    "logged_by_week": 5 + 4 + 12 + 3 + 1.0,
}


def totals(raw, plan) -> dict[str, float]:
    return {check.name: check.total for check in check_conservation(raw, plan)}


def test_what_adds_up_is_reported():
    assert totals(*five_patients()) == TOTALS | LOGGED
    assert totals(*five_patients(events=False)) == TOTALS


@pytest.mark.parametrize(
    ("part", "name", "place", "value", "message"),
    [
        ("weekly", "infusions", 5, 4, "infusions do not add up by clinics: 13 against 12 at 0"),
        (
            "weekly",
            "exits",
            14,
            1,
            "exits do not add up by clinics and weeks: 1 against 2 at 0, 14",
        ),
        (
            "weekly",
            "deaths",
            16,
            0,
            "deaths do not add up by clinics and weeks: 0 against 1 at 0, 16",
        ),
        (
            "weekly",
            "first_infusions",
            4,
            0,
            "first infusions do not add up by clinics and weeks: 0 against 1",
        ),
        (
            "weekly",
            "in_state",
            (20, State.COURSE),
            1,
            "people do not add up by clinics and weeks: 5 against 4",
        ),
        ("results", "state", 1, State.EXITED, "people at the end do not add up by clinics and"),
        ("results", "state", 3, State.EXITED, "dead do not add up by patients: False against True"),
        ("results", "racemic_mg", 1, 161.0, "ketamine_mg, in thousandths of a milligram, do no"),
        ("weekly", "racemic_equivalent_mg_e3", 5, 80_507, "more than 6 apart"),
        (
            "results",
            "cost_line",
            (2, 3),
            30.0,
            "cost by line and by payer do not agree by patients",
        ),
        ("results", "cost_line", (2, 3), np.nan, "nan against 1840.5 at 2, 1 differ"),
        ("results", "cost", (2, 0), 1999.0, "the larger of both costs and that without discount"),
    ],
)
def test_one_count_changed_is_found(part, name, place, value, message):
    raw, plan = five_patients(events=False)
    with pytest.raises(ConservationError, match=message):
        check_conservation(changed(raw, part, name, place, value), plan)


@pytest.mark.parametrize(
    ("name", "place", "what"),
    [
        ("infusions", 0, "infusions"),
        ("courses", 2, "courses in the event log"),
        ("judgements", 2, "judgements in the event log"),
        ("tests_done", 1, "tests in the event log"),
        ("acute_count", (1, 1), "acute_harms in the event log, kind 1,"),
        ("harm_count", (3, 7), "harm_onsets in the event log, kind 7,"),
        ("harms_detected", (0, 1), "harms_detected in the event log, kind 1,"),
    ],
)
def test_log_and_columns_that_differ_are_found(name, place, what):
    raw, plan = five_patients()
    worse = changed(raw, "results", name, place, raw.results[name][place] + 1)
    with pytest.raises(ConservationError, match=f"{what} do not add up"):
        check_conservation(worse, plan)


def test_dose_in_the_log_that_differs_is_found():
    raw, plan = five_patients()
    row = int(np.argmax(raw.events["event"] == Event.ADMINISTERED))
    with pytest.raises(
        ConservationError, match=r"mg given do not agree by patients: 90\.0 against"
    ):
        check_conservation(changed(raw, "events", "value_1", row, 10.0), plan)


@pytest.mark.parametrize("event", [Event.EXITED, Event.DIED])
def test_lost_event_is_found(event):
    raw, plan = five_patients()
    kept = raw.events["event"] != event
    with pytest.raises(ConservationError, match="in the event log do not add up by patients: 0"):
        check_conservation(replace(raw, events=raw.events[kept]), plan)


def test_reference_engine_with_everything_switched_on_adds_up():
    plan = make_plan(patients=12, years=1, harms=True, programme=True, prices=True)
    raw = mesa_engine.run(plan, keep_events=True)
    found = totals(raw, plan)
    assert found.keys() == TOTALS.keys() | LOGGED.keys()
    assert min(found[name] for name in ("cost", "logged_acute_harms", "logged_harm_onsets")) > 0.0
    bands = dose_bands(raw, plan)
    assert sum(band.days for band in bands) == follow_up_days(raw.results, plan).sum()
    assert sum(band.onsets.sum() for band in bands) == raw.results["harm_count"].sum()


def test_rounding_of_every_infusion_is_allowed():
    raw, plan = five_patients()
    check_conservation(changed(raw, "weekly", "racemic_equivalent_mg_e3", 5, 80_506), plan)


def test_violation_is_a_fault_of_the_program_not_of_the_input():
    assert not issubclass(ConservationError, PathwaysError)
