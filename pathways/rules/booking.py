"""Courses in chairs and beds: the first slot into which a whole course fits."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from pathways.codes import Event, Purpose, Step
from pathways.rules.resources import UNLIMITED
from pathways.rules.rule_set import RuleSet

if TYPE_CHECKING:
    from pathways.model.patient import PatientAgent


class Slot(NamedTuple):
    """Time for a whole course.

    Attributes
    ----------
    days : list of int
        Calendar day of each course day.
    chairs : list of int
        Chair of each course day, -1 where chairs are unlimited; empty for a course in a bed.
    """

    days: list[int]
    chairs: list[int]


class CourseBooking:
    """The clinic's part of step 7 for courses."""

    def have_no_bookings(self) -> None:
        """Have every chair and bed free."""
        self.minutes_used: dict[tuple[int, int], int] = defaultdict(int)
        self.beds_used: dict[int, int] = defaultdict(int)

    def book_courses(self) -> None:
        """Offer each patient in the queue the first slot into which the course fits."""
        self.forget_past_days()
        for patient in self.queue_for_courses():
            slot = self.first_fit(patient)
            if slot is not None:
                self.offer(patient, slot)

    def forget_past_days(self) -> None:
        """Drop what can no longer matter."""
        today = self.model.day
        for place in [place for place in self.minutes_used if place[0] <= today]:
            del self.minutes_used[place]
        for day in [day for day in self.beds_used if day <= today]:
            del self.beds_used[day]

    # Where a course fits

    def first_fit(self, patient: PatientAgent) -> Slot | None:
        """Return the first slot of the window for a patient's course, or None (decision)."""
        rules, step = patient.course_rules, patient.course_step
        first_day = max(patient.course_request.earliest, self.model.day + 1)
        for day in range(first_day, self.window_end + 1):
            if self.resources.is_possible(day, rules, step):
                slot = self.slot_from(day, rules, step)
                if slot is not None:
                    return slot
        return None

    def slot_from(self, day: int, rules: RuleSet, step: int) -> Slot | None:
        """Return the slot of a course that starts on `day`, None if it does not fit."""
        days = self.course_days(day, rules, step)
        if days is None:
            return None
        if rules.step_bed[step]:
            return Slot(days, []) if self.has_beds(days[0], days[-1]) else None
        chairs = []
        for course_day, chair_day in enumerate(days):
            minutes = self.resources.minutes_needed(rules, step, course_day)
            chair = self.free_chair(chair_day, minutes)
            if chair is None:
                return None
            chairs.append(chair)
        return Slot(days, chairs)

    def course_days(self, day: int, rules: RuleSet, step: int) -> list[int] | None:
        """Return the calendar days of a course that starts on `day`, None if there are none."""
        days = [day]
        for course_day in range(1, rules.step_days[step]):
            wanted = days[-1] + rules.gap_days(step, course_day)
            possible = self.resources.first_possible(wanted, rules, step)
            if possible is None:
                return None
            days.append(possible)
        return days

    def free_chair(self, day: int, minutes: int) -> int | None:
        """Return the first chair with so many minutes left in one day, or None (decision)."""
        resources = self.resources
        if resources.chairs == UNLIMITED:
            return UNLIMITED
        for chair in range(resources.chairs):
            if self.minutes_used.get((day, chair), 0) + minutes <= resources.open_minutes:
                return chair
        return None

    def has_beds(self, first_day: int, last_day: int) -> bool:
        """Return whether a bed is free on each day from first to last (decision)."""
        beds = self.resources.beds
        if beds == UNLIMITED:
            return True
        return all(self.beds_used.get(day, 0) < beds for day in range(first_day, last_day + 1))

    # What becomes of an offer

    def offer(self, patient: PatientAgent, slot: Slot) -> None:
        """Book a course, unless the patient cancels late or will miss the first day."""
        patient.day_step = Step.BOOKING
        u_of_no_show = patient.uniform(Purpose.NO_SHOW, patient.bookings)
        u_of_cancellation = patient.uniform(Purpose.NO_SHOW, patient.bookings, lane=1)
        patient.bookings += 1
        if patient.cancels_late(u_of_cancellation):
            patient.cancellations += 1
            self.row.cancellations += 1
            probability = self.resources.late_cancellation
            patient.miss(Event.CANCELLED, slot, u_of_cancellation, probability)
        elif patient.stays_away(u_of_no_show):
            patient.no_shows += 1
            self.row.no_shows += 1
            self.lose_first_day(patient, slot)
            patient.miss(Event.NO_SHOW, slot, u_of_no_show, self.resources.no_show)
        else:
            self.reserve(patient, slot)
            patient.accept(slot)

    def lose_first_day(self, patient: PatientAgent, slot: Slot) -> None:
        """Keep the first day of a course for somebody who does not come."""
        if not slot.chairs:
            self.use_beds(slot.days[0], slot.days[0])
            return
        minutes = self.resources.minutes_needed(patient.course_rules, patient.course_step, 0)
        self.use_chair(slot.days[0], slot.chairs[0], minutes)
        self.row.chair_minutes_lost += minutes

    def reserve(self, patient: PatientAgent, slot: Slot) -> None:
        """Keep chairs or a bed for all days of a course."""
        if not slot.chairs:
            self.use_beds(slot.days[0], slot.days[-1])
            return
        rules, step = patient.course_rules, patient.course_step
        for course_day, (day, chair) in enumerate(zip(*slot, strict=True)):
            self.use_chair(day, chair, self.resources.minutes_needed(rules, step, course_day))

    def use_chair(self, day: int, chair: int, minutes: int) -> None:
        """Add minutes to what is booked in a chair."""
        if chair != UNLIMITED:
            self.minutes_used[day, chair] += minutes

    def use_beds(self, first_day: int, last_day: int) -> None:
        """Keep a bed on each day from first to last."""
        if self.resources.beds != UNLIMITED:
            for day in range(first_day, last_day + 1):
                self.beds_used[day] += 1

    # What was used in the end

    def count_use(self, patient: PatientAgent) -> None:
        """Count the chair minutes or the bed of an infusion that is given today."""
        rules, step = patient.course_rules, patient.course_step
        if rules.step_bed[step]:
            self.row.bed_days_used += 1
        else:
            resources = patient.booking_resources
            self.row.chair_minutes_used += resources.minutes_needed(rules, step, patient.course_day)
