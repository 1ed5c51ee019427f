"""Comparing the two engines: equal to the bit, and where they part if they do not."""

from __future__ import annotations

import numpy as np

from pathways.codes import Event
from pathways.engines import kernel_engine, mesa_engine
from pathways.plan import Plan, RawResult


def run_both(plan: Plan) -> tuple[RawResult, RawResult]:
    """Return the kernel's and the reference's result, events kept."""
    return kernel_engine.run(plan, keep_events=True), mesa_engine.run(plan, keep_events=True)


def assert_same(kernel: RawResult, reference: RawResult) -> None:
    """Fail with the first event at which two results part, or the first field that differs."""
    if kernel.events is not None and reference.events is not None:
        assert first_difference(kernel.events, reference.events) is None
    for name in ("traits", "results", "weekly"):
        ours, theirs = getattr(kernel, name), getattr(reference, name)
        assert differing_fields(ours, theirs) == {}, name
        assert ours.tobytes() == theirs.tobytes(), name
    assert_same_observations(kernel.observations, reference.observations)


def assert_same_observations(kernel: np.ndarray | None, reference: np.ndarray | None) -> None:
    """Fail with the first patient and day of each field that differs."""
    assert (kernel is None) == (reference is None)
    if kernel is not None and reference is not None:
        assert kernel.shape == reference.shape
        assert differing_fields(kernel.ravel(), reference.ravel()) == {}, "observations"
        assert kernel.tobytes() == reference.tobytes(), "observations"


def first_difference(kernel: np.ndarray, reference: np.ndarray) -> str | None:
    """Return the first pair of events that differ, in words."""
    shorter = min(len(kernel), len(reference))
    differs = np.flatnonzero(kernel[:shorter] != reference[:shorter])
    if not len(differs) and len(kernel) == len(reference):
        return None
    row = int(differs[0]) if len(differs) else shorter
    sides = [f"{_said(events, row)}" for events in (kernel, reference)]
    return f"event {row}: kernel {sides[0]}; reference {sides[1]}"


def differing_fields(kernel: np.ndarray, reference: np.ndarray) -> dict[str, list]:
    """Return for each field that differs its first row and both values."""
    assert kernel.shape == reference.shape
    found = {}
    for name in kernel.dtype.names:
        unequal = np.flatnonzero(
            (kernel[name] != reference[name]).reshape(len(kernel), -1).any(axis=1)
        )
        if len(unequal):
            row = int(unequal[0])
            found[name] = [row, kernel[name][row].tolist(), reference[name][row].tolist()]
    return found


def _said(events: np.ndarray, row: int) -> str:
    if row >= len(events):
        return "has ended"
    event = events[row]
    return f"{Event(int(event['event'])).name} {event.tolist()}"
