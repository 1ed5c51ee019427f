"""Results at each patient's own end, and the cut of a clinic's calendar into calls."""

from __future__ import annotations

import dataclasses
import importlib

import numpy as np
import pytest
from kernel_blocks import EVENTS, RESULTS, WEEKLY, Block, by_patient, eventful_plan
from plans import make_plan, make_traits

from pathways import fastcore
from pathways.codes import Event, State, Status
from pathways.engines import kernel_engine
from pathways.fastcore.population import sample_traits

REFERRED = sorted(day * 7 % 61 for day in range(40))
CLINIC = {
    "open_days": 0b11111,
    "chairs": 1,
    "assessment_slots_per_week": 8,
    "therapy_slots_per_week": 12,
    "no_show": 0.1,
    "late_cancellation": 0.1,
}


def busy_plan(**overrides):
    usual = {
        "queues": True,
        "leaving": True,
        "outside": True,
        "horizon_days": 500,
        "referral_days": REFERRED,
        "calendar_days": 700,
        "clinics": [CLINIC],
    }
    return eventful_plan(**{"patients": None, **usual, **overrides})


BUSY = busy_plan()
EVERY_DAY = range(1, BUSY.calendar_days)
ANY_DAYS = (0, 1, 6, 7, 8, 8, 250, 500, 501, 560, 561, 699)


def run_at_desk(plan, cuts=(), kernel=None):
    """Return the bytes of the one clinic of a plan, its calendar cut on further days."""
    kernel = kernel or fastcore.kernel()
    traits = sample_traits(plan)
    desk = kernel.Desk(kernel.Inputs(plan), 0, traits)
    results, weekly = np.zeros(len(traits), RESULTS), np.zeros(plan.weeks, WEEKLY)
    events, kept = np.zeros(100_000, EVENTS), [np.empty(0, EVENTS)]
    booking_days = set(range(0, plan.calendar_days, desk.booking_every_days))
    for day in sorted({*cuts, *booking_days, plan.calendar_days}):
        block = (0, len(traits), results, weekly, events, day, day in booking_days)
        status, used = desk.advance(*block)
        assert status == Status.DONE
        kept.append(events[:used].copy())
        if day in booking_days:
            desk.book(day)
    return results.tobytes(), weekly.tobytes(), by_patient(kept).tobytes()


@pytest.fixture(scope="module")
def whole():
    return run_at_desk(BUSY)


def test_the_plan_of_these_tests_is_eventful(whole):
    happened = {Event(number) for number in np.frombuffer(whole[2], EVENTS)["event"]}
    booked = {Event.BOOKED, Event.ASSESSMENT_BOOKED, Event.NO_SHOW, Event.CANCELLED}
    coming = {Event.RE_REFERRED, Event.OUTSIDE_STARTED, Event.OUTSIDE_INFUSION}
    assert {*booked, *coming, Event.OUTSIDE_STOPPED, Event.PROGRAMME_STARTED} <= happened


@pytest.mark.parametrize("cuts", [EVERY_DAY, ANY_DAYS])
def test_the_cut_of_the_calendar_does_not_show(cuts, whole):
    assert run_at_desk(BUSY, cuts) == whole


@pytest.mark.parametrize("every", [1, 3, 30])
def test_nor_with_other_distances_of_booking_days(every):
    plan = busy_plan(clinics=[{**CLINIC, "booking_every_days": every}])
    assert run_at_desk(plan, EVERY_DAY) == run_at_desk(plan)


@pytest.mark.parametrize("level", fastcore.available_levels())
def test_every_instruction_set_gives_the_same_bytes(level, whole):
    kernel = importlib.import_module(f"pathways.fastcore._kernel_{level}")
    assert run_at_desk(BUSY, kernel=kernel) == whole


@pytest.mark.parametrize("large", [0, 10, 1000])
@pytest.mark.parametrize(("threads", "unit_patients"), [(1, 1), (3, 6), (2, 1000)])
def test_threads_units_and_large_clinics_do_not_show(threads, unit_patients, large, monkeypatch):
    plan = busy_plan(clinics=[CLINIC, {**CLINIC, "chairs": 2}, CLINIC], clinic_patients=[16, 9, 15])
    plan = dataclasses.replace(plan, referral_days=np.sort(plan.referral_days[:40] * 0 + 30))
    expected = kernel_engine.run(plan, 1, keep_events=True)
    monkeypatch.setattr(kernel_engine, "LARGE_CLINIC_PATIENTS", large)
    raw = kernel_engine.run(plan, threads, unit_patients, keep_events=True)
    for name in ("traits", "results", "weekly", "events"):
        assert getattr(raw, name).tobytes() == getattr(expected, name).tobytes(), name


def test_the_engine_gives_what_the_desk_gives(whole):
    raw = kernel_engine.run(BUSY, keep_events=True)
    assert (raw.results.tobytes(), raw.weekly.tobytes(), raw.events.tobytes()) == whole
    assert kernel_engine.run(BUSY).weekly.tobytes() == whole[1]


@pytest.mark.parametrize("large", [0, 1000])
def test_progress_is_told_for_small_and_large_clinics(large, monkeypatch):
    told = []
    monkeypatch.setattr(kernel_engine, "LARGE_CLINIC_PATIENTS", large)
    kernel_engine.run(BUSY, progress=lambda *done: told.append(done))
    assert told[-1] == (40, 40)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert (len(told) > 50) == (large == 0)


