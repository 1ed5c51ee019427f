"""The kernel's bits do not depend on how its work is cut, kept or compiled."""

from __future__ import annotations

import importlib
import random

import numpy as np
import pytest
from kernel_blocks import Block, eventful_plan
from plans import make_plan

from pathways import fastcore
from pathways.codes import ChronicHarm, CostLine, Event, ExitReason, HarmCause, Link, State, Status
from pathways.engines import kernel_buffers, kernel_engine
from pathways.fastcore.population import sample_traits

PLAN = eventful_plan()
EVERY_WEEK = list(range(7, PLAN.horizon_days, 7))
EVERY_DAY = list(range(1, PLAN.horizon_days))
ANYWHERE = sorted(random.Random(1).sample(range(PLAN.horizon_days), 40))


@pytest.fixture(scope="module")
def whole():
    return Block(PLAN).run()


@pytest.mark.parametrize(
    "cuts", [EVERY_WEEK, EVERY_DAY, ANYWHERE, [0, 0, 401, 401, 20, PLAN.horizon_days]]
)
def test_the_cut_into_calls_does_not_show(cuts, whole):
    """A call for every day leaves no day to skip, so this also checks what is skipped."""
    assert Block(PLAN).run(cuts) == whole


def test_the_plan_of_these_tests_is_eventful(whole):
    events = np.frombuffer(whole[2], Block(PLAN).events.dtype)
    happened = {Event(number) for number in np.unique(events["event"])}
    rare = {Event.FAILURE_NOT_ACTED_ON, Event.PAUSED, Event.RELAPSED, Event.TAPER_STARTED}
    assert {*rare, Event.ESCALATED, Event.RULES_CHANGED, Event.WITHIN_DAY_SCORE} <= happened
    moves = {*rare, Event.REPEATED, Event.MAINTAINED, Event.RECOVERED, Event.EXIT_RULE_TRUE}
    assert len(happened & moves) >= 7


def test_every_new_state_is_reached_and_paid_for(whole):
    block = Block(PLAN)
    events = np.frombuffer(whole[2], block.events.dtype)
    harms = {Event.ACUTE_HARM, Event.HARM_ONSET, Event.HARM_RECOVERED, Event.HARM_DETECTED}
    therapies = {Event.PROGRAMME_STARTED, Event.THERAPY_STOPPED, Event.THERAPY_COMPLETED}
    assert {*harms, *therapies, Event.TESTED} <= {*events["event"].tolist()}
    results = np.frombuffer(whole[0], block.results.dtype)
    onsets = results["harm_count"].sum(axis=0).reshape(len(ChronicHarm), len(HarmCause))
    linked = PLAN.rule_sets["harm_link"][0] != Link.NONE
    assert (onsets[:, HarmCause.BACKGROUND] > 0).all()
    assert ((onsets[:, HarmCause.EXCESS] > 0) == linked).all()
    assert (results["acute_count"].sum(axis=0) > 0).all()
    assert (results["cost_line"].sum(axis=0)[: CostLine.OUTSIDE] > 0.0).all()


@pytest.mark.parametrize("on", [False, True])
def test_the_cut_does_not_show_for_the_quiet_either(on):
    plan = make_plan(
        patients=60,
        years=12,
        ketamine_offered=0,
        recovery_hazard_per_day=5e-4,
        harms=on,
        programme=on,
        prices=on,
    )
    assert Block(plan).run(list(range(1, plan.horizon_days))) == Block(plan).run()


def test_the_day_after_an_infusion_that_leaves_nothing_behind():
    """Only the utility of the infusion day differs; it has to go back on the next."""
    plan = eventful_plan(slow_uptake_per_hour=0.0, expectation_share=0.0)
    block = Block(plan)
    assert block.run(EVERY_DAY) == Block(plan).run()
    assert block.results["infusions"].any() and not block.traits["expectation_amplitude"].any()


