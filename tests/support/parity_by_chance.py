"""Compare the engines on scenarios made at random, and collect what these reached."""

from __future__ import annotations

import numpy as np
import parity
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scenario_strategies import scenario_documents, small_plan

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