def test_results_end_with_the_horizon_of_each_patient():
    """The same patient in a calendar that ends there has the same results."""
    long = eventful_plan(
        patients=None, referral_days=[0, 3, 40, 61], horizon_days=300, calendar_days=600,
        leaving=True, outside=True,
    )  # fmt: skip
    raw = kernel_engine.run(long)
    for k, referred in enumerate([0, 3, 40, 61]):
        block = Block(long, raw.traits[k : k + 1])
        block.end_day = referred + 300
        block.run()
        assert block.results.tobytes() == raw.results[k : k + 1].tobytes()


def test_a_shorter_calendar_gives_the_same_results():
    """Days 0 to 300 end on a Sunday in both, so that even the trace is the same."""
    usual = {"patients": 30, "horizon_days": 301, "leaving": True, "outside": True}
    short = kernel_engine.run(eventful_plan(**usual), keep_events=True)
    long = kernel_engine.run(eventful_plan(**usual, calendar_days=500), keep_events=True)
    assert long.results.tobytes() == short.results.tobytes()
    assert long.weekly[:43].tobytes() == short.weekly.tobytes()
    before = long.events[long.events["day"] < 301]
    assert before.tobytes() == short.events.tobytes() and len(long.events) > len(before)


def test_who_is_referred_late_has_results_of_fewer_days():
    usual = {"referral_days": [0, 50], "calendar_days": 100, "ketamine_offered": 0}
    long = kernel_engine.run(make_plan(**usual, horizon_days=70)).results
    short = kernel_engine.run(make_plan(**usual, horizon_days=50)).results
    assert long[1].tobytes() == short[1].tobytes()
    assert long["pain_days"][0] > short["pain_days"][0] > 0.0


@pytest.mark.parametrize("queues", [False, True])
@pytest.mark.parametrize(("horizon_days", "died_day"), [(70, -1), (71, 70)])
def test_a_death_on_the_morning_of_the_results_is_not_in_them(queues, horizon_days, died_day):
    """Day 70 is a Monday and a booking day."""
    plan = make_plan(patients=3, horizon_days=horizon_days, calendar_days=100, queues=queues)
    traits = make_traits(plan)
    table = plan.mortality_per_day[0]
    traits["death_clock"] = 66.0 * table[50]
    raw = kernel_engine.run(plan, keep_events=True, traits=traits)
    assert raw.events[raw.events["event"] == Event.DIED]["day"].tolist() == [70, 70, 70]
    assert raw.results["died_day"].tolist() == [died_day] * 3


def test_the_week_a_patient_is_referred_counts_and_earlier_ones_do_not():
    plan = make_plan(referral_days=[0, 15, 16], horizon_days=30, calendar_days=60)
    weekly = kernel_engine.run(plan).weekly
    assert weekly["referrals"][:4].tolist() == [1, 0, 2, 0]
    assert weekly["in_state"][:, State.REFERRED][:3].tolist() == [1, 1, 3]
    # Day 59 is a Wednesday, the last of the calendar.
    assert weekly["in_state"][-1].sum() == 3 and len(weekly) == 9


def test_the_panel_is_the_first_patients_of_each_clinic():
    plan = make_plan(
        clinic_patients=[1030, 4], clinics=[{}, {}], horizon_days=63, diary_missing_probability=0.0
    )
    weekly = kernel_engine.run(plan).weekly
    every_fourth_week = np.array([1, 0, 0, 0, 1, 0, 0, 0, 1])
    assert weekly["panel_present"].tolist() == [*1024 * every_fourth_week, *4 * every_fourth_week]
    mean = weekly["panel_score_sum"][:9:4] / 1024
    pain = weekly["base_pain_sum_e6"][:9:4] / 1030e6
    assert (np.abs(mean - pain) < 0.2).all()
    missing = make_plan(patients=50, horizon_days=21, diary_missing_probability=1.0)
    assert not kernel_engine.run(missing).weekly["panel_present"].any()


def test_the_desk_refuses_what_does_not_follow():
    kernel = fastcore.kernel()
    traits = sample_traits(BUSY)
    desk = kernel.Desk(kernel.Inputs(BUSY), 0, traits)
    weekly = np.zeros(BUSY.weeks, WEEKLY)
    with pytest.raises(ValueError, match="^patient 0 was not advanced to the booking of day 0"):
        desk.book(0)
    desk.advance(0, 40, np.zeros(40, RESULTS), weekly, None, 0, True)
    with pytest.raises(ValueError, match="^day: got 3; allowed: multiples of 7"):
        desk.book(3)
    with pytest.raises(ValueError, match="^patient 0 was not advanced to the booking of day 7"):
        desk.book(7)
    desk.book(0)
    with pytest.raises(ValueError, match="^day: got 0; allowed: 1 to"):
        desk.book(0)
    with pytest.raises(ValueError, match="^first: got 41"):
        desk.advance(41, 0, np.zeros(40, RESULTS), weekly, None, 7, True)
    with pytest.raises(ValueError, match="^end_day: got 700"):
        desk.advance(0, 40, np.zeros(40, RESULTS), weekly, None, 700, True)
