"""Patients who come back, and those who buy infusions elsewhere."""

from __future__ import annotations

from typing import Annotated

from pydantic import model_validator

from pathways.errors import ValueProblem
from pathways.reading.fields import (
    NonNegative,
    Parameter,
    PerYear,
    Probability,
    Quantity,
    Section,
    WholeDays,
)
from pathways.scenario.clinics import SHARE, stated_in_the_evidence
from pathways.scenario.regimen import Regimen

Interval = Annotated[int, Quantity("d", whole=True, minimum=1, maximum=36500)]
RATE = Quantity("1/year", minimum=0)


class ReReferral(Section):
    """Return of patients whose treatment has ended."""

    rate: Parameter[PerYear] = stated_in_the_evidence("re_referral_rate", RATE)
    """How many in a year, of those still in pain; default from the evidence."""
    wait_at_least: WholeDays = 0
    """Shortest time from the end of treatment to the further referral."""


class OutsideOption(Section):
    """Infusions that refused and exited patients buy elsewhere; nobody there says when to stop."""

    share: Parameter[Probability] = stated_in_the_evidence("outside_uptake_probability", SHARE)
    """Share of patients who take it up at a refusal or an end of treatment; default from the
    evidence."""
    regimen: Regimen
    """What they buy: one infusion of racemic or S-ketamine in a chair."""
    first_after: Interval
    """Time from the refusal or the end of treatment to the first infusion."""
    interval: Interval
    """Time from one infusion to the next."""
    stop_rate: Parameter[PerYear]
    """How many in a year stop buying of their own accord, such as `0.5 per year`."""
    price: NonNegative | None = None
    """Price of an infusion with the drug in the currency of the price book; default: that of the
    same infusion in the book."""

    @model_validator(mode="after")
    def _one_infusion(self) -> OutsideOption:
        days = len(self.regimen.hours_by_day())
        if days != 1:
            problem = f"one infusion at a time is bought elsewhere, this course has {days}"
            raise ValueProblem(problem, "one infusion day", within=("regimen",))
        if self.regimen.form == "sham":
            problem = "nobody would buy a sham"
            raise ValueProblem(problem, ["racemic", "s_ketamine"], within=("regimen", "form"))
        if self.regimen.setting == "bed":
            problem = "what is bought elsewhere is given in a chair"
            raise ValueProblem(problem, ["chair"], within=("regimen", "setting"))
        return self
