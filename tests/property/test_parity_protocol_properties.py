"""The engines agree on protocols and observed days that nobody wrote."""

from __future__ import annotations

import numpy as np
import parity
import pytest
from hypothesis import HealthCheck, given, settings
from protocol_plans import protocol_plans

from pathways.codes import Event, ExitReason

pytestmark = pytest.mark.parity


def test_engines_agree_on_any_protocol_and_much_is_reached():
    events, reasons, seen = set(), set(), set()

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(plan=protocol_plans())
    def check(plan):
        kernel, reference = parity.run_both(plan)
        parity.assert_same(kernel, reference)
        events.update(np.unique(kernel.events["event"]).tolist())
        reasons.update(np.unique(kernel.results["first_exit_reason"]).tolist())
        if kernel.observations is not None:
            seen.update(np.unique(kernel.observations["state"]).tolist())

    check()
    assert {Event.TAPER_STARTED, Event.RE_REFERRED, Event.JUDGED, Event.RULES_CHANGED} <= events
    assert {ExitReason.TREATMENT_COMPLETED, ExitReason.LOST, ExitReason.ADVERSE_EVENT} <= reasons
    assert len(seen) >= 7
