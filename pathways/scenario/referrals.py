"""How patients come: all at once, or over calendar time."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import model_validator

from pathways.errors import ValueProblem
from pathways.reading.fields import CalendarDate, Flag, Quantity, Section
from pathways.scenario.later import later

LONGEST_DAYS = 60 * 365
OF_ARRIVALS = ("per_year", "warm_up", "intake", "follow_up")


class CalendarStart(Section):
    """Anchor of the calendar."""

    date: CalendarDate
    """Date of day 0."""


class Referrals(Section):
    """How patients come."""

    kind: Literal["closed_cohort", "arrivals"] = "closed_cohort"
    """`closed_cohort`: everybody on day 0, unlimited resources, drawn waits; `arrivals`: referrals
    over calendar time, to clinics with queues if there are `clinics`."""
    per_year: Annotated[float, Quantity(None, above=0, maximum=1_000_000)] | None = None
    """Referrals a year to all clinics together, for `arrivals`."""
    warm_up: Annotated[int, Quantity("d", whole=True, minimum=0, maximum=LONGEST_DAYS)] | None = (
        None
    )
    """Time in which the clinics fill before anybody is studied, for `arrivals`."""
    intake: Annotated[int, Quantity("d", whole=True, minimum=1, maximum=LONGEST_DAYS)] | None = None
    """Time in which the patients who are studied are referred, for `arrivals`."""
    follow_up: Annotated[int, Quantity("d", whole=True, minimum=1, maximum=LONGEST_DAYS)] | None = (
        None
    )
    """Time for which each of them is followed, for `arrivals`; `--years` overrides it."""
    cohort_load: Flag = False
    """Whether a closed cohort queues for limited resources; waits then depend on its size."""
    start: later(CalendarStart, "a calendar date") = None
    """Date of day 0, instead of a nameless Monday."""

    @model_validator(mode="after")
    def _goes_together(self) -> Referrals:
        for name in OF_ARRIVALS:
            given = getattr(self, name) is not None
            if self.is_arrivals and not given:
                raise ValueProblem(f"`kind: arrivals` needs `{name}`", within=(name,))
            if given and not self.is_arrivals:
                problem = f"`{name}` is of referrals over calendar time"
                raise ValueProblem(problem, "`kind: arrivals`", within=(name,))
        if self.cohort_load and self.is_arrivals:
            problem = "clinics have the load of their referrals in any case; remove `cohort_load`"
            raise ValueProblem(problem, within=("cohort_load",))
        if self.is_arrivals:
            self._refuse_too_long()
        return self

    def _refuse_too_long(self) -> None:
        total = self.calendar_days(self.follow_up)
        if total > LONGEST_DAYS:
            problem = f"`warm_up`, `intake` and `follow_up` are together {total} d"
            raise ValueProblem(problem, f"{LONGEST_DAYS} d or less", within=("follow_up",))

    @property
    def is_arrivals(self) -> bool:
        """Whether referrals come over calendar time."""
        return self.kind == "arrivals"

    def calendar_days(self, followed_days: int) -> int:
        """Return the calendar days simulated when each patient is followed for so many."""
        if not self.is_arrivals:
            return followed_days
        return self.warm_up + self.intake + followed_days

    def studied_days(self) -> tuple[int, int]:
        """Return the first and the end of the days on which studied patients are referred."""
        return (self.warm_up, self.warm_up + self.intake) if self.is_arrivals else (0, 1)
