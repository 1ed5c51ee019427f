"""Courses on fixed days, as in a trial (docs/model.md 8e)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from pathways.errors import ValueProblem, nearest, shown
from pathways.layout import MAX_LADDER_STEPS, MAX_PROTOCOL_COURSES
from pathways.reading.fields import Items, Line, Quantity, Section
from pathways.scenario.regimen import Regimen

DAYS_PER_WEEK = 7
FIRST_WEEKEND_DAY = 5
PatientDay = Annotated[int, Quantity("d", whole=True, minimum=1, maximum=36500)]


class ProtocolCourse(Section):
    """One course and its day."""

    day: PatientDay
    """Day of its first infusion, counted from the enrolment on a Monday, day 0."""
    regimen: Line
    """Name of one of the protocol's regimens."""


class Protocol(Section):
    """Courses on fixed days, whatever becomes of the pain; nothing is judged."""

    regimens: Annotated[Items[Regimen], Field(min_length=1, max_length=MAX_LADDER_STEPS)]
    """What is given, each with a name."""
    courses: Annotated[Items[ProtocolCourse], Field(min_length=1, max_length=MAX_PROTOCOL_COURSES)]
    """Courses in order."""
    last_visit: PatientDay
    """Day of the last visit, after the last infusion."""

    @model_validator(mode="after")
    def _regimens_have_names(self) -> Protocol:
        for index, regimen in enumerate(self.regimens):
            if regimen.name is None:
                problem = "a regimen of a protocol needs a `name`"
                raise ValueProblem(problem, within=("regimens", index))
            if regimen.name in self.names[:index]:
                problem = f"there is a regimen {shown(regimen.name)} already"
                raise ValueProblem(problem, within=("regimens", index, "name"))
        return self

    @model_validator(mode="after")
    def _courses_are_possible(self) -> Protocol:
        soonest = 1
        for index, course in enumerate(self.courses):
            if course.regimen not in self.names:
                problem = f"there is no regimen {shown(course.regimen)}"
                near = nearest(course.regimen, self.names)
                within = ("courses", index, "regimen")
                raise ValueProblem(problem, self.names, near, within)
            if course.day < soonest:
                problem = f"the course before it ends on day {soonest - 2}"
                allowed = f"{soonest} d or later"
                raise ValueProblem(problem, allowed, within=("courses", index, "day"))
            # A visit on the day after the last infusion books the next course for a later day.
            soonest = infusion_days(self.regimen(course.regimen), course.day)[-1] + 2
        if self.last_visit < soonest - 1:
            problem = f"the last infusion is on day {soonest - 2}"
            raise ValueProblem(problem, f"{soonest - 1} d or later", within=("last_visit",))
        return self

    @property
    def names(self) -> list[str]:
        """Names of the regimens, in order."""
        return [str(regimen.name) for regimen in self.regimens]

    def regimen(self, name: str) -> Regimen:
        """Return a regimen by its name."""
        return self.regimens[self.names.index(name)]


def infusion_days(regimen: Regimen, start: int) -> list[int]:
    """Return the days on which a course is infused.

    Parameters
    ----------
    regimen : Regimen
    start : int
        Day of the first infusion asked for, counted from a Monday, day 0.

    Returns
    -------
    list of int
        A regimen that skips weekends is moved to the Monday, as docs/model.md 5.3 and 7.3 say.
    """
    days = [_moved(regimen, start)]
    while len(days) < len(regimen.hours_by_day()):
        days.append(_moved(regimen, days[-1] + regimen.every))
    return days


def _moved(regimen: Regimen, day: int) -> int:
    weekday = day % DAYS_PER_WEEK
    if regimen.skips_weekends and weekday >= FIRST_WEEKEND_DAY:
        return day + DAYS_PER_WEEK - weekday
    return day
