"""First visits and places in the programme of therapies, given out on booking days."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat
from typing import TYPE_CHECKING

from pathways.codes import Step
from pathways.rules.resources import DAYS_PER_WEEK, UNLIMITED

if TYPE_CHECKING:
    from pathways.model.patient import PatientAgent


class Appointments:
    """The clinic's part of step 7 for assessments and programmes."""

    def have_no_places_taken(self) -> None:
        """Have every place in the programme free."""
        self.slots_held: dict[PatientAgent, int] = {}

    # First visits

    def book_assessments(self) -> None:
        """Give each patient in the queue the next slot."""
        days = self.assessment_days()
        for patient, day in zip(self.queue_for_assessments(), days, strict=False):
            patient.day_step = Step.BOOKING
            patient.accept_assessment(day)

    def assessment_days(self) -> Iterable[int]:
        """Return the calendar day of each slot of the window, in order (decision).

        Slots are spread evenly over the open days. Every seven days there are as many as the
        clinic has in a week, whatever the distance of the booking days.
        """
        today, resources = self.model.day, self.resources
        open_days = [day for day in range(today + 1, self.window_end + 1) if resources.is_open(day)]
        if not open_days:
            return []
        per_week = resources.assessment_slots_per_week
        if per_week == UNLIMITED:
            return repeat(open_days[0])
        slots = per_week * self.window_end // DAYS_PER_WEEK - per_week * today // DAYS_PER_WEEK
        return [open_days[slot * len(open_days) // slots] for slot in range(slots)]

    # Places in the programme

    def give_places(self) -> None:
        """Let those begin the programme for whom there are enough therapy sessions a week."""
        self.take_places_back()
        for patient in self.queue_for_programme():
            slots = patient.therapy_sessions_each_week()
            if self.has_place(slots):
                self.slots_held[patient] = slots
                patient.day_step = Step.BOOKING
                patient.accept_place()

    def take_places_back(self) -> None:
        """Free the places of those who come to no session any more."""
        self.slots_held = {
            patient: slots
            for patient, slots in self.slots_held.items()
            if patient.alive and patient.attends_sessions()
        }

    def has_place(self, slots: int) -> bool:
        """Return whether so many therapy sessions a week are free (decision)."""
        per_week = self.resources.therapy_slots_per_week
        return per_week == UNLIMITED or sum(self.slots_held.values()) + slots <= per_week
