"""Chronic harms by the lifetime dose at the time, from the event log.

A patient spends time in every band passed through; an onset belongs to the band of its own day.
Sorting patients by their final dose instead would give the high bands the harmless years before
(immortal time), and make a high dose look safe.

A calendar week counts in the band of the dose given by its end: on Mondays the clocks of harm are
moved for the week before by the dose given until then, so onsets and time agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pathways import layout
from pathways.codes import Event, HarmCause
from pathways.outcomes import schema
from pathways.outcomes.estimates import Estimate, poisson_rate
from pathways.outcomes.tables import follow_up_days
from pathways.plan import Plan, RawResult

DAYS_PER_YEAR = 365
DAYS_PER_WEEK = 7
PER_YEARS = 100.0
HIGHEST_MG = (0.0, 500.0, 2000.0, 5000.0)
"""Highest lifetime dose of each band but the last, which has none; racemic equivalents."""

NAMES = ("dose_0_mg", "dose_to_500_mg", "dose_to_2000_mg", "dose_to_5000_mg", "dose_above_5000_mg")
PARTS_PER_MG = 1_000_000
MG_TOLERANCE = 1e-3
"""A dose this little above an edge is on it: sums of doses are not exact."""


@dataclass(frozen=True)
class DoseBand:
    """Time and onsets in one band of lifetime dose.

    Attributes
    ----------
    name : str
    patients : int
        Who spent time in it.
    days : int
        Patient-days in it.
    onsets : numpy.ndarray
        int64, shape (CHRONIC_HARMS, HARM_CAUSES).
    """

    name: str
    patients: int
    days: int
    onsets: np.ndarray

    @property
    def years(self) -> float:
        return self.days / float(DAYS_PER_YEAR)

    def rate(self, harm: int, cause: int) -> Estimate:
        """Return onsets per 100 patient-years with their Poisson interval."""
        onsets = int(self.onsets[harm, cause])
        return poisson_rate(onsets, self.years, self.patients, PER_YEARS)


def dose_bands(raw: RawResult, plan: Plan) -> list[DoseBand] | None:
    """Return time and onsets by lifetime dose, lowest band first; None if no events were kept.

    Parameters
    ----------
    raw : RawResult
    plan : Plan
        The plan it came from.
    """
    if raw.events is None:
        return None
    days, patients = _time(raw, plan)
    onsets = _onsets(raw.events)
    return [
        DoseBand(name, int(patients[band]), int(days[band]), onsets[band])
        for band, name in enumerate(NAMES)
    ]


def band_of(lifetime_mg: np.ndarray) -> np.ndarray:
    """Return the number of the band of each lifetime dose, mg racemic equivalents."""
    return np.searchsorted(np.array(HIGHEST_MG) + MG_TOLERANCE, lifetime_mg)


def rates(bands: list[DoseBand]) -> Iterator[tuple[str, str, str, Estimate]]:
    """Yield band, measure, unit and estimate: time, then each harm by cause."""
    for band in bands:
        yield band.name, "patient_years", "a", Estimate(band.years, n=band.patients)
        for harm, harm_name in enumerate(schema.CHRONIC_HARMS):
            for cause, cause_name in enumerate(schema.CAUSES):
                measure = f"{harm_name}_{cause_name}_per_100_years"
                yield band.name, measure, "/100 a", band.rate(harm, cause)


def _time(raw: RawResult, plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    """Return days and patients by band."""
    rows, starts, doses = _changes_of_dose(raw, plan)
    ends = np.append(starts[1:], 0)
    ends[np.append(rows[1:] != rows[:-1], True)] = follow_up_days(raw.results, plan)
    days = ends - starts
    bands = band_of(doses)
    by_patient = np.zeros((len(raw.results), len(NAMES)), np.int64)
    np.add.at(by_patient, (rows, bands), days)
    return by_patient.sum(axis=0), np.count_nonzero(by_patient, axis=0)


def _changes_of_dose(raw: RawResult, plan: Plan) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return patient, first day counted and lifetime dose from then, everybody's zero first."""
    given = raw.events[raw.events["event"] == Event.ADMINISTERED]
    people = np.arange(len(raw.results))
    row = np.searchsorted(raw.traits["patient"], given["patient"])
    monday = given["day"] - given["day"] % DAYS_PER_WEEK
    start = np.maximum(monday - raw.traits["referral_day"][row], 0)
    # Stable, so that a patient's infusions keep their order.
    order = np.argsort(np.append(people, row), kind="stable")
    rows = np.append(people, row)[order]
    starts = np.append(np.zeros_like(people), start)[order]
    mg = _racemic_equivalents(given, raw.traits[row], plan)
    # Whole numbers, because one sum runs through all patients.
    parts = np.floor(mg * PARTS_PER_MG + 0.5).astype(np.int64)
    total = np.cumsum(np.append(np.zeros_like(people), parts)[order])
    before = total[np.searchsorted(rows, people)]
    return rows, starts, (total - before[rows]) / PARTS_PER_MG


def _racemic_equivalents(given: np.ndarray, traits: np.ndarray, plan: Plan) -> np.ndarray:
    """Return the doses in racemic equivalents; the exposure tells which ketamine was given."""
    potency = plan.rule_sets["potency"][0]
    mg = given["value_1"]
    s_factor_mg = given["value_2"] * traits["clearance"] / 1000.0
    is_s = np.abs(s_factor_mg - mg) < np.abs(s_factor_mg - potency * mg)
    return np.where(is_s, mg / potency, mg)


def _onsets(events: np.ndarray) -> np.ndarray:
    """Return onsets, shape (bands, CHRONIC_HARMS, HARM_CAUSES)."""
    shape = (len(NAMES), layout.CHRONIC_HARMS, layout.HARM_CAUSES)
    onset = events[events["event"] == Event.HARM_ONSET]
    cause = (onset["value_1"] == HarmCause.EXCESS).astype(np.int64)
    counts = np.zeros(shape, np.int64)
    np.add.at(counts, (band_of(onset["value_3"]), onset["code"], cause), 1)
    return counts
