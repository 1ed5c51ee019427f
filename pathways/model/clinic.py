"""The clinic: what it has, whom it treats, its booking days, and what it counts each week."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesa import Agent

from pathways.layout import WEEKLY
from pathways.rules.appointments import Appointments
from pathways.rules.booking import CourseBooking
from pathways.rules.queues import Queues
from pathways.rules.resources import Resources
from pathways.rules.weekly import WeeklyRow

if TYPE_CHECKING:
    import numpy

    from pathways.model.model import PathwayModel
    from pathways.model.patient import PatientAgent


class WeekRow:
    """Sums over the patients of one calendar week, in whole numbers so that order cannot show.

    The attributes are the fields of ``layout.WEEKLY``, described there.
    """

    __slots__ = tuple(field.name for field in WEEKLY)

    def __init__(self) -> None:
        for field in WEEKLY:
            setattr(self, field.name, 0 if field.count == 1 else [0] * field.count)


class ClinicAgent(Queues, CourseBooking, Appointments, WeeklyRow, Agent):
    """One clinic. Clinics share nothing.

    A subclass may replace any decision: how a queue is ordered (:mod:`pathways.rules.queues`),
    where a course fits (:mod:`pathways.rules.booking`), when first visits take place and who gets a
    place in the programme (:mod:`pathways.rules.appointments`).

    Parameters
    ----------
    model : PathwayModel
    resources_by_rule_set : tuple of Resources

    Attributes
    ----------
    number : int
        Part of the address of every draw of the clinic's patients.
    resources : Resources
        Those of the rule set in force.
    patients : list of PatientAgent
        Referred so far and alive.
    window_end : int
        Last calendar day for which slots are given out today.
    minutes_used : dict from (int, int) to int
        Minutes booked, by calendar day and chair.
    beds_used : dict from int to int
        Beds booked, by calendar day.
    slots_held : dict from PatientAgent to int
        Therapy sessions a week of those who have a place in the programme.
    rows : list of WeekRow
        One for each calendar week so far.
    row : WeekRow
        The present week.
    """

    def __init__(self, model: PathwayModel, resources_by_rule_set: tuple[Resources, ...]) -> None:
        super().__init__(model)
        self.resources_by_rule_set = resources_by_rule_set
        self.resources = resources_by_rule_set[0]
        self.number = self.resources.number
        self.patients: list[PatientAgent] = []
        self.window_end = 0
        self.have_no_bookings()
        self.have_no_places_taken()
        self.rows: list[WeekRow] = []
        self.row: WeekRow

    def open_week(self) -> None:
        """Start a new row."""
        self.row = WeekRow()
        self.rows.append(self.row)

    def change_rules(self, number: int) -> None:
        """Have the resources of another rule set from today."""
        self.resources = self.resources_by_rule_set[number]

    def book(self) -> bool:
        """Give out slots (step 7 of the day): courses first, then first visits and therapies.

        Returns
        -------
        bool
            Whether today is a booking day.
        """
        every_days = self.resources.booking_every_days
        if self.model.day % every_days != 0:
            return False
        self.window_end = self.model.day + every_days
        self.book_courses()
        self.book_assessments()
        self.give_places()
        return True

    def weekly(self) -> numpy.ndarray:
        """Return the rows as records of ``layout.WEEKLY``."""
        import numpy

        from pathways.layout import numpy_dtype

        weekly = numpy.zeros(len(self.rows), numpy_dtype(WEEKLY))
        for field in WEEKLY:
            weekly[field.name] = [getattr(row, field.name) for row in self.rows]
        return weekly