def test_a_taper_begun_on_recovery_ends_the_day_after():
    """The schema refuses such a taper; the rules as written still give it one day."""
    plan = eventful_plan(120, taper_reasons=1 << ExitReason.RECOVERED, taper_interval_days=30)
    block = Block(plan)
    assert block.run(EVERY_DAY) == Block(plan).run()
    tapered = block.results["taper_reason"] == ExitReason.RECOVERED
    assert tapered.any()
    assert (block.results["exit_reason"][tapered] == ExitReason.RECOVERED).all()


def test_patients_referred_on_different_days():
    plan = eventful_plan(calendar_days=PLAN.horizon_days + 60)
    traits = sample_traits(plan)
    traits["referral_day"] = np.arange(len(traits)) * 5 % 61
    cut = Block(plan, traits).run(list(range(1, plan.calendar_days)))
    assert Block(plan, traits).run() == cut


def test_a_patient_alone_is_as_in_the_block(whole):
    block = Block(PLAN)
    for k in (0, 17, 39):
        alone = Block(PLAN, block.traits[k : k + 1])
        results, _, events = alone.run()
        size = alone.results.itemsize
        assert results == whole[0][k * size : (k + 1) * size]
        assert events in whole[2]


@pytest.mark.parametrize("level", fastcore.available_levels())
def test_every_instruction_set_gives_the_same_bytes(level, whole):
    kernel = importlib.import_module(f"pathways.fastcore._kernel_{level}")
    assert Block(PLAN, kernel=kernel).run() == whole


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("unit_patients", [1, 16, 1000])
def test_threads_and_units_do_not_show(threads, unit_patients, whole):
    raw = kernel_engine.run(PLAN, threads, unit_patients, keep_events=True)
    assert (raw.results.tobytes(), raw.weekly.tobytes(), raw.events.tobytes()) == whole


def test_keeping_events_changes_nothing_else(whole):
    raw = kernel_engine.run(PLAN)
    assert raw.events is None
    assert (raw.results.tobytes(), raw.weekly.tobytes()) == whole[:2]


def test_a_call_that_ran_out_of_room_goes_on_where_it_stopped(whole):
    block = Block(PLAN, room=300)
    block.enrol()
    kept, status = [], Status.EVENTS_FULL
    while status == Status.EVENTS_FULL:
        status, used = block.advance(PLAN.calendar_days)
        assert 0 < used <= 300
        kept.append(block.events[:used].copy())
    assert len(kept) > 3
    assert np.concatenate(kept).tobytes() == whole[2]
    assert (block.results.tobytes(), block.weekly.tobytes()) == whole[:2]


@pytest.mark.parametrize("room", [0, 1, 7])
def test_the_engine_makes_room_for_all_events(room, whole, monkeypatch):
    monkeypatch.setattr(kernel_buffers, "EVENTS_PER_PATIENT", room)
    assert kernel_engine.run(PLAN, 2, 9, keep_events=True).events.tobytes() == whole[2]


def test_who_stands_there_already_stays():
    block = Block(PLAN)
    first = block.run()
    assert block.advance(PLAN.calendar_days) == (Status.DONE, 0)
    assert (block.results.tobytes(), block.weekly.tobytes()) == first[:2]


def test_weekly_rows_count_every_living_patient(whole):
    weekly = np.frombuffer(whole[1], Block(PLAN).weekly.dtype)
    dead = np.cumsum(weekly["deaths"])
    assert (weekly["in_state"].sum(axis=1) == PLAN.patients - dead).all()
    assert not weekly["in_state"][:, State.DEAD].any()


def test_death_in_care_is_an_exit():
    plan = make_plan(patients=20, years=1, lead_to_assessment_mu=1.0)
    traits = sample_traits(plan)
    traits["death_clock"] = 1e-9
    raw = kernel_engine.run(plan, keep_events=True, traits=traits)
    assert (raw.results["died_day"] == 7).all()
    in_care = raw.results["assessed_day"] >= 0
    in_care &= raw.results["eligible"] == 1
    assert in_care.any()
    assert (raw.results["exit_reason"] == np.where(in_care, ExitReason.DEATH, 0)).all()
