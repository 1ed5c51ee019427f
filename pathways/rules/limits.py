"""Caps on treatment, planned pauses, and when a course may start."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from pathways.codes import ExitReason
from pathways.rules.rule_set import RuleSet


class Pause(IntEnum):
    """Why a course starts later than wanted."""

    NONE = 0
    REST = 1
    YEARLY_CAP = 2


class Start(NamedTuple):
    """When a course may start."""

    day: int
    pause: Pause


class Limits:
    """What the rules in force allow before a further course is booked."""

    def caps_reached(self, regimen: int) -> list[ExitReason]:
        """Return the caps that a further course of `regimen` would break (decision)."""
        rules = self.rules
        reached = []
        planned_mg = self.racemic_equivalents_given() + self.planned_racemic_mg(rules, regimen, 1.0)
        if rules.limit_racemic_mg > 0.0 and planned_mg > rules.limit_racemic_mg:
            reached.append(ExitReason.DOSE_CAP)
        too_many_courses = 0 < rules.limit_courses <= self.courses
        infusions = self.infusions + rules.step_days[regimen]
        if too_many_courses or 0 < rules.limit_infusions < infusions:
            reached.append(ExitReason.COUNT_CAP)
        if self.could_not_pay(regimen):
            reached.append(ExitReason.COULD_NOT_PAY)
        return reached

    def racemic_equivalents_given(self) -> float:
        """Return the ketamine that the clinic has given so far, mg of the racemate."""
        return self.racemic_mg + self.s_ketamine_mg / self.rules.potency

    def planned_racemic_mg(self, rules: RuleSet, regimen: int, fraction: float) -> float:
        """Return the dose of a whole course of `regimen`, mg of the racemate."""
        planned = 0.0
        for course_day in range(rules.step_days[regimen]):
            mg = rules.dose_mg(regimen, course_day, self.weight_kg, fraction)
            planned += rules.racemic_equivalent_mg(regimen, mg)
        return planned

    def next_start(self, wanted_day: int) -> Start:
        """Return from when a course that is wanted on `wanted_day` may start (decision).

        Weekends and free chairs come later.
        """
        rules = self.rules
        start, pause = max(wanted_day, self.day + 1), Pause.NONE
        if self.tapering:
            return Start(start, pause)
        rested_day = self.last_infusion_day + rules.rest_days
        if self.rest_is_due() and start < rested_day:
            start, pause = rested_day, Pause.REST
        per_year = rules.limit_courses_per_year
        if 0 < per_year <= self.courses:
            year_later = self.course_start_days[-per_year] + 365
            if start < year_later:
                start, pause = year_later, Pause.YEARLY_CAP
        return Start(start, pause)

    def rest_is_due(self) -> bool:
        """Return whether a planned pause follows the last course."""
        after_courses = self.rules.rest_after_courses
        return after_courses > 0 and self.courses > 0 and self.courses % after_courses == 0
