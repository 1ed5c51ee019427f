"""Sections that have their place in the schema before they have rules (see ``later``)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pathways.codes import Comorbidity
from pathways.reading.fields import (
    CalendarDate,
    Days,
    Flag,
    Items,
    Named,
    NonNegative,
    NonNegativeInt,
    Parameter,
    PerYear,
    Positive,
    PositiveInt,
    Probability,
    Section,
    Text,
    WholeDays,
    WholeMinutes,
)

Harm = Literal[
    "dissociation",
    "nausea",
    "severe_hypertension",
    "liver_injury",
    "cystitis",
    "use_disorder",
    "cardiovascular_event",
    "psychiatric_event",
    "cognitive_complaint",
]
Family = Literal[
    "medication", "activity", "behavioural", "interdisciplinary_programme", "user_defined"
]


class AdverseEventRule(Section):
    """Harms that end treatment."""

    harms: Items[Harm]
    """Which harms."""
    times: PositiveInt = 1
    """How often before treatment ends."""


class PatientChoice(Section):
    """Why patients stop of their own accord."""

    baseline_rate: PerYear
    """Rate without any of the reasons."""
    no_benefit: NonNegative = 1.0
    """Hazard ratio without relief."""
    adverse_effects: NonNegative = 1.0
    """Hazard ratio after an adverse effect."""
    cost: NonNegative = 1.0
    """Hazard ratio per 1,000 paid in a year."""
    travel: NonNegative = 1.0
    """Hazard ratio per hour of travel."""


class ReReferral(Section):
    """Return of patients who have exited."""

    rate: PerYear
    """Rate of re-referral."""
    wait_at_least: WholeDays
    """Shortest time after the exit."""


class Test(Section):
    """A monitoring test."""

    name: Literal["liver_function", "urinary_symptoms", "blood_pressure", "ecg", "cognition"]
    """Which."""
    every_courses: PositiveInt | None = None
    """Interval in courses."""
    every: WholeDays | None = None
    """Interval in days."""
    only_with: Items[Annotated[Comorbidity, Named()]] = ()
    """Only for patients with one of these."""


class Monitoring(Section):
    """Tests that look for harm."""

    tests: Items[Test] = ()
    """Tests."""
    nurses_per_chair: Positive | None = None
    """Nurses needed for each chair in use."""


class TherapySlot(Section):
    """One therapy of a programme."""

    family: Family
    """Family of therapy."""
    sessions: PositiveInt | None = None
    """Sessions."""
    per_week: Positive | None = None
    """Sessions a week."""
    effect: Parameter[NonNegative] | None = None
    """Relief as a fraction of pain, for a user-defined therapy."""
    comparator: Literal["usual_care", "placebo", "active"] | None = None
    """What the trial compared it with."""


class Programme(Section):
    """Therapies that run beside or instead of ketamine."""

    therapies: Annotated[Items[TherapySlot], Field(min_length=1)]
    """Therapies."""
    required_before_ketamine: Flag = False
    """Whether infusions are given only to those who attend."""
    continues_after_exit: Flag = True
    """Whether it goes on after infusions end."""


class Payment(Section):
    """What patients pay."""

    payer: Literal["health_system", "patient"]
    """Who pays for infusions."""
    price_book: Text | None = None
    """Name of a price book."""


class OutsideOption(Section):
    """Infusions bought elsewhere."""

    share: Probability
    """Share of refused and exited patients who buy them."""
    regimen: Text | None = None
    """What they buy."""


class OpeningHours(Section):
    """When a clinic is open."""

    days: Items[
        Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    ]
    """Opening days."""
    minutes: WholeMinutes
    """Minutes a day."""


class Clinic(Section):
    """A clinic with limited resources."""

    name: Text
    """Name."""
    share: Probability = 1.0
    """Share of the region's referrals."""
    chairs: NonNegativeInt
    """Infusion chairs."""
    nurses: NonNegativeInt
    """Nurses."""
    beds: NonNegativeInt = 0
    """Inpatient beds."""
    open: OpeningHours
    """Opening hours."""
    assessment_slots_per_week: NonNegativeInt
    """First visits a week."""
    therapy_slots_per_week: NonNegativeInt = 0
    """Therapy sessions a week."""
    no_show: Parameter[Probability] | None = None
    """Share of booked infusions not attended."""
    queue: Literal["first_come", "priority"] = "first_come"
    """Order of the waiting list."""
    booking_every: WholeDays = 7
    """Time from one booking day to the next."""


class Arrivals(Section):
    """Referrals over calendar time."""

    per_year: Positive
    """Referrals a year."""
    warm_up: Days
    """Time before counting starts."""
    intake: Days
    """Time in which the studied patients are referred."""
    follow_up: Days
    """Time each studied patient is followed."""


class PriceBook(Section):
    """Prices."""

    book: Literal["us-2024-usd", "uk-2023-gbp"]
    """Shipped price book."""


class HarmModel(Section):
    """How harms arise."""

    off: Flag = False
    """No harm at all."""
    slopes: Items[Harm] = ()
    """Harms whose dose slope is on."""


class CalendarStart(Section):
    """Anchor of the calendar."""

    date: CalendarDate
    """Date of day 0."""
