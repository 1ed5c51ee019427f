"""Clinics: chairs, nurses, beds, slots, opening hours and the order of the waiting list."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from pathways.codes import QueueOrder
from pathways.errors import ValueProblem, shown
from pathways.reading.fields import (
    Items,
    Minutes,
    NonNegative,
    Parameter,
    Positive,
    Probability,
    Quantity,
    ScalarReader,
    Section,
    Text,
    WholeNumber,
)
from pathways.scenario.shared import refuse_repeated

UNLIMITED = "unlimited"
UNLIMITED_CODE = -1
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKEND = 1 << WEEKDAYS.index("saturday") | 1 << WEEKDAYS.index("sunday")
LARGEST_NUMBER = 2**16 - 1
MOST_DAYS_OF_A_WINDOW = 91
MOST_CLINICS = 64
LIMITED_RESOURCES = ("chairs", "assessment_slots_per_week", "therapy_slots_per_week")


@dataclass(frozen=True)
class CountOrUnlimited(ScalarReader):
    """A whole number from 0, or the word ``unlimited``."""

    maximum: int

    def read(self, value: object) -> int | str:
        """Return the number or the word."""
        if isinstance(value, str) and value == UNLIMITED:
            return UNLIMITED
        try:
            return self._number.read(value)
        except ValueProblem as problem:
            allowed = f"0 to {self.maximum}, or `{UNLIMITED}`"
            raise ValueProblem(problem.problem, allowed, problem.nearest) from None

    def json_schema(self) -> dict[str, Any]:
        """Return an integer with bounds, or the word."""
        return {"anyOf": [self._number.json_schema(), {"const": UNLIMITED}]}

    @property
    def _number(self) -> WholeNumber:
        return WholeNumber(minimum=0, maximum=self.maximum)


# Far beyond any clinic: they stop a slip, not a plan.
Places = Annotated[int | str, CountOrUnlimited(1000)]
Slots = Annotated[int | str, CountOrUnlimited(10_000)]


def stated_in_the_evidence(name: str, reader: ScalarReader) -> Parameter[Any]:
    """Return a default that is a reference to the evidence, read in the field's own unit."""
    return Parameter("evidence", evidence=name, reader=reader)


MINUTES = Quantity("min", minimum=0)
SHARE = Quantity("1", minimum=0, maximum=1)
RATIO = Quantity(None, above=0)


class OpeningHours(Section):
    """When the chairs of a clinic are open."""

    days: Annotated[
        Items[
            Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
        ],
        Field(min_length=1),
    ]
    """Opening days of each week."""
    minutes: Annotated[int, Quantity("min", whole=True, minimum=1, maximum=1440)]
    """Time a chair is open on an opening day; nothing is begun that would not end within it."""

    @model_validator(mode="after")
    def _no_day_twice(self) -> OpeningHours:
        refuse_repeated(self.days, "days", "this day is in the list already")
        return self

    @property
    def mask(self) -> int:
        """Bit mask of the weekdays, Monday is bit 0."""
        bits = 0
        for day in self.days:
            bits |= 1 << WEEKDAYS.index(day)
        return bits


