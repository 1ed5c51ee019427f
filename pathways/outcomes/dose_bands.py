"""Chronic harms by the lifetime dose at the time, from the event log, in studied patients.

A patient spends time in every band passed through; an onset belongs to the band of its own day.
Sorting patients by their final dose instead would give the high bands the harmless years before
(immortal time), and make a high dose look safe.

The dose is what the clinic gave and what was bought elsewhere. A calendar week counts in the band
of the dose given by its end, as for the clocks of harm, so onsets and time agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pathways import layout
from pathways.codes import Event, HarmCause
from pathways.outcomes import calendar, schema
from pathways.outcomes.doses import changes_of_dose
from pathways.outcomes.estimates import Estimate, poisson_rate
from pathways.outcomes.event_log import EventLog
from pathways.outcomes.tables import follow_up_days
from pathways.plan import Plan, RawResult

DAYS_PER_YEAR = 365
PER_YEARS = 100.0
HIGHEST_MG = (0.0, 500.0, 2000.0, 5000.0)
"""Highest lifetime dose of each band but the last, which has none; racemic equivalents."""

NAMES = ("dose_0_mg", "dose_to_500_mg", "dose_to_2000_mg", "dose_to_5000_mg", "dose_above_5000_mg")
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
    log = EventLog(raw, plan)
    days, patients = _time(log, raw, plan)
    onsets = _onsets(log, plan)
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


def _time(log: EventLog, raw: RawResult, plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    """Return days and patients by band."""
    rows, starts, doses = changes_of_dose(log, raw, plan)
    ends = np.append(starts[1:], 0)
    ends[np.append(rows[1:] != rows[:-1], True)] = follow_up_days(raw.results, plan)
    cells, shape = rows * len(NAMES) + band_of(doses), (len(raw.results), len(NAMES))
    # Days are whole and few: sums of doubles are exact.
    days = np.bincount(cells, weights=ends - starts, minlength=shape[0] * shape[1])
    by_patient = days.astype(np.int64).reshape(shape)
    studied = by_patient[calendar.is_studied(plan)]
    return studied.sum(axis=0), np.count_nonzero(studied, axis=0)


def _onsets(log: EventLog, plan: Plan) -> np.ndarray:
    """Return onsets, shape (bands, CHRONIC_HARMS, HARM_CAUSES)."""
    shape = (len(NAMES), layout.CHRONIC_HARMS, layout.HARM_CAUSES)
    onset, rows = log.in_follow_up(Event.HARM_ONSET)
    onset = onset[calendar.is_studied(plan)[rows]]
    cause = (onset["value_1"] == HarmCause.EXCESS).astype(np.int64)
    counts = np.zeros(shape, np.int64)
    np.add.at(counts, (band_of(onset["value_3"]), onset["code"], cause), 1)
    return counts
