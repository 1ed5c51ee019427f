"""Clinics as the engines read them, and courses that no clinic could give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pathways import layout
from pathways.errors import ValueProblem
from pathways.resolve.tables import round_half_up
from pathways.scenario.clinics import UNLIMITED_CODE, WEEKEND, count_code

if TYPE_CHECKING:
    from pathways.resolve.referrals import Load
    from pathways.resolve.sections import Sections
    from pathways.resolve.stated import StatedValues
    from pathways.scenario.clinics import Clinic

DTYPE = layout.numpy_dtype(layout.CLINIC)
EVERY_DAY = 0b1111111
DAYS_OF_WEEK = 7
LONGEST_AHEAD_DAYS = 500
"""Engines keep what is booked for somewhat longer."""
WITHOUT_CLINICS = {
    "booking_every_days": 7,
    "open_days": EVERY_DAY,
    "chairs": UNLIMITED_CODE,
    "open_minutes": 1440,
    "beds": UNLIMITED_CODE,
    "assessment_slots_per_week": UNLIMITED_CODE,
    "therapy_slots_per_week": UNLIMITED_CODE,
}
"""The one clinic of a scenario that names none."""


def clinic_records(stated: Sequence[StatedValues], load: Load) -> NDArray[np.void]:
    """Return the records of all clinics.

    Parameters
    ----------
    stated : sequence of StatedValues
        Of each rule set.
    load : Load

    Returns
    -------
    numpy.ndarray
        Records of ``layout.CLINIC``, shape (rule sets, clinics), clinics by ascending number.
    """
    declared = np.zeros((len(stated), len(load.order)), DTYPE)
    names = [clinic.name for clinic in stated[0].sections.clinics]
    for row, one in enumerate(stated):
        # A dated change names the clinics in an order of its own.
        places = {clinic.name: place for place, clinic in enumerate(one.sections.clinics)}
        for column, place in enumerate(load.order):
            fields = _fields(one, places[names[place]]) if names else WITHOUT_CLINICS
            for name, value in fields.items():
                declared[name][row, column] = value
    records = np.tile(declared, (1, load.regions))
    records["number"] = load.numbers
    return records


def _fields(stated: StatedValues, place: int) -> dict[str, Any]:
    clinic: Clinic = stated.sections.clinics[place]

    def value(name: str) -> float:
        return stated.of_clinic(clinic, place, name)

    # Nobody asks how many chairs a nurse can watch where nurses are not counted.
    watched = value("chairs_per_nurse") if clinic.nurses is not None else 1.0
    return {
        "booking_every_days": clinic.booking_every,
        "open_days": clinic.open.mask,
        "chairs": clinic.staffed_chairs(watched),
        "open_minutes": clinic.open.minutes,
        "turnaround_minutes": round_half_up(value("turnaround")),
        "beds": count_code(clinic.beds),
        "assessment_slots_per_week": count_code(clinic.assessment_slots_per_week),
        "therapy_slots_per_week": count_code(clinic.therapy_slots_per_week),
        "queue_order": clinic.queue_order,
        "keeps_place": int(clinic.after_no_show == "keeps_place"),
        "no_show": value("no_show"),
        "late_cancellation": value("late_cancellation"),
    }


def refuse_impossible_courses(
    sections: Sequence[Sections], records: NDArray[np.void], rule_sets: NDArray[np.void], load: Load
) -> None:
    """Refuse a course that a clinic could never book, however long the patient waits.

    A patient may still wait under new capacity for a course asked for under older rules, so every
    clinic is held against the regimens of its own rule set and of those before.

    Raises
    ------
    ValueProblem
        With the clinic's opening hours or booking as the place.
    """
    for row, in_force in enumerate(sections):
        for clinic, record in _declared(in_force, sections[0], records[row], load):
            for rules, older in zip(rule_sets[: row + 1], sections, strict=False):
                for step, regimen in enumerate(older.policy.regimens):
                    course = _Course(rules, step, regimen.name or f"step {step + 1}")
                    within = (*in_force.within, "clinics", clinic)
                    course.refuse_impossible(record, within)


def _declared(
    in_force: Sections, first: Sections, records: NDArray[np.void], load: Load
) -> Iterator[tuple[int, np.void]]:
    """Yield the place of each clinic in its section, and its record."""
    places = {clinic.name: place for place, clinic in enumerate(in_force.clinics)}
    if not places:
        return
    for column, place in enumerate(load.order):
        yield places[first.clinics[place].name], records[column]


class _Course:
    """One course of a rule set, as a clinic has to book it."""

    def __init__(self, rules: np.void, step: int, name: str) -> None:
        first = step * layout.MAX_COURSE_DAYS
        here = slice(first, first + int(rules["step_days"][step]))
        self.name = name
        self.minutes = int(rules["step_minutes"][here].max())
        self.gaps = [int(gap) for gap in rules["step_gap_days"][here][1:]]
        self.is_in_bed = bool(rules["step_bed"][step])
        self.skips_weekends = bool(rules["step_skip_weekends"][step])

    def refuse_impossible(self, clinic: np.void, within: tuple[str | int, ...]) -> None:
        """Refuse what does not fit into the clinic's days, whoever else is there."""
        needed = self.minutes + int(clinic["turnaround_minutes"])
        if not self.is_in_bed and needed > clinic["open_minutes"]:
            problem = (
                f"`{self.name}` needs a chair for {needed} min "
                f"({self.minutes} min infused and {clinic['turnaround_minutes']} min turnaround)"
            )
            allowed = f"{needed} min or more, or a shorter infusion or turnaround"
            raise ValueProblem(problem, allowed, within=(*within, "open", "minutes"))
        days = self._possible_days(clinic)
        if not days:
            problem = f"`{self.name}` skips weekends, and the clinic opens at weekends only"
            allowed = "an opening day from Monday to Friday, or `weekends: infuse` of the regimen"
            raise ValueProblem(problem, allowed, within=(*within, "open", "days"))
        ahead = int(clinic["booking_every_days"]) + self._span(days)
        if ahead > LONGEST_AHEAD_DAYS:
            problem = f"the end of `{self.name}` would be booked up to {ahead} d ahead"
            allowed = f"{LONGEST_AHEAD_DAYS} d or less: book more often, or shorten the course"
            raise ValueProblem(problem, allowed, within=(*within, "booking_every"))

    def _possible_days(self, clinic: np.void) -> int:
        days = EVERY_DAY if self.is_in_bed else int(clinic["open_days"])
        return days & ~WEEKEND if self.skips_weekends else days

    def _span(self, days: int) -> int:
        """Return the longest time from the first to the last day, over the days it may start."""
        starts = [start for start in range(DAYS_OF_WEEK) if days >> start & 1]
        return max(_last_day(start, self.gaps, days) - start for start in starts)


def _last_day(day: int, gaps: Sequence[int], days: int) -> int:
    for gap in gaps:
        day = _possible(day + gap, days)
    return day


def _possible(day: int, days: int) -> int:
    while not days >> day % DAYS_OF_WEEK & 1:
        day += 1
    return day
