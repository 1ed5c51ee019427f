"""Everything an engine needs to simulate one scenario, resolved to numbers.

A plan is made once (:mod:`pathways.resolve`) and handed to either engine; neither looks further.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy


@dataclass(frozen=True)
class Plan:
    """Resolved scenario.

    Attributes
    ----------
    seed : int
        0 to 2**64 - 1.
    draw : int
        Parameter draw; 0 is the central value of every uncertain parameter.
    patients : int
        Of all clinics together.
    horizon_days : int
        Patient days that count: results are those of the start of this patient day.
    calendar_days : int
        Calendar days simulated; equal to `horizon_days` when everybody is referred on day 0.
    queues : bool
        Whether courses, assessments and programmes are booked on booking days (docs/model.md 8c).
        If not, resources are unlimited and waits are the drawn lead times.
    clinics : numpy.ndarray
        Records of ``layout.CLINIC``, shape (rule sets, clinics), clinics by ascending number.
    clinic_patients : numpy.ndarray
        int64, shape (clinics,): patients of each clinic; rows of results are clinic by clinic.
    referral_days : numpy.ndarray
        int64, shape (patients,): calendar day of each referral, ascending in a clinic.
    studied_days : tuple of int
        First and end of the calendar days on which studied patients are referred.
    rule_sets : numpy.ndarray
        Records of ``layout.PARAMETERS``, shape (n,); the first is the base.
    change_days : numpy.ndarray
        int64, shape (n,): calendar day on which each rule set starts; the first is 0.
    curves : numpy.ndarray
        float64, shape (n, MAX_LADDER_STEPS, MAX_COURSE_DAYS, CURVE_ROWS, CURVE_GRID, CURVE_GRID),
        last two axes clearance and weight (docs/model.md 5.4).
    effect_prefix, years_prefix : numpy.ndarray
        float64, shape (calendar_days + 1,): discounted and plain days before day t, in years.
    effect_factor, cost_factor, cost_prefix : numpy.ndarray
        float64, shape (calendar_days + 1,): discount factor of day t for effects and for costs, and
        the prefix table of costs (like `effect_prefix`).
    harm_age_factor : numpy.ndarray
        float64, shape (CHRONIC_HARMS, AGE_YEARS): multiplier of the background hazard by age.
    mortality_per_day, norm_utility : numpy.ndarray
        float64, shape (2, AGE_YEARS): female then male, by age in whole years.
    population : numpy.ndarray
        One record of ``layout.POPULATION``, shape (1,).
    observed_days : numpy.ndarray
        int64, shape (n,): patient days, ascending and below `horizon_days`, on which every patient
        is observed (docs/model.md 10b); empty for none.
    description : dict
        The scenario as resolved, JSON-compatible; part of the run's fingerprint.
    """

    seed: int
    draw: int
    patients: int
    horizon_days: int
    calendar_days: int
    queues: bool
    clinics: numpy.ndarray
    clinic_patients: numpy.ndarray
    referral_days: numpy.ndarray
    studied_days: tuple[int, int]
    rule_sets: numpy.ndarray
    change_days: numpy.ndarray
    curves: numpy.ndarray
    effect_prefix: numpy.ndarray
    years_prefix: numpy.ndarray
    effect_factor: numpy.ndarray
    cost_factor: numpy.ndarray
    cost_prefix: numpy.ndarray
    harm_age_factor: numpy.ndarray
    mortality_per_day: numpy.ndarray
    norm_utility: numpy.ndarray
    population: numpy.ndarray
    observed_days: numpy.ndarray
    description: dict[str, Any] = field(default_factory=dict)

    @property
    def weeks(self) -> int:
        """Calendar weeks of the simulation, the last perhaps incomplete."""
        return (self.calendar_days + 6) // 7


@dataclass(frozen=True)
class RawResult:
    """What an engine returns, before any derived column.

    Attributes
    ----------
    traits, results : numpy.ndarray
        Records of ``layout.TRAITS`` and ``layout.RESULTS``, shape (patients,), clinic by clinic, in
        patient order.
    weekly : numpy.ndarray
        Records of ``layout.WEEKLY``, shape (clinics * weeks,), clinic by clinic.
    events : numpy.ndarray or None
        Records of ``layout.EVENT``, clinic by clinic, ordered by patient, then as they happened;
        None if not kept.
    observations : numpy.ndarray
        Records of ``layout.OBSERVATION``, shape (patients, observed days), clinic by clinic, in
        patient order; None if no day is observed.
    """

    traits: numpy.ndarray
    results: numpy.ndarray
    weekly: numpy.ndarray
    events: numpy.ndarray | None
    observations: numpy.ndarray | None = None
