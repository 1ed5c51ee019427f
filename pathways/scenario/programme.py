"""Therapies that run beside infusions, or instead of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pathways.codes import ProgrammeFor
from pathways.errors import ValueProblem
from pathways.layout import MAX_THERAPIES
from pathways.reading.fields import (
    Flag,
    Items,
    NonNegative,
    Parameter,
    Probability,
    Quantity,
    Section,
    WholeDays,
    WholeNumber,
)
from pathways.scenario.harms import refuse_twice
from pathways.scenario.later import later

Family = Literal[
    "medication", "activity", "behavioural", "interdisciplinary_programme", "user_defined"
]
OWN_WORDS = ("effect", "half_life", "attendance", "dropout", "price_per_session")
NEEDED_OF_OWN = ("effect", "sessions", "per_week", "half_life")
MOST_SESSIONS = 1000


class Therapy(Section):
    """One therapy."""

    family: Family
    """What kind of therapy."""
    medicine: Literal["duloxetine", "gabapentinoid"] | None = None
    """Which medicine, for `medication`."""
    sessions: Annotated[int, WholeNumber(minimum=1, maximum=MOST_SESSIONS)] | None = None
    """Planned sessions; default from the evidence."""
    per_week: Annotated[int, WholeNumber(minimum=1, maximum=7)] | None = None
    """Sessions a week; default from the evidence."""
    compared_with: Literal["usual_care", "active_control"] | None = None
    """Which trials of `behavioural` therapy its effect is from; default: against usual care."""
    effect: Parameter[Probability] | None = None
    """Share of pain that the whole of a `user_defined` therapy takes away."""
    half_life: Annotated[float, Quantity("d", above=0, maximum=36500)] | None = None
    """Time in which half of that is lost again once it has ended."""
    attendance: Probability | None = None
    """Share of its sessions that are attended; default: all."""
    dropout: Probability | None = None
    """Share of patients who drop out before its end; default: none."""
    price_per_session: NonNegative | None = None
    """Price of a session in the currency of the price book; default: free."""

    @model_validator(mode="after")
    def _fits_the_family(self) -> Therapy:
        is_own = self.family == "user_defined"
        for name in NEEDED_OF_OWN:
            if is_own and getattr(self, name) is None:
                raise ValueProblem(f"a `user_defined` therapy needs `{name}`", within=(name,))
        for name in OWN_WORDS:
            if not is_own and getattr(self, name) is not None:
                problem = f"`{name}` of `{self.family}` is in the evidence; remove it"
                raise ValueProblem(problem, "`parameters`, for another value", within=(name,))
        if self.compared_with is not None and self.family != "behavioural":
            problem = "only `behavioural` therapy has trials with both kinds of control"
            raise ValueProblem(problem, within=("compared_with",))
        return self

    @model_validator(mode="after")
    def _medicine_or_sessions(self) -> Therapy:
        is_medicine = self.family == "medication"
        if is_medicine and self.medicine is None:
            problem, allowed = "`medication` needs `medicine`", ["duloxetine", "gabapentinoid"]
            raise ValueProblem(problem, allowed, within=("medicine",))
        if not is_medicine and self.medicine is not None:
            raise ValueProblem("only `medication` has a `medicine`", within=("medicine",))
        for name in ("sessions", "per_week"):
            if is_medicine and getattr(self, name) is not None:
                raise ValueProblem(f"a medicine is taken daily; remove `{name}`", within=(name,))
        return self


class Programme(Section):
    """Therapies that run beside infusions, or instead of them."""

    therapies: Annotated[Items[Therapy], Field(min_length=1, max_length=MAX_THERAPIES)]
    """Therapies, all from the same day."""
    offered_to: Literal["everybody", "treated"] = "everybody"
    """`everybody` who is assessed, or only those accepted for infusions (`treated`)."""
    starts_after: WholeDays = 0
    """Time from the assessment to the first session."""
    continues_after_exit: Flag = True
    """Whether it goes on after infusions end."""
    required_before_ketamine: later(Flag, "a programme before the first infusion") = None
    """Whether infusions are given only to those who attend."""

    @model_validator(mode="after")
    def _no_therapy_twice(self) -> Programme:
        refuse_twice(self.therapies, "therapies")
        return self

    @property
    def members(self) -> ProgrammeFor:
        """Who is in it."""
        return ProgrammeFor.ALL if self.offered_to == "everybody" else ProgrammeFor.TREATED
