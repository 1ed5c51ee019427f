"""Who comes first on a clinic's waiting lists.

Each discipline is one method that a subclass of the clinic may replace, and so is `standing`, which
chooses between them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pathways.codes import QueueOrder

if TYPE_CHECKING:
    from pathways.model.patient import PatientAgent


class Request(NamedTuple):
    """Something that a patient asks the clinic for.

    Attributes
    ----------
    earliest : int
        First calendar day on which it is wanted.
    joined : int
        Calendar day from which the place in the queue counts.
    """

    earliest: int
    joined: int


class Standing(NamedTuple):
    """Where a patient stands before the time of waiting counts.

    Attributes
    ----------
    group : int
        Lower goes first.
    priority : int
        Within a group, higher goes first.
    """

    group: int
    priority: int


class Queues:
    """The three waiting lists of a clinic, each in the order in which it is served."""

    # Disciplines

    def standing(self, patient: PatientAgent) -> Standing:
        """Return where a patient stands in the queue for courses (decision)."""
        order = self.resources.queue_order
        if order == QueueOrder.CONTINUING_FIRST:
            return self.continuing_first(patient)
        if order == QueueOrder.NEW_FIRST:
            return self.new_first(patient)
        if order == QueueOrder.HIGHEST_PAIN:
            return self.highest_pain(patient)
        return self.first_come(patient)

    def first_come(self, patient: PatientAgent) -> Standing:
        """Let nothing but the time of waiting count."""
        return Standing(0, 0)

    def continuing_first(self, patient: PatientAgent) -> Standing:
        """Let those go first who have been infused before."""
        return Standing(0 if patient.infusions > 0 else 1, 0)

    def new_first(self, patient: PatientAgent) -> Standing:
        """Let those go first who have never been infused."""
        return Standing(1 if patient.infusions > 0 else 0, 0)

    def highest_pain(self, patient: PatientAgent) -> Standing:
        """Let those go first who had the highest scores at enrolment."""
        return Standing(0, patient.enrolment_score_sum)

    # Waiting lists

    def queue_for_courses(self) -> list[PatientAgent]:
        """Return those who ask for a course in the coming window, first served first."""
        waiting = [
            patient
            for patient in self.patients
            if patient.course_request is not None
            and patient.course_request.earliest <= self.window_end
        ]
        return sorted(waiting, key=self._place_for_course)

    def queue_for_assessments(self) -> list[PatientAgent]:
        """Return those who wait for a first visit, first served first."""
        waiting = [patient for patient in self.patients if patient.assessment_request is not None]
        return sorted(waiting, key=self._place_for_assessment)

    def queue_for_programme(self) -> list[PatientAgent]:
        """Return those who ask for therapies in the coming window, first served first."""
        waiting = [
            patient
            for patient in self.patients
            if patient.programme_request is not None
            and patient.programme_request.earliest <= self.window_end
        ]
        return sorted(waiting, key=self._place_for_programme)

    def _place_for_course(self, patient: PatientAgent) -> tuple[int, int, int, int]:
        group, priority = self.standing(patient)
        return group, -priority, patient.course_request.joined, patient.patient

    # Whether somebody was infused before counts for courses only.

    def _place_for_assessment(self, patient: PatientAgent) -> tuple[int, int, int]:
        return -self.standing(patient).priority, patient.assessment_request.joined, patient.patient

    def _place_for_programme(self, patient: PatientAgent) -> tuple[int, int, int]:
        return -self.standing(patient).priority, patient.programme_request.joined, patient.patient
