"""The engines agree on scenarios nobody wrote, and these reach every state, reason and event."""

from __future__ import annotations

import numpy as np
import parity
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scenario_strategies import quick_plan, scenario_documents

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
    ExitReason.TREATMENT_COMPLETED,
}


# A dose cap is reached by few of the generated scenarios, so one is made for it.
CAPPED = {
    "extends": "guideline-2018",
    "scenario": "capped",
    "policy": {"limits": {"lifetime_dose": "100 mg"}, "exit": {"adherence_to_rule": 0.0}},
}


def test_engines_agree_on_any_scenario_and_everything_is_reached():
    events, reasons, states = set(), set(), set()

    @settings(
        max_examples=150, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(document=scenario_documents(), seed=st.integers(0, 2**64 - 1))
    def check(document, seed):
        compare(quick_plan(document, patients=25, years=2, seed=seed))

    def compare(plan):
        kernel, reference = parity.run_both(plan)
        parity.assert_same(kernel, reference)
        events.update(np.unique(kernel.events["event"]).tolist())
        reasons.update(np.unique(kernel.results["exit_reason"]).tolist())
        reached = kernel.weekly["in_state"].any(axis=0)
        states.update(np.flatnonzero(reached).tolist())

    check()
    compare(quick_plan(CAPPED, patients=25, years=2, seed=1))
    assert {Event(e) for e in events} == set(Event)
    # A laboratory stop is rare here; the kernel's and the reference's own tests reach it.
    assert {ExitReason(r) for r in reasons} - {ExitReason.LABORATORY_STOP} == REASONS_WITH_RULES
    assert {State(s) for s in states} == set(State) - {State.DEAD}
