"""One rule set: everything that a clinic decides and that the body's constants are, as numbers."""

from __future__ import annotations

import math
from dataclasses import field, make_dataclass
from typing import TYPE_CHECKING

from pathways.codes import ChronicHarm, Link
from pathways.layout import FLOAT, MAX_COURSE_DAYS, PARAMETERS
from pathways.rules.arithmetic import round_half_up

if TYPE_CHECKING:
    import numpy

    from pathways.plan import Plan


def _python_type(kind: str, count: int) -> type:
    scalar = float if kind == FLOAT else int
    return scalar if count == 1 else tuple[scalar, ...]


def _frozen(nested: list | float) -> tuple | float:
    if not isinstance(nested, list):
        return nested
    of_lists = bool(nested) and isinstance(nested[0], list)
    return tuple(map(_frozen, nested)) if of_lists else tuple(nested)


_Parameters = make_dataclass(
    "_Parameters",
    [
        ("number", int),
        ("start_day", int),
        *((f.name, _python_type(f.kind, f.count)) for f in PARAMETERS),
        ("curves", tuple, field(repr=False, compare=False)),
        ("harms_with_excess", tuple, field(repr=False, compare=False)),
    ],
    frozen=True,
    slots=True,
)


class RuleSet(_Parameters):
    """Rules in force between two dates; immutable, with the fields of ``layout.PARAMETERS``.

    Attributes
    ----------
    number : int
        Position in the plan; 0 is the base.
    start_day : int
        Calendar day from which it is in force.
    curves : tuple
        Immediate effect by ladder step, course day, ``codes.Curve``, clearance, weight.
    harms_with_excess : tuple of ChronicHarm
        Those whose hazard can depend on exposure.
    """

    __slots__ = ()

    @classmethod
    def from_record(
        cls, number: int, start_day: int, record: numpy.void, curves: numpy.ndarray
    ) -> RuleSet:
        """Return the rule set held in one record of ``layout.PARAMETERS``."""
        values = {f.name: _frozen(record[f.name].tolist()) for f in PARAMETERS}
        return cls(
            number,
            start_day,
            **values,
            curves=_frozen(curves.tolist()),
            harms_with_excess=_harms_with_excess(values),
        )

    def gap_days(self, step: int, course_day: int) -> int:
        """Return the days from the previous infusion to the one of this course day."""
        return self.step_gap_days[step * MAX_COURSE_DAYS + course_day]

    def hours(self, step: int, course_day: int) -> float:
        """Return the hours infused on this course day."""
        return self.step_hours[step * MAX_COURSE_DAYS + course_day]

    def minutes(self, step: int, course_day: int) -> int:
        """Return the minutes infused on this course day, rounded up."""
        return self.step_minutes[step * MAX_COURSE_DAYS + course_day]

    def dose_mg(self, step: int, course_day: int, weight_kg: float, fraction: float) -> float:
        """Return the dose in mg, rounded to the vial last; 0 for a sham."""
        if self.step_sham[step]:
            return 0.0
        dose = self.step_dose[step * MAX_COURSE_DAYS + course_day]
        if self.step_per_kg[step]:
            dose = dose * weight_kg
        dose = dose * fraction
        return round_half_up(dose / self.vial_step_mg) * self.vial_step_mg

    def racemic_equivalent_mg(self, step: int, mg: float) -> float:
        """Return `mg` of this step's ketamine as mg of the racemate."""
        return mg / self.potency if self.step_s_ketamine[step] else mg

    def infusion_price(self, step: int, course_day: int) -> float:
        """Return the price of the infusion of this course day, without the drug."""
        return self.price_infusion[step * MAX_COURSE_DAYS + course_day]

    def vials_price(self, mg: float) -> float:
        """Return the price of the whole vials that `mg` take."""
        if self.price_vial == 0.0:
            return 0.0
        vials = math.floor(mg / self.vial_content_mg)
        if vials * self.vial_content_mg < mg:
            vials += 1
        return vials * self.price_vial


def _harms_with_excess(values: dict[str, tuple]) -> tuple[ChronicHarm, ...]:
    if values["harm_off"]:
        return ()
    return tuple(
        harm
        for harm in ChronicHarm
        if values["harm_link"][harm] != Link.NONE and values["harm_base"][harm] != 0.0
    )


def rule_sets_of(plan: Plan) -> tuple[RuleSet, ...]:
    """Return the plan's rule sets in the order in which they come into force."""
    return tuple(
        RuleSet.from_record(number, int(plan.change_days[number]), record, plan.curves[number])
        for number, record in enumerate(plan.rule_sets)
    )
