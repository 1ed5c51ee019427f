"""Asking for courses, first visits and therapies, and what comes of it.

Without queues everything is given on the day it is wanted. With queues it is asked for, and the
clinic gives it out on booking days (:mod:`pathways.rules.booking` and
:mod:`pathways.rules.appointments`).
"""

from __future__ import annotations

from pathways.codes import Event, Purpose, State, Visit
from pathways.rules.booking import Slot
from pathways.rules.limits import Start
from pathways.rules.queues import Request
from pathways.rules.resources import SATURDAY
from pathways.rules.rule_set import RuleSet


class Requests:
    """The patient's side of bookings."""

    def have_no_requests(self) -> None:
        """Wait for nothing."""
        self.course_request: Request | None = None
        self.assessment_request: Request | None = None
        self.programme_request: Request | None = None
        self.bookings = self.no_shows = self.cancellations = 0
        self.booking_resources = self.clinic.resources

    def withdraw_requests(self) -> None:
        """Wait for nothing any more."""
        self.course_request = self.assessment_request = self.programme_request = None

    # First visits

    def arrange_assessment(self, wanted_day: int) -> None:
        """Be assessed on `wanted_day`, or wait for a date."""
        self.cancel_visit()
        if self.model.queues:
            self.assessment_request = Request(self.model.day, self.model.day)
        else:
            self.visit_kind, self.visit_day = Visit.ASSESSMENT, wanted_day

    def accept_assessment(self, calendar_day: int) -> None:
        """Have a date for the first visit."""
        self.assessment_request = None
        self.visit_kind, self.visit_day = Visit.ASSESSMENT, calendar_day - self.referral_day
        self.log_event(Event.ASSESSMENT_BOOKED, 0, self.visit_day)

    # Courses

    def book_course(self, regimen: int, wanted_day: int, state: State) -> None:
        """Book the next course for `wanted_day` or as soon after as the rules allow.

        With queues it is only asked for.
        """
        self.arrange_course(regimen, self.next_start(wanted_day), state)

    def arrange_course(self, regimen: int, may_start: Start, state: State) -> None:
        """Have a course booked, or ask for it, that may start from the day given."""
        queues = self.model.queues
        start, pause = may_start
        if not queues:
            start = self.avoid_weekend(start, self.rules, regimen)
        self.course_rules = self.rules
        self.course_step = regimen
        self.cancel_visit()
        if pause:
            self.move_to(State.PAUSED)
            self.log_event(Event.PAUSED, pause, start)
        else:
            self.move_to(state)
        if queues:
            self.course_start_day = self.administration_day = -1
            earliest = self.referral_day + start
            self.course_request = Request(earliest, joined=earliest)
            self.log_booking(Event.REQUESTED, start)
        else:
            self.have_course_booked(start)

    def have_course_booked(self, start: int) -> None:
        """Have a course that starts on patient day `start`."""
        self.course_start_day = self.administration_day = start
        self.course_day = 0
        self.log_booking(Event.BOOKED, start)

    def log_booking(self, event: Event, start: int) -> None:
        """Log that a course was asked for or booked, and its dose."""
        rules, step = self.course_rules, self.course_step
        planned_mg = self.planned_racemic_mg(rules, step, self.dose_fraction(rules))
        self.log_event(event, step, start, planned_mg, self.courses)

    def accept(self, slot: Slot) -> None:
        """Have the course booked that was asked for."""
        self.course_request = None
        self.booking_resources = self.clinic.resources
        self.have_course_booked(slot.days[0] - self.referral_day)

    def cancels_late(self, u: float) -> bool:
        """Return whether an offered course is called off; its slot goes to the next (decision)."""
        return u < self.clinic.resources.late_cancellation

    def stays_away(self, u: float) -> bool:
        """Return whether the first day of an offered course will be missed (decision)."""
        return u < self.clinic.resources.no_show

    def miss(self, event: Event, slot: Slot, u: float, probability: float) -> None:
        """Not have the course that was offered, and ask for another from the day after."""
        missed_day = slot.days[0]
        start, booking = missed_day - self.referral_day, self.bookings - 1
        self.log_event(event, self.course_step, start, u, probability, Purpose.NO_SHOW, booking)
        keeps_place = self.clinic.resources.keeps_place
        joined = self.course_request.joined if keeps_place else missed_day
        self.course_request = Request(missed_day + 1, joined)

    def next_course_day(self, wanted_day: int) -> int:
        """Return the patient day of the next infusion of a course under way."""
        rules, step = self.course_rules, self.course_step
        if not self.model.queues:
            return self.avoid_weekend(wanted_day, rules, step)
        wanted = self.referral_day + wanted_day
        return self.booking_resources.first_possible(wanted, rules, step) - self.referral_day

    def avoid_weekend(self, day: int, rules: RuleSet, step: int) -> int:
        """Return `day`, moved to Monday if it is on a weekend without infusions."""
        weekday = (self.referral_day + day) % 7
        if rules.step_skip_weekends[step] and weekday >= SATURDAY:
            return day + (7 - weekday)
        return day

    # Places in the programme

    def needs_place(self) -> bool:
        """Return whether the programme has sessions of which the clinic has a limited number."""
        limited = self.clinic.resources.therapy_slots_per_week >= 0
        return bool(self.model.queues and limited and self.therapy_sessions_each_week() > 0)

    def ask_for_place(self) -> None:
        """Wait for a place in the programme."""
        earliest = self.model.day + self.rules.therapy_delay_days
        self.programme_request = Request(earliest, joined=self.model.day)

    def accept_place(self) -> None:
        """Begin the programme, tomorrow at the soonest."""
        earliest = self.programme_request.earliest
        self.programme_request = None
        self.start_programme(max(earliest, self.model.day + 1) - self.referral_day)

    def count_waiting(self) -> None:
        """Add what the patient waits for this evening to the clinic's week."""
        row, request = self.clinic.row, self.course_request
        row.waiting_for_assessment += self.assessment_request is not None
        row.waiting_for_course += request is not None and request.earliest <= self.model.day
        row.waiting_for_programme += self.programme_request is not None