class Clinic(Section):
    """A clinic: what it has, when it is open and whom it books first."""

    name: Text
    """Name; dated changes refer to it."""
    number: Annotated[int, WholeNumber(minimum=1, maximum=LARGEST_NUMBER)] | None = None
    """Number in the address of its patients' draws; default: worked out from the name."""
    share: Annotated[float, Quantity("1", above=0, maximum=1)] = 1.0
    """Share of all referrals; those of all clinics are together 1."""
    chairs: Places
    """Infusion chairs, or `unlimited`."""
    nurses: NonNegative | None = None
    """Nurses at the chairs on an opening day; default: enough for all of them."""
    chairs_per_nurse: Parameter[Positive] = stated_in_the_evidence("chairs_per_nurse", RATIO)
    """Chairs that one nurse can watch; default from the evidence."""
    beds: Places = 0
    """Beds for infusions over days, open every day, or `unlimited`."""
    open: OpeningHours
    """Opening hours of the chairs; first visits take place on opening days too."""
    turnaround: Parameter[Minutes] = stated_in_the_evidence("chair_time_beyond_infusion", MINUTES)
    """Time an infusion holds the chair before and after it; default from the evidence."""
    assessment_slots_per_week: Slots
    """First visits a week, or `unlimited`."""
    therapy_slots_per_week: Slots = UNLIMITED
    """Therapy sessions a week; by default they are held elsewhere and nobody waits for them."""
    no_show: Parameter[Probability] = stated_in_the_evidence("infusion_no_show_probability", SHARE)
    """Share of booked courses whose first day is missed, so that the time is lost."""
    late_cancellation: Parameter[Probability] = stated_in_the_evidence(
        "late_cancellation_probability", SHARE
    )
    """Share of booked courses that are cancelled in time for the next in the queue."""
    after_no_show: Literal["back_of_queue", "keeps_place"] = "back_of_queue"
    """Where a patient stands after a missed or cancelled booking."""
    queue: Literal["first_come", "continuing_first", "new_first", "highest_pain"] = "first_come"
    """Whose turn it is: by time of joining, or first those already treated, those not yet treated,
    or those whose pain was highest at referral."""
    booking_every: Annotated[
        int, Quantity("d", whole=True, minimum=1, maximum=MOST_DAYS_OF_A_WINDOW)
    ] = 7
    """Time from one booking day to the next; each gives out the time until the following one."""

    @property
    def address(self) -> int:
        """The number in the address of its patients' draws, 1 to 65,535."""
        return number_of_name(self.name) if self.number is None else self.number

    @property
    def limited(self) -> list[str]:
        """Names of the resources that are not unlimited; beds only where they are written."""
        names = [name for name in LIMITED_RESOURCES if getattr(self, name) != UNLIMITED]
        if "beds" in self.model_fields_set and self.beds != UNLIMITED:
            names.append("beds")
        return names if self.nurses is None else [*names, "nurses"]

    @property
    def queue_order(self) -> QueueOrder:
        """The order's number."""
        return QueueOrder[self.queue.upper()]

    def staffed_chairs(self, chairs_per_nurse: float) -> int:
        """Return the chairs that can be used, -1 for unlimited."""
        return staffed_chairs(count_code(self.chairs), self.nurses, chairs_per_nurse)


def number_of_name(name: str) -> int:
    """Return the number of a clinic that declares none, 1 to 65,535, from its name alone."""
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    return 1 + int.from_bytes(digest, "little") % LARGEST_NUMBER


def count_code(count: int | str) -> int:
    """Return a number of places or slots as the engines read it, -1 for unlimited."""
    return UNLIMITED_CODE if isinstance(count, str) else count


def staffed_chairs(chairs: int, nurses: float | None, chairs_per_nurse: float) -> int:
    """Return the chairs with a nurse: ``min(chairs, floor(nurses * chairs_per_nurse))``.

    Parameters
    ----------
    chairs : int
        -1 for unlimited.
    nurses : float or None
        None where there are enough.
    chairs_per_nurse : float

    Returns
    -------
    int
        -1 for unlimited. The product is that of the numbers as they are written, not of their
        binary neighbours: 100 nurses at 0.29 watch 29 chairs, not 28.
    """
    if nurses is None:
        return chairs
    watched = Fraction(repr(float(nurses))) * Fraction(repr(float(chairs_per_nurse)))
    whole = watched.numerator // watched.denominator
    return whole if chairs == UNLIMITED_CODE else min(chairs, whole)


def refuse_contradicting_clinics(clinics: Sequence[Clinic]) -> None:
    """Refuse clinics that cannot be told apart, or whose shares are not a whole.

    Raises
    ------
    ValueProblem
        With the path below the list.
    """
    if not clinics:
        return
    _refuse_same_name(clinics)
    _refuse_same_number(clinics)
    total = Fraction(0)
    for clinic in clinics:
        total += Fraction(repr(clinic.share))
    if abs(total - 1) > Fraction(1, 10**9):
        problem = f"the shares of the clinics sum to {float(total):g}"
        raise ValueProblem(problem, "shares that sum to 1", within=(len(clinics) - 1, "share"))


def _refuse_same_name(clinics: Sequence[Clinic]) -> None:
    names = [clinic.name for clinic in clinics]
    for index, name in enumerate(names):
        if name in names[:index]:
            problem = f"there is a clinic {shown(name)} already"
            raise ValueProblem(problem, "a name of its own", within=(index, "name"))


def _refuse_same_number(clinics: Sequence[Clinic]) -> None:
    numbers = [clinic.address for clinic in clinics]
    for index, number in enumerate(numbers):
        if number not in numbers[:index]:
            continue
        other = clinics[numbers.index(number)].name
        problem = f"{shown(clinics[index].name)} and {shown(other)} have the number {number}"
        allowed = f"another `number`, 1 to {LARGEST_NUMBER}"
        raise ValueProblem(problem, allowed, within=(index, "number"))
