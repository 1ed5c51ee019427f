"""The engines agree on scenarios nobody wrote, and these reach every state, reason and event."""

from __future__ import annotations

import numpy as np
import parity
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scenario_strategies import quick_plan, scenario_documents, small_plan

from pathways.codes import Event, ExitReason, QueueOrder, State

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


# A dose cap is reached by few of the generated scenarios, so one is made for it.
CAPPED = {
    "extends": "guideline-2018",
    "scenario": "capped",
    "policy": {"limits": {"lifetime_dose": "100 mg"}, "exit": {"adherence_to_rule": 0.0}},
}


class Reached:
    """What happened in all the runs that were compared."""

    def __init__(self) -> None:
        self.events, self.reasons, self.states = set(), set(), set()
        self.orders, self.waiting = set(), set()

    def compare(self, plan):
        kernel, reference = parity.run_both(plan)
        parity.assert_same(kernel, reference)
        self.events.update(np.unique(kernel.events["event"]).tolist())
        self.reasons.update(np.unique(kernel.results["exit_reason"]).tolist())
        reached = kernel.weekly["in_state"].any(axis=0)
        self.states.update(np.flatnonzero(reached).tolist())
        if plan.queues:
            self.orders.update(np.unique(plan.clinics["queue_order"]).tolist())
            self.waiting.update(name for name in WAITING if kernel.weekly[name].any())


WAITING = {
    "waiting_for_assessment",
    "waiting_for_course",
    "waiting_for_programme",
    "chair_minutes_used",
    "chair_minutes_lost",
    "bed_days_used",
    "no_shows",
    "cancellations",
    "outside_infusions",
}
QUEUES_ONLY = {Event.REQUESTED, Event.ASSESSMENT_BOOKED, Event.NO_SHOW, Event.CANCELLED}


def compared(most_examples, **documents):
    """Compare the engines on scenarios made at random and return what they reached."""
    reached = Reached()

    @settings(
        max_examples=most_examples,
        derandomize=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(document=scenario_documents(**documents), seed=st.integers(0, 2**64 - 1))
    def check(document, seed):
        reached.compare(small_plan(document, seed))

    check()
    return reached


def test_engines_agree_on_any_scenario_and_everything_is_reached():
    reached = compared(150, queues=False)
    reached.compare(quick_plan(CAPPED, patients=25, years=2, seed=1))
    assert {Event(e) for e in reached.events} == set(Event) - QUEUES_ONLY
    # A laboratory stop is rare here; the kernel's and the reference's own tests reach it.
    reasons = {ExitReason(r) for r in reached.reasons}
    assert reasons - {ExitReason.LABORATORY_STOP} == REASONS_WITH_RULES
    assert {State(s) for s in reached.states} == set(State) - {State.DEAD}


def test_engines_agree_where_clinics_have_queues():
    reached = compared(100, queues=True)
    assert {Event(e) for e in reached.events} == set(Event)
    assert {QueueOrder(o) for o in reached.orders} == set(QueueOrder)
    assert reached.waiting == WAITING
    assert {ExitReason.LEFT_WAITING_LIST, ExitReason.LOST} <= set(reached.reasons)
    assert {State(s) for s in reached.states} == set(State) - {State.DEAD}
