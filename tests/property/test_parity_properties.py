"""The engines agree on scenarios nobody wrote, and these reach every state, reason and event."""

from __future__ import annotations

import pytest
from made_scenarios import BUDGETS, CAPPED, COMES_AND_GOES
from parity_by_chance import compared
from scenario_strategies import quick_plan

from pathways.codes import Event, ExitReason, State

pytestmark = pytest.mark.parity

REASONS_WITH_RULES = {
    ExitReason.NONE,
    ExitReason.DEATH,
    ExitReason.ADVERSE_EVENT,
    ExitReason.DOSE_CAP,
    ExitReason.COUNT_CAP,
    ExitReason.TIME_LIMIT,
    ExitReason.TAPER_COMPLETED,
    ExitReason.RECOVERED,
    ExitReason.NON_RESPONSE,
    ExitReason.LOSS_OF_RESPONSE,
    ExitReason.COULD_NOT_PAY,
    ExitReason.PATIENT_CHOICE,
    ExitReason.LOST,
    ExitReason.TREATMENT_COMPLETED,
    ExitReason.LEFT_WAITING_LIST,
}


QUEUES_ONLY = {Event.REQUESTED, Event.ASSESSMENT_BOOKED, Event.NO_SHOW, Event.CANCELLED}


def test_engines_agree_on_any_scenario_and_everything_is_reached():
    reached = compared(70, queues=False)
    for made in (CAPPED, COMES_AND_GOES, BUDGETS):
        reached.compare(quick_plan(made, patients=25, years=3, seed=1))
    assert {Event(e) for e in reached.events} == set(Event) - QUEUES_ONLY
    # A laboratory stop is rare here; the kernel's and the reference's own tests reach it.
    reasons = {ExitReason(r) for r in reached.reasons}
    assert reasons - {ExitReason.LABORATORY_STOP} == REASONS_WITH_RULES
    assert {State(s) for s in reached.states} == set(State) - {State.DEAD}


@pytest.mark.slow
def test_engines_agree_on_many_more_scenarios():
    compared(500, queues=False)
