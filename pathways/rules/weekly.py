"""The weekly row of a clinic: sums over its living patients, and their latent state in the trace.

Whole weeks of patients are added up at once with arrays. Only what gives the same bits one by one
is done with them: single products, sums and floors, and whole numbers.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

import numpy

from pathways.layout import PANEL_EVERY_WEEKS, PANEL_PATIENTS
from pathways.rules.books import MULTIPLIER, SHIFT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pathways.model.patient import PatientAgent

SUMS = {
    "pain_sum_e6": "pain",
    "pain_without_drug_sum_e6": "pain_without_drug",
    "expectation_sum_e6": "expectation_felt",
    "base_pain_sum_e6": "base_pain",
    "programme_pain_sum_e6": "undrugged_pain",
}
"""Sums of the row, in millionths, and what of a patient they add up."""

TRACED = ("pain", "slow_site", "expectation", "programme_remaining")
_summed = attrgetter(*SUMS.values())
_traced = attrgetter(*TRACED)


class WeeklyRow:
    """The clinic's part of step 10, on Sundays and on the last day of the calendar."""

    def close_week(self) -> None:
        """Add up this evening's patients, and mix their latent state into their traces."""
        patients = self.patients
        if not patients:
            return
        states = numpy.array([patient.state for patient in patients])
        self.count_states(states)
        self.add_up(numpy.array([_summed(patient) for patient in patients]))
        latent = numpy.array([_traced(patient) for patient in patients])
        self.trace_week(latent.view(numpy.uint64), states.astype(numpy.uint64))
        if self.model.week % PANEL_EVERY_WEEKS == 0:
            self.read_diaries()
        if self.model.queues:
            for patient in patients:
                patient.count_waiting()

    def count_states(self, states: NDArray) -> None:
        """Count who is in which state."""
        in_state = self.row.in_state
        for state, patients in enumerate(numpy.bincount(states).tolist()):
            in_state[state] += patients

    def add_up(self, summed: NDArray) -> None:
        """Round to whole millionths and add those; `summed` has shape (patients, sums)."""
        millionths = numpy.floor(summed * 1e6 + 0.5).astype(numpy.int64)
        for name, column in zip(SUMS, millionths.T.tolist(), strict=True):
            setattr(self.row, name, getattr(self.row, name) + sum(column))

    def trace_week(self, latent: NDArray, states: NDArray) -> None:
        """Fold the 64-bit words of each patient's latent state into the trace."""
        traces = numpy.array([patient.trace for patient in self.patients], numpy.uint64)
        for words in (*latent.T, states):
            traces = (traces ^ words) * numpy.uint64(MULTIPLIER)
            traces = traces ^ (traces >> numpy.uint64(SHIFT))
        for patient, trace in zip(self.patients, traces.tolist(), strict=True):
            patient.trace = trace

    def read_diaries(self) -> None:
        """Read the diaries of the panel, for the mean observed score."""
        row = self.row
        for patient in self.patients:
            if is_of_panel(patient) and not patient.diary_is_missing(patient.day):
                row.panel_present += 1
                row.panel_score_sum += patient.pain_score_today()


def is_of_panel(patient: PatientAgent) -> bool:
    """Return whether the diary of this patient is read."""
    return patient.patient < PANEL_PATIENTS
