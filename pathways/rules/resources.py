"""What a clinic has under one rule set: opening days, chairs, beds, slots."""

from __future__ import annotations

from dataclasses import make_dataclass
from typing import TYPE_CHECKING

from pathways.layout import CLINIC, FLOAT
from pathways.rules.rule_set import RuleSet

if TYPE_CHECKING:
    import numpy

    from pathways.plan import Plan

UNLIMITED = -1
DAYS_PER_WEEK = 7
SATURDAY = 5

_Clinic = make_dataclass(
    "_Clinic",
    [(field.name, float if field.kind == FLOAT else int) for field in CLINIC],
    frozen=True,
    slots=True,
)


class Resources(_Clinic):
    """One record of ``layout.CLINIC``, with its fields; immutable. -1 is unlimited."""

    __slots__ = ()

    @classmethod
    def from_record(cls, record: numpy.void) -> Resources:
        """Return the resources held in one record of ``layout.CLINIC``."""
        return cls(*record.item())

    def is_open(self, day: int) -> bool:
        """Return whether chairs are staffed on this calendar day."""
        return self.open_days >> day % DAYS_PER_WEEK & 1 == 1

    def is_possible(self, day: int, rules: RuleSet, step: int) -> bool:
        """Return whether an infusion of a regimen can be given on this calendar day."""
        if rules.step_skip_weekends[step] and day % DAYS_PER_WEEK >= SATURDAY:
            return False
        return bool(rules.step_bed[step]) or self.is_open(day)

    def first_possible(self, day: int, rules: RuleSet, step: int) -> int | None:
        """Return the first possible day from `day` on, None if no weekday is one."""
        for later in range(day, day + DAYS_PER_WEEK):
            if self.is_possible(later, rules, step):
                return later
        return None

    def minutes_needed(self, rules: RuleSet, step: int, course_day: int) -> int:
        """Return the minutes that the infusion of a course day occupies a chair."""
        return rules.minutes(step, course_day) + self.turnaround_minutes


def resources_of(plan: Plan) -> list[tuple[Resources, ...]]:
    """Return for each clinic of a plan its resources by rule set."""
    return [
        tuple(Resources.from_record(record) for record in of_one_clinic)
        for of_one_clinic in plan.clinics.T
    ]
