"""The engines agree on scenarios nobody wrote in which patients wait for their clinic."""

from __future__ import annotations

import pytest
from parity_by_chance import WAITING, compared
from scenario_strategies import quick_plan

from pathways.codes import Event, ExitReason, QueueOrder, State

pytestmark = pytest.mark.parity

# Few of the generated scenarios run long enough for somebody to recover and relapse.
RELAPSING = {
    "extends": "guideline-2018",
    "scenario": "relapsing-in-a-queue",
    "referrals": {"cohort_load": True},
    "clinics": [
        {
            "name": "Town",
            "chairs": 2,
            "nurses": 1,
            "open": {"days": ["monday"], "minutes": "8 h"},
            "assessment_slots_per_week": 10,
        }
    ],
    "parameters": {"recovery_rate": "1 1/year", "relapse_rate_after_recovery": "1 1/year"},
}


def test_engines_agree_where_clinics_have_queues():
    reached = compared(60, queues=True)
    reached.compare(quick_plan(RELAPSING, patients=25, years=3, seed=1))
    assert {Event(e) for e in reached.events} == set(Event)
    assert {QueueOrder(o) for o in reached.orders} == set(QueueOrder)
    assert reached.waiting == WAITING
    assert {ExitReason.LEFT_WAITING_LIST, ExitReason.LOST} <= set(reached.reasons)
    assert {State(s) for s in reached.states} == set(State) - {State.DEAD}


@pytest.mark.slow
def test_engines_agree_on_many_more_queues():
    compared(300, queues=True)
