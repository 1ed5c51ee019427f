"""The engines agree on scenarios nobody wrote in which patients wait for their clinic."""

from __future__ import annotations

import pytest
from made_scenarios import COMES_AND_GOES_IN_A_QUEUE
from parity_by_chance import WAITING, compared
from scenario_strategies import quick_plan

from pathways.codes import Event, ExitReason, QueueOrder, State

pytestmark = pytest.mark.parity


def test_engines_agree_where_clinics_have_queues():
    reached = compared(60, queues=True)
    reached.compare(quick_plan(COMES_AND_GOES_IN_A_QUEUE, patients=25, years=3, seed=1))
    assert {Event(e) for e in reached.events} == set(Event)
    assert {QueueOrder(o) for o in reached.orders} == set(QueueOrder)
    assert reached.waiting == WAITING
    assert {ExitReason.LEFT_WAITING_LIST, ExitReason.LOST} <= set(reached.reasons)
    assert {State(s) for s in reached.states} == set(State) - {State.DEAD}


@pytest.mark.slow
def test_engines_agree_on_many_more_queues():
    compared(300, queues=True)
