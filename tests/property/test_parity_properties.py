"""The engines agree on scenarios nobody wrote, and these reach every state, reason and event."""

from __future__ import annotations

import pytest
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


# What few of the generated scenarios reach is made for it: a dose cap, recovery and relapse.
CAPPED = {
    "extends": "guideline-2018",
    "scenario": "capped",
    "policy": {"limits": {"lifetime_dose": "100 mg"}, "exit": {"adherence_to_rule": 0.0}},
}
RELAPSING = {
    "extends": "guideline-2018",
    "scenario": "relapsing",
    "parameters": {"recovery_rate": "1 1/year", "relapse_rate_after_recovery": "1 1/year"},
}
QUEUES_ONLY = {Event.REQUESTED, Event.ASSESSMENT_BOOKED, Event.NO_SHOW, Event.CANCELLED}


def test_engines_agree_on_any_scenario_and_everything_is_reached():
    reached = compared(70, queues=False)
    reached.compare(quick_plan(CAPPED, patients=25, years=2, seed=1))
    reached.compare(quick_plan(RELAPSING, patients=25, years=3, seed=1))
    assert {Event(e) for e in reached.events} == set(Event) - QUEUES_ONLY
    # A laboratory stop is rare here; the kernel's and the reference's own tests reach it.
    reasons = {ExitReason(r) for r in reached.reasons}
    assert reasons - {ExitReason.LABORATORY_STOP} == REASONS_WITH_RULES
    assert {State(s) for s in reached.states} == set(State) - {State.DEAD}


@pytest.mark.slow
def test_engines_agree_on_many_more_scenarios():
    compared(500, queues=False)
