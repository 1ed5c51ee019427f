"""Runs of the reference engine with everything still that a test does not ask for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from plans import make_plan, make_traits

from pathways.codes import Event
from pathways.engines.mesa_engine import run
from pathways.model.clinic import ClinicAgent
from pathways.model.model import PathwayModel
from pathways.model.patient import PatientAgent
from pathways.plan import Plan, RawResult

STILL = {
    "flare_innovation_sd": 0.0,
    "diary_error_sd": 0.0,
    "diary_missing_probability": 0.0,
    "domain_error_sd": 0.0,
    "recovery_hazard_per_day": 0.0,
}
ALWAYS_PASSES = {"criterion_percent_x10": 0, "limit_courses_per_year": 0}
NEVER_PASSES = {"criterion_percent_x10": 1001}
IMMORTAL = 1e9


def courses_of(*doses_by_step: list[float], gap_days: int = 1) -> dict:
    """Return the fields of a ladder: one infusion of two hours for each dose in mg."""
    days = [len(doses) for doses in doses_by_step]
    return {
        "ladder_steps": len(doses_by_step),
        "step_days": days,
        "step_dose": [list(doses) for doses in doses_by_step],
        "step_hours": [[2.0] * n for n in days],
        "step_minutes": [[120] * n for n in days],
        "step_gap_days": [[0] + [gap_days] * (n - 1) for n in days],
    }


def protocol(days: list[int], steps: list[int] | int = 0, end_day: int = 0) -> dict:
    """Return the fields of a protocol: the first day and the regimen of each course."""
    return {
        "protocol_courses": len(days),
        "protocol_day": days,
        "protocol_step": steps,
        "protocol_end_day": end_day,
    }


def still_plan(patients: int = 1, **overrides: object) -> Plan:
    """Return a plan without flares, errors, recovery or a yearly cap on courses."""
    settings = {**STILL, "limit_courses_per_year": 0, **overrides}
    return make_plan(patients=patients, **settings)


def still_traits(plan: Plan, **columns: object) -> np.ndarray:
    """Return alike patients who do not die."""
    return make_traits(plan, **{"death_clock": IMMORTAL, **columns})


def run_still(traits: dict | None = None, **overrides: object) -> RawResult:
    """Run one patient of :func:`still_plan` and keep the event log."""
    plan = still_plan(**overrides)
    return run(plan, keep_events=True, traits=still_traits(plan, **(traits or {})))


def queue_plan(clinic: dict, patients: int = 1, **overrides: object) -> Plan:
    """Return a plan with queues at one clinic, four weeks long."""
    return still_plan(
        patients, **{"horizon_days": 28, "queues": True, "clinics": [clinic], **overrides}
    )


def run_queues(
    clinic: dict,
    patients: int = 1,
    traits: dict | None = None,
    patient_class: type[PatientAgent] = PatientAgent,
    clinic_class: type[ClinicAgent] = ClinicAgent,
    **overrides: object,
) -> RawResult:
    """Run :func:`queue_plan` and keep the event log.

    Who is referred on day 0 and finds the clinic open is assessed on day 1 and asks for a course
    from day 2. With booking days a week apart that is booked on day 7 for day 8 or later.
    """
    plan = queue_plan(clinic, patients, **overrides)
    traits = {"referral_day": plan.referral_days, **(traits or {})}
    return run(
        plan,
        keep_events=True,
        patient_class=patient_class,
        clinic_class=clinic_class,
        traits=still_traits(plan, **traits),
    )


@contextmanager
def open_model(
    plan: Plan, traits: dict | None = None, patient_class: type[PatientAgent] = PatientAgent
) -> Iterator[PathwayModel]:
    """Open a model of :func:`still_traits` and close it."""
    with PathwayModel(plan, still_traits(plan, **(traits or {})), patient_class) as model:
        yield model


def of_kind(result: RawResult, *kinds: Event) -> np.ndarray:
    """Return the lines of the event log of these kinds."""
    return result.events[np.isin(result.events["event"], kinds)]


def days_of(result: RawResult, *kinds: Event) -> list[int]:
    """Return the calendar days of these events."""
    return of_kind(result, *kinds)["day"].tolist()


def days_by_patient(result: RawResult, *kinds: Event) -> list[list[int]]:
    """Return the calendar days of these events, a list for each patient of a single clinic."""
    lines = of_kind(result, *kinds)
    return [lines["day"][lines["patient"] == p].tolist() for p in range(len(result.results))]
