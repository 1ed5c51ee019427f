"""A block of patients driven through the kernel's entry points by hand."""

from __future__ import annotations

from types import ModuleType

import numpy as np
from plans import make_plan

from pathways import fastcore, layout
from pathways.codes import ExitReason, Maintenance, Status
from pathways.fastcore.population import sample_traits
from pathways.plan import Plan

RESULTS = layout.numpy_dtype(layout.RESULTS)
WEEKLY = layout.numpy_dtype(layout.WEEKLY)
EVENTS = layout.numpy_dtype(layout.EVENT)
OBSERVATIONS = layout.numpy_dtype(layout.OBSERVATION)


class Block:
    """The arrays of one block, and the kernel's calls on them.

    Parameters
    ----------
    plan : Plan
    traits : numpy.ndarray or None
        Sampled from the plan if None.
    room : int
        Events that fit.
    kernel : module or None
        The kernel of one instruction set; the best if None.
    """

    def __init__(
        self,
        plan: Plan,
        traits: np.ndarray | None = None,
        room: int = 100_000,
        kernel: ModuleType | None = None,
    ) -> None:
        self.kernel = kernel or fastcore.kernel()
        self.inputs = self.kernel.Inputs(plan)
        self.traits = sample_traits(plan) if traits is None else traits
        self.end_day = plan.calendar_days
        self.states = np.zeros(len(self.traits) * self.kernel.patient_bytes(), np.uint8)
        self.weekly = np.zeros(plan.weeks, WEEKLY)
        self.results = np.zeros(len(self.traits), RESULTS)
        self.events = np.zeros(room, EVENTS)
        self.observations = no_observations(plan, len(self.traits))

    def enrol(self) -> None:
        self.kernel.enrol(self.inputs, self.traits, self.states)

    def advance(self, end_day: int) -> tuple[int, int]:
        arrays = (self.traits, self.states, self.results, self.weekly, self.events)
        return self.kernel.advance(self.inputs, *arrays, end_day, self.observations)

    def run(self, cuts: list[int] | None = None) -> tuple[bytes, bytes, bytes]:
        """Return results, weekly rows and events as bytes, advancing in calls cut on these days."""
        self.enrol()
        kept = [np.empty(0, EVENTS)]
        for end_day in [*(cuts or []), self.end_day]:
            status, used = self.advance(end_day)
            assert status == Status.DONE
            kept.append(self.events[:used].copy())
        return self.results.tobytes(), self.weekly.tobytes(), by_patient(kept).tobytes()


def no_observations(plan: Plan, patients: int) -> np.ndarray | None:
    """Return zeros for what is seen of these patients; None if no day is observed."""
    days = len(plan.observed_days)
    return np.zeros((patients, days), OBSERVATIONS) if days else None


def by_patient(chunks: list[np.ndarray]) -> np.ndarray:
    """Return the events of one clinic ordered by patient, then as they happened."""
    events = np.concatenate(chunks)
    return events[np.argsort(events["patient"], kind="stable")]


def eventful_plan(patients: int = 40, horizon_days: int = 800, **overrides: object) -> Plan:
    """Return a plan in which nearly everything happens: pauses, tapers, changes, harms, costs."""
    usual = {
        "recovery_hazard_per_day": 1e-3,
        "relapse_hazard_per_day": 3e-3,
        "step_skip_weekends": [1, 0],
        "judge_at_days": 6,
        "criterion_window_from": 0,
        "criterion_window_to": 6,
        "criterion_percent_x10": 150,
        "maintenance_interval_days": 21,
        "maintenance": Maintenance.INTERVAL,
        "rest_after_courses": 4,
        "rest_days": 60,
        "taper_courses": 2,
        "taper_reasons": 1 << ExitReason.LOSS_OF_RESPONSE
        | 1 << ExitReason.COUNT_CAP
        | 1 << ExitReason.PATIENT_CHOICE,
        "taper_fraction": [0.5, 0.25],
        "taper_interval_days": [10, 20],
        "limit_courses": 9,
        "adherence_to_rule": 0.7,
        "lead_to_assessment_mu": 2.5,
        # Less often the end than in the presets, so that some stay long enough to be tapered.
        "adverse_event_times": 12,
        "yearly_budget_median": 12_000.0,
    }
    on = {"harms": True, "programme": True, "prices": True}
    changes = {
        130: {"vial_step_mg": 5.0, "price_vial": 12.0, "harm_slope": {1: 0.5}, "therapies": 3},
        401: {
            "judge_at_days": 0,
            "criterion_moment": 0,
            "harm_window_weeks": {1: 12},
            "price_harm_per_day": {2: 30.0},
            "price_background_per_day": 35.0,
        },
    }
    return make_plan(
        patients=patients,
        horizon_days=horizon_days,
        changes=changes,
        **{**on, **usual, **overrides},
    )
