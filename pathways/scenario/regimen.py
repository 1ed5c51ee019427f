"""A regimen: what is infused on which days of one course."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pathways.errors import ValueProblem
from pathways.layout import MAX_COURSE_DAYS, MAX_LADDER_STEPS
from pathways.reading.fields import (
    EitherQuantity,
    Flag,
    Items,
    Measured,
    Probability,
    Quantity,
    Section,
    Text,
    WholeNumber,
)
from pathways.scenario.harms import refuse_twice
from pathways.scenario.later import NotModelled, later

OTHER_ROUTES = dict.fromkeys(
    ("oral", "intranasal", "nasal", "subcutaneous", "intramuscular", "sublingual"),
    "only intravenous ketamine is",
)
Premedicine = Literal["midazolam", "clonidine", "ondansetron"]
MIXED = "write one of `dose`, `doses`, `rate`, `rates`"

# Several times what anybody has reported: these stop a slip of the unit, not a practice.
Dose = Annotated[
    Measured,
    EitherQuantity(
        (Quantity("mg", above=0, maximum=10_000), Quantity("mg/kg", above=0, maximum=200))
    ),
]
InfusionRate = Annotated[
    Measured,
    EitherQuantity(
        (Quantity("mg/h", above=0, maximum=1000), Quantity("mg/kg/h", above=0, maximum=20))
    ),
]


class Regimen(Section):
    """One course: the infusions of consecutive or spaced days."""

    name: Text | None = None
    """What the clinic calls it."""
    route: Annotated[Literal["iv"], NotModelled(OTHER_ROUTES)] = "iv"
    """Route; only intravenous."""
    form: Literal["racemic", "s_ketamine", "sham"] = "racemic"
    """What is in the syringe; `sham` gives nothing active under the same visits."""
    dose: Dose | None = None
    """Dose of each infusion day, in mg or mg/kg."""
    doses: Annotated[Items[Dose], Field(min_length=1, max_length=MAX_COURSE_DAYS)] | None = None
    """Dose of each infusion day in turn, instead of one `dose`."""
    rate: InfusionRate | None = None
    """Rate of the infusion, in mg/h or mg/kg/h, instead of a dose."""
    rates: (
        Annotated[Items[InfusionRate], Field(min_length=1, max_length=MAX_COURSE_DAYS)] | None
    ) = None
    """Rate of each infusion day in turn (titration), instead of one `rate`."""
    duration: Annotated[float, Quantity("h", above=0, maximum=24 * MAX_COURSE_DAYS)]
    """Length of each infusion; above 24 h one continuous infusion over consecutive days."""
    days: Annotated[int, WholeNumber(minimum=1, maximum=MAX_COURSE_DAYS)] = 1
    """Infusion days of the course."""
    every: Annotated[int, Quantity("d", whole=True, minimum=1, maximum=28)] = 1
    """Days from one infusion day to the next."""
    setting: Literal["chair", "bed"] = "chair"
    """Where it is given."""
    weekends: Literal["skip", "infuse"] | None = None
    """Whether there are infusions at weekends; default: in a bed yes, in a chair no."""
    expectation: Annotated[float, Quantity(None, minimum=0, maximum=10)] | None = None
    """Multiplier of the expectation effect in this setting; default from the evidence."""
    perceived_effect: Probability = 0.0
    """How far a sham feels like ketamine, 0 to 1 (an active placebo)."""
    adjuvants: later(Items[Literal["magnesium"]], "adjuvants") = None
    """Drugs given beside it."""
    premedication: Items[Premedicine] = ()
    """Drugs given before it: against dissociation, or ondansetron against nausea."""
    titrate_to_response: later(Flag, "titration to response") = None
    """Whether the rate is raised until relief or intolerance."""

    @model_validator(mode="after")
    def _one_amount(self) -> Regimen:
        given = [n for n in ("dose", "doses", "rate", "rates") if getattr(self, n) is not None]
        if len(given) != 1:
            found = f"both `{given[0]}` and `{given[1]}` are given" if given else "no dose is given"
            raise ValueProblem(f"{found}; {MIXED}")
        if self.perceived_effect and self.form != "sham":
            raise ValueProblem(
                "only a sham has a perceived effect of its own", within=("perceived_effect",)
            )
        refuse_twice(self.premedication, "premedication")
        return self

    @model_validator(mode="after")
    def _continuous_is_consistent(self) -> Regimen:
        if self.duration <= 24.0:
            return self
        if self.days != 1 or self.every != 1:
            problem = "an infusion above 24 h is continuous; leave out `days` and `every`"
            raise ValueProblem(problem, within=("duration",))
        if self.setting == "chair":
            problem = "an infusion above 24 h is given in a bed; write `setting: bed`"
            raise ValueProblem(problem, within=("setting",))
        if self.weekends == "skip":
            raise ValueProblem("a continuous infusion cannot skip weekends", within=("weekends",))
        if self.dose is not None or self.doses is not None:
            problem = "an infusion above 24 h needs a `rate` or `rates`, not a dose"
            raise ValueProblem(problem, within=("duration",))
        return self

    @model_validator(mode="after")
    def _one_amount_per_day(self) -> Regimen:
        for name in ("doses", "rates"):
            amounts = getattr(self, name)
            if amounts is None:
                continue
            if len({amount.unit for amount in amounts}) > 1:
                raise ValueProblem(f"all `{name}` need the same unit", within=(name,))
            if len(amounts) != len(self.hours_by_day()):
                problem = f"{len(amounts)} {name} for {len(self.hours_by_day())} infusion days"
                raise ValueProblem(f"{problem}; write one for each", within=(name,))
        return self

    def hours_by_day(self) -> list[float]:
        """Return the hours infused on each infusion day."""
        if self.duration <= 24.0:
            return [self.duration] * self.days
        hours, left = [], self.duration
        while left > 0.0:
            hours.append(24.0 if left > 24.0 else left)
            left -= 24.0
        return hours

    def amounts_by_day(self) -> list[float]:
        """Return the dose of each infusion day, in mg or mg/kg (see :attr:`per_kg`)."""
        hours = self.hours_by_day()
        if self.dose is not None:
            return [self.dose.value] * len(hours)
        if self.doses is not None:
            return [dose.value for dose in self.doses]
        rates = [self.rate] * len(hours) if self.rate is not None else self.rates
        return [rate.value * h for rate, h in zip(rates, hours, strict=True)]

    @property
    def per_kg(self) -> bool:
        """Whether amounts are per kilogram of body weight."""
        given = self.dose or self.rate or (self.doses or self.rates)[0]
        return "/kg" in given.unit

    @property
    def skips_weekends(self) -> bool:
        """Whether no infusion is given on Saturday and Sunday."""
        if self.weekends is not None:
            return self.weekends == "skip"
        return self.setting == "chair"


class Ladder(Section):
    """Regimens to climb, the gentlest first."""

    steps: Annotated[Items[Regimen], Field(min_length=1, max_length=MAX_LADDER_STEPS - 1)]
    """Regimens in the order in which they are tried."""
    tries_per_step: Annotated[int, WholeNumber(minimum=1, maximum=12)] = 1
    """Courses without a response before the next step, or before treatment ends at the top."""
    gap: Annotated[int, Quantity("d", whole=True, minimum=1, maximum=365)] = 14
    """Days from a failed judgement to the next course."""
    step_down_on_intolerance: later(Flag, "stepping down on intolerance") = None
    """Whether an intolerable harm leads back to the step below."""
