"""Sections that have their place in the schema before they have rules (see ``later``)."""

from __future__ import annotations

from typing import Literal

from pathways.reading.fields import (
    CalendarDate,
    Days,
    Items,
    NonNegativeInt,
    Parameter,
    PerYear,
    Positive,
    Probability,
    Section,
    Text,
    WholeDays,
    WholeMinutes,
)


class ReReferral(Section):
    """Return of patients who have exited."""

    rate: PerYear
    """Rate of re-referral."""
    wait_at_least: WholeDays
    """Shortest time after the exit."""


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


class CalendarStart(Section):
    """Anchor of the calendar."""

    date: CalendarDate
    """Date of day 0."""
